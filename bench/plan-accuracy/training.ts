import { planTraining } from '../../src/planning/training/plan-training.ts';
import { measureStepMemory } from '../../src/training/run/step-memory.ts';
import type { BenchRow } from '../bench.ts';
import { llama, type MeasureMachine, predictionRow, sizeOf } from './prediction.ts';

const cases = [
  {
    config: llama({ vocabSize: 2048, width: 256, layers: 6, heads: 4, kvHeads: 2, ffnWidth: 768 }),
    batch: 8,
    length: 192,
  },
  {
    config: llama({ vocabSize: 8192, width: 512, layers: 8, heads: 8, kvHeads: 4, ffnWidth: 1408 }),
    batch: 4,
    length: 256,
  },
  {
    config: llama({ vocabSize: 16_384, width: 768, layers: 10, heads: 12, kvHeads: 4, ffnWidth: 2048 }),
    batch: 2,
    length: 384,
  },
];

/** The memory of a training step on three model sizes. */
export async function trainingRows(measureMachine: MeasureMachine): Promise<BenchRow[]> {
  const machine = await measureMachine(['F32']);
  const rows: BenchRow[] = [];
  for (const { config, batch, length } of cases) {
    const plan = planTraining({
      shape: config,
      machine,
      tokens: 1,
      setup: {
        method: { kind: 'full' },
        optimizer: 'adamw',
        precision: 'fp32',
        recomputation: 'none',
        fusedAttention: true,
        sequenceTokens: length,
        microBatch: batch,
        accumulation: 1,
        parallelism: { data: 1, tensor: 1, pipeline: 1, zero: 0 },
      },
    });
    const measured = await measureStepMemory({ purpose: 'train', config, batch, length }, new AbortController().signal);
    const name = `training step memory, ${sizeOf(config)}, ${batch} x ${length}`;
    rows.push(predictionRow(name, plan.memory.total / 1e6, measured / 1e6, 'MB'));
  }
  return rows;
}
