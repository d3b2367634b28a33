import { userInfo } from 'node:os';
import type { Command } from 'commander';
import { FtsError } from '../errors/fts-error.ts';
import { callOperation, submitOperation, workOn } from '../operations/call-operation.ts';
import type { Services } from '../operations/context.ts';
import type { Operation } from '../operations/operation.ts';
import { terminalPerson } from './ask-in-terminal.ts';
import { readOperationInput } from './operation-flags.ts';
import { printResult } from './print-result.ts';
import { ProgressLine } from './progress-line.ts';
import { stopSignal } from './stop-signal.ts';

/** Runs an operation from the command line: a job with its progress line, everything else at once. */
export async function runOperation(operation: Operation, command: Command, services: Services): Promise<void> {
  const input = readOperationInput(command, operation);
  const json = command.optsWithGlobals().json === true;
  if (!operation.job) {
    const askPerson = terminalPerson(process.stdin, process.stderr as NodeJS.WriteStream);
    const result = await callOperation(operation, input, services, {
      report: () => {},
      signal: stopSignal(),
      actor: { name: userInfo().username, channel: 'terminal' },
      ...(askPerson === undefined ? {} : { askPerson }),
    });
    printResult(operation, result, json);
    return;
  }
  const { id } = submitOperation(operation, input, services);
  await followHere(operation, id, services, json);
}

/** Runs a job in this process, showing its progress, and prints its result. */
export async function followHere(operation: Operation, id: string, services: Services, json: boolean): Promise<void> {
  const line = new ProgressLine();
  const job = await workOn(id, services, {
    stop: stopSignal(),
    onProgress: (progress) => line.update(progress),
  }).finally(() => line.end());
  if (job.state !== 'succeeded') {
    throw new FtsError('cancelled', job.error?.message ?? `Job ${id} ended as ${job.state}.`, {
      remedy: `Go on where it stopped with \`fts jobs resume ${id}\`.`,
    });
  }
  printResult(operation, job.result, json);
}
