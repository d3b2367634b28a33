import { availableParallelism } from 'node:os';
import type { Machine } from '../planning/machine.ts';
import { thisMachine } from '../planning/measure-machine.ts';
import type { Work } from '../runtime/progress.ts';
import { measureEngine } from '../serving/measure-engine.ts';
import { measureStepMemory } from '../training/step-memory.ts';

/** This machine as the planner sees it, with the serving and the training engine measured on it. */
export function measuredMachine(
  cacheFolder: string,
  work: Work,
  options: { threads?: number | undefined; types?: readonly string[] | undefined } = {},
): Promise<Machine> {
  const threads = options.threads ?? availableParallelism();
  const probes = {
    serve: (config: Parameters<typeof measureEngine>[0]) => measureEngine(config, 'Q4_0', threads, work.signal),
    train: (config: Parameters<typeof measureEngine>[0], batch: number, length: number) =>
      measureStepMemory({ purpose: 'train', config, batch, length }, work.signal),
  };
  return thisMachine(cacheFolder, probes, work, { ...options, threads });
}
