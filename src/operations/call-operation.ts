import type { Caller } from '../access/caller.ts';
import { FtsError } from '../errors/fts-error.ts';
import { requireShallow } from '../errors/json-depth.ts';
import { parseWith } from '../errors/parse-with.ts';
import type { Job } from '../jobs/job.ts';
import { runJob } from '../jobs/run-job.ts';
import type { Progress, Work } from '../runtime/progress.ts';
import type { AskPerson } from '../services/ask-person.ts';
import { filesOf } from '../services/caller-files.ts';
import type { OperationContext, Services } from '../services/context.ts';
import type { TerminalPerson } from '../services/terminal-person.ts';
import { answerInTime } from './answer-in-time.ts';
import { audited, auditedJob, auditedSubmission } from './audited-call.ts';
import { authorize } from './authorize.ts';
import { refuseOversized } from './bounded-input.ts';
import { findOperation } from './find-operation.ts';
import { checkNamedAddresses, checkNamedFiles } from './named-fields.ts';
import type { InputOf, Operation, OutputOf } from './operation.ts';

/** A call's work, who calls and, where the face knows it, how a person behind them can be asked. */
export interface Call extends Work {
  caller: Caller;
  askPerson?: AskPerson | undefined;
  terminal?: TerminalPerson | undefined;
}

/**
 * Checks that the caller may, validates the input, runs the handler, validates the output, leaves a row in the audit
 * log: the one way into an operation, for every face.
 */
export function callOperation<Called extends Operation>(
  operation: Called,
  input: InputOf<Called>,
  services: Services,
  call: Call,
): Promise<OutputOf<Called>> {
  return audited({ operation, input, caller: call.caller }, services, () =>
    perform(operation, input, services, call),
  ) as Promise<OutputOf<Called>>;
}

/** Whoever submitted a job was checked then; `jobId` says that this call runs it. */
async function perform(
  operation: Operation,
  input: unknown,
  services: Services,
  call: Call,
  jobId?: string,
): Promise<unknown> {
  const { report, caller, askPerson, terminal } = call;
  if (jobId === undefined) authorize(operation, caller);
  const parsed = parseInput(operation, input);
  // What a handler that failed left going, such as its other reads, ends with it.
  const ended = new AbortController();
  const signal = AbortSignal.any([call.signal, ended.signal]);
  const files = filesOf(caller, services);
  const context: OperationContext = { ...services, report, signal, caller, files, askPerson, terminal, jobId };
  const actsOn = operation.actsOn?.(parsed, context);
  if (actsOn !== undefined) authorize(findOperation(actsOn), caller);
  checkNamedFiles(operation, parsed, files);
  checkNamedAddresses(operation, parsed, context);
  const running =
    jobId === undefined
      ? answerInTime(caller, signal, (bounded) => operation.run(parsed, { ...context, signal: bounded }))
      : operation.run(parsed, context);
  const output = operation.output.safeParse(await running.finally(() => ended.abort()));
  if (!output.success) {
    throw new FtsError('internal', `${operation.name} returned something that its own schema refuses.`, {
      cause: output.error,
    });
  }
  return output.data;
}

/**
 * Checks the input now, so that a mistake is told at once, reserves the names that the work will write, and queues it for
 * a `JobQueue`; with `here` this process has it at once and must pass it to `workOn`.
 */
export function submitOperation(
  operation: Operation,
  input: unknown,
  services: Services,
  requestedBy: Caller,
  { key, here = false }: { key?: string; here?: boolean } = {},
): Job {
  return auditedSubmission({ operation, input, caller: requestedBy }, services, () => {
    authorize(operation, requestedBy);
    const parsed = parseInput(operation, input);
    const existing = key === undefined ? undefined : services.jobs.findByKey(key);
    if (existing !== undefined) return { job: existing, isNew: false };
    checkNamedFiles(operation, parsed, filesOf(requestedBy, services));
    checkNamedAddresses(operation, parsed, { caller: requestedBy, config: services.config });
    operation.check?.(parsed, services);
    const writes = operation.writes?.(parsed) ?? [];
    return { job: services.jobs.submit(operation.name, parsed, { key, requestedBy, writes, here }), isNew: true };
  });
}

/** Runs a job that this process has claimed or taken over to its end. */
export function workOn(
  job: Job,
  services: Services,
  options: { stop: AbortSignal; onProgress?: (progress: Progress) => void },
): Promise<Job> {
  const { id, input, requestedBy: caller } = job;
  const operation = findOperation(job.operation);
  return auditedJob({ operation, input, caller }, services, id, () =>
    runJob(services.jobs, job, (_, work) => perform(operation, input, services, { ...work, caller }, id), options),
  );
}

/** Nothing is accepted and ignored: a field that the operation does not have is refused like a wrong value. */
function parseInput(operation: Operation, input: unknown): Record<string, unknown> {
  const subject = `the input of ${operation.name}`;
  requireShallow(input, subject);
  refuseOversized(operation, input);
  return parseWith(operation.input.strict(), input, subject);
}
