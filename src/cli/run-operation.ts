import type { Command } from 'commander';
import { FtsError } from '../errors/fts-error.ts';
import { parseWith } from '../errors/parse-with.ts';
import type { Job } from '../jobs/job.ts';
import { followJob } from '../jobs/job-queue.ts';
import { callOperation, submitOperation, workOn } from '../operations/call-operation.ts';
import { findOperation } from '../operations/find-operation.ts';
import { jobsResume } from '../operations/jobs/resume.ts';
import type { Operation } from '../operations/operation.ts';
import type { Progress } from '../runtime/progress.ts';
import type { Services } from '../services/context.ts';
import { readInputFile } from './input-file.ts';
import { readOperationInput } from './operation-flags.ts';
import { printResult } from './print-result.ts';
import { ProgressLine } from './progress-line.ts';
import { stopSignal } from './stop-signal.ts';
import { terminalPerson } from './terminal-person.ts';
import { terminalUser } from './terminal-user.ts';

/** Runs an operation from the command line: a job with its progress line, everything else at once. */
export async function runOperation(operation: Operation, command: Command, services: Services): Promise<void> {
  const { input: file } = command.opts<{ input?: string }>();
  const input = { ...(file === undefined ? {} : await readInputFile(file)), ...readOperationInput(command, operation) };
  const json = command.optsWithGlobals().json === true;
  if (operation === jobsResume) {
    await resumeHere(input, services, json);
    return;
  }
  if (!operation.job) {
    refuseConsoleFields(operation, input);
    const result = await callOperation(operation, input, services, {
      report: () => {},
      signal: stopSignal(),
      caller: terminalUser(),
      terminal: terminalPerson(process.stdin, process.stderr as NodeJS.WriteStream),
    });
    printResult(operation, result, json);
    return;
  }
  const job = submitOperation(operation, input, services, terminalUser(), { here: true });
  await followHere(operation, job.id, services, json, job);
}

/** What only a page of the console sends, such as a passphrase, is typed here, and never lies in a file or an argument. */
function refuseConsoleFields({ consoleFields = [], name }: Operation, input: Record<string, unknown>): void {
  const field = consoleFields.find((candidate) => input[candidate] !== undefined);
  if (field === undefined) return;
  throw new FtsError('invalid-input', `${name} takes no ${field} from a file.`, {
    field,
    remedy: 'Leave it out: the passphrase is asked for in the terminal.',
  });
}

/** In a terminal a resumed job goes on here and now, instead of waiting for a server's queue. */
async function resumeHere(input: unknown, services: Services, json: boolean): Promise<void> {
  const { id } = parseWith(jobsResume.input, input, 'the input of jobs.resume') as { id: string };
  services.jobs.settleDeadJobs();
  const job = services.jobs.get(id);
  const operation = findOperation(job.operation);
  if (job.state === 'succeeded') printResult(operation, job.result, json);
  else await followHere(operation, id, services, json);
}

/**
 * Runs a job in this process, which may have it already (`taken`), or follows the process that has it, showing its
 * progress; prints its result.
 */
async function followHere(
  operation: Operation,
  id: string,
  services: Services,
  json: boolean,
  taken?: Job,
): Promise<void> {
  const line = new ProgressLine();
  const stop = stopSignal();
  const onProgress = (progress: Progress): void => line.update(progress);
  const elsewhere = (): Promise<Job> =>
    followJob(services.jobs, id, { signal: stop, onChange: ({ progress }) => progress && onProgress(progress) });
  const running = taken === undefined && services.jobs.get(id).state === 'running';
  const here = (): Promise<Job> => workOn(taken ?? services.jobs.claim(id), services, { stop, onProgress });
  const job = await (running ? elsewhere() : here()).finally(() => line.end());
  if (job.state !== 'succeeded') {
    throw new FtsError('cancelled', job.error?.message ?? `Job ${id} ended as ${job.state}.`, {
      remedy: `Go on where it stopped with \`fts jobs resume ${id}\`.`,
    });
  }
  printResult(operation, job.result, json);
}
