// How near the planner comes to what the engines do here: training step memory, serving memory, prefill and decode
// speed on three model sizes, and the capacity simulation against the engine under four loads.
// Arguments: any of `training`, `serving`, `simulation`; all three when left out. Each takes two minutes or less. With
// `--keep DIR` the measurement of the machine and the models stay there, and the next slice is shorter.
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { measuredMachine } from '../src/operations/measured-machine.ts';
import type { Machine } from '../src/planning/machine.ts';
import type { Bench, BenchRow } from './bench.ts';
import { servingRows } from './plan-accuracy/serving.ts';
import { simulationRows } from './plan-accuracy/simulation.ts';
import { trainingRows } from './plan-accuracy/training.ts';

const slices: Record<string, { types: string[]; rows: (machine: Machine, folder: string) => Promise<BenchRow[]> }> = {
  training: { types: ['F32'], rows: trainingRows },
  serving: { types: ['Q4_0', 'Q6_K', 'Q8_0'], rows: servingRows },
  simulation: { types: ['Q4_0', 'Q6_K', 'Q8_0'], rows: simulationRows },
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
  const work = { report: () => {}, signal: new AbortController().signal };
  try {
    const rows: BenchRow[] = [];
    for (const [, slice] of chosen) {
      const machine = await measuredMachine(folder, work, { types: slice.types });
      rows.push(...(await slice.rows(machine, folder)));
    }
    return {
      rows,
      notes: [
        'ours: predicted from kernels and engine overheads measured at the start, on other models; peer: measured.',
      ],
    };
  } finally {
    if (values.keep === undefined) await rm(folder, { recursive: true, force: true });
  }
};
export default bench;
