import { availableParallelism } from 'node:os';
import type { Caller } from '../../access/caller.ts';
import { FtsError } from '../../errors/fts-error.ts';
import type { Machine } from '../../planning/machines/machine.ts';
import { thisMachine, thisMachineId } from '../../planning/machines/measure-machine.ts';
import type { Work } from '../../runtime/progress.ts';
import { measureEngine } from '../../serving/measure-engine.ts';
import { measureStepMemory } from '../../training/run/step-memory.ts';

interface MeasureOptions {
  threads?: number | undefined;
  types?: readonly string[] | undefined;
}

/** Clients of MCP and HTTP give up after a minute, so whoever waits at a connection hears of it before that. */
const waitMilliseconds = 45_000;
const underWay = new Map<string, Promise<Machine>>();

/**
 * This machine as the planner sees it, with the serving and the training engine measured on it, in child processes. The
 * first time that takes a minute or so: a terminal and a job see its progress, everybody else shares one measurement
 * that goes on without them, and is asked to come back where it takes long.
 */
export async function measuredMachine(
  cacheFolder: string,
  { caller, jobId, ...work }: Work & { caller: Caller; jobId: string | undefined },
  options: MeasureOptions = {},
  milliseconds = waitMilliseconds,
): Promise<Machine> {
  if (jobId !== undefined || caller.channel === 'terminal' || caller.channel === 'system')
    return measureHere(cacheFolder, work, options);
  let timer: NodeJS.Timeout | undefined;
  const tooLong = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(stillMeasuring()), milliseconds);
  });
  try {
    return await Promise.race([sharedMeasurement(cacheFolder, options), tooLong]);
  } finally {
    clearTimeout(timer);
  }
}

const stillMeasuring = (): FtsError =>
  new FtsError('unavailable', 'This machine is being measured, which it has to be once.', {
    field: 'machines',
    value: thisMachineId,
    remedy: 'Ask again in a minute, or name machines of the catalogue.',
    retryAfterSeconds: 60,
  });

function sharedMeasurement(cacheFolder: string, options: MeasureOptions): Promise<Machine> {
  const key = JSON.stringify([cacheFolder, options]);
  const known = underWay.get(key);
  if (known !== undefined) return known;
  const ended = new AbortController();
  const abort = (): void => ended.abort();
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, abort);
  const measurement = measureHere(cacheFolder, { report: () => {}, signal: ended.signal }, options).finally(() => {
    underWay.delete(key);
    for (const signal of ['SIGTERM', 'SIGINT'] as const) process.off(signal, abort);
  });
  // Whoever started it may have left by the time that it fails.
  measurement.catch(() => {});
  underWay.set(key, measurement);
  return measurement;
}

function measureHere(cacheFolder: string, work: Work, options: MeasureOptions): Promise<Machine> {
  const threads = options.threads ?? availableParallelism();
  const probes = {
    serve: (config: Parameters<typeof measureEngine>[0]) => measureEngine(config, 'Q4_0', threads, work.signal),
    train: (config: Parameters<typeof measureEngine>[0], batch: number, length: number) =>
      measureStepMemory({ purpose: 'train', config, batch, length }, work.signal),
  };
  return thisMachine(cacheFolder, probes, work, { ...options, threads });
}
