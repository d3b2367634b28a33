// How near the planner comes to what the engines do here: training step memory, serving memory, prefill and decode
// speed on three model sizes, and the capacity simulation against the engine under three loads.
// Arguments: any of `training`, `serving`, `simulation`; all three when left out. Each takes four minutes or less. The
// machine is measured anew for each prediction, because its speed drifts. With `--keep DIR` the models stay there.
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { systemCaller } from '../src/access/caller.ts';
import { measuredMachine } from '../src/workflows/planning/measured-machine.ts';
import type { Bench, BenchRow } from './bench.ts';
import type { MeasureMachine } from './plan-accuracy/prediction.ts';
import { servingRows } from './plan-accuracy/serving.ts';
import { simulationRows } from './plan-accuracy/simulation.ts';
import { trainingRows } from './plan-accuracy/training.ts';

const slices: Record<string, (measureMachine: MeasureMachine, folder: string) => Promise<BenchRow[]>> = {
  training: trainingRows,
  serving: servingRows,
  simulation: simulationRows,
};

/** The machine as it is now: nothing is kept from an earlier measurement. */
const measureMachine: MeasureMachine = async (types) => {
  const folder = await mkdtemp(join(tmpdir(), 'plan-accuracy-machine-'));
  try {
    const work = { report: () => {}, signal: new AbortController().signal };
    return await measuredMachine(folder, { ...work, caller: systemCaller, jobId: undefined }, { types });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
};

const bench: Bench = async (args) => {
  const { values, positionals } = parseArgs({
    args,
    options: { keep: { type: 'string' } },
    allowPositionals: true,
  });
  const chosen = Object.entries(slices).filter(([name]) => positionals.length === 0 || positionals.includes(name));
  const folder = values.keep ?? (await mkdtemp(join(tmpdir(), 'plan-accuracy-')));
  await mkdir(folder, { recursive: true });
  try {
    const rows: BenchRow[] = [];
    for (const [, slice] of chosen) rows.push(...(await slice(measureMachine, folder)));
    return {
      rows,
      notes: [
        'ours: predicted from kernels and engine overheads, measured on other models; peer: measured.',
        'Speed in serving: by the mean of what is predicted from the machine before and after the engine ran.',
      ],
    };
  } finally {
    if (values.keep === undefined) await rm(folder, { recursive: true, force: true });
  }
};
export default bench;
