import { FtsError } from '../errors/fts-error.ts';
import { parseWith } from '../errors/parse-with.ts';
import type { Job } from '../jobs/job.ts';
import { runJob } from '../jobs/run-job.ts';
import type { Progress, Work } from '../runtime/progress.ts';
import type { Caller } from '../store/caller.ts';
import type { AskPerson } from './ask-person.ts';
import { authorize } from './authorize.ts';
import type { OperationContext, Services } from './context.ts';
import { findOperation } from './index.ts';
import type { Operation } from './operation.ts';
import type { TerminalPerson } from './terminal-person.ts';

/** A call's work, who calls and, where the face knows it, how a person behind them can be asked. */
export interface Call extends Work {
  caller: Caller;
  askPerson?: AskPerson | undefined;
  terminal?: TerminalPerson | undefined;
}

/**
 * Checks that the caller may, validates the input, runs the handler, validates the output: the one way into an
 * operation, for every face. Whoever submitted a job was checked then; `jobId` says that this call runs it.
 */
export async function callOperation(
  operation: Operation,
  input: unknown,
  services: Services,
  call: Call,
  jobId?: string,
): Promise<unknown> {
  const { report, signal, caller, askPerson, terminal } = call;
  if (jobId === undefined) authorize(operation, caller);
  const parsed = parseWith(operation.input, input, `the input of ${operation.name}`);
  const context: OperationContext = { ...services, report, signal, caller, askPerson, terminal, jobId };
  const actsOn = operation.actsOn?.(parsed, context);
  if (actsOn !== undefined) authorize(findOperation(actsOn), caller);
  const output = operation.output.safeParse(await operation.run(parsed, context));
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
  authorize(operation, requestedBy);
  const parsed = parseWith(operation.input, input, `the input of ${operation.name}`);
  const writes = operation.writes?.(parsed) ?? [];
  return services.jobs.submit(operation.name, parsed, { key, requestedBy, writes, here });
}

/** Runs a job that this process has claimed or taken over to its end. */
export function workOn(
  job: Job,
  services: Services,
  options: { stop: AbortSignal; onProgress?: (progress: Progress) => void },
): Promise<Job> {
  return runJob(
    services.jobs,
    job,
    (_, work) =>
      callOperation(findOperation(job.operation), job.input, services, { ...work, caller: job.requestedBy }, job.id),
    options,
  );
}
