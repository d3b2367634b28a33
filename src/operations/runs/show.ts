import { join } from 'node:path';
import { z } from 'zod';
import { runIdSchema } from '../../inputs/names.ts';
import { runSchema } from '../../registry/registry-records.ts';
import { readMetrics, thinMetrics } from '../../training/report/metrics-log.ts';
import { defineOperation } from '../operation.ts';

export const runsShow = defineOperation({
  name: 'runs.show',
  title: 'Show a training run',
  description: 'Shows one training run: its settings, its final figures and its loss curve, thinned to `points`.',
  effect: 'read',
  scope: 'read',
  idempotent: true,
  openWorld: false,
  job: false,
  positionals: ['id'],
  example: 'fts runs show job-mb1x2y-3f9a1c --points 40',
  input: z.object({
    id: runIdSchema.describe('The run id'),
    points: z.number().int().min(2).max(2000).default(200).describe('How many points of the curve at the most'),
  }),
  output: z.object({
    run: runSchema,
    curve: z.array(z.object({ step: z.number(), loss: z.number(), validationLoss: z.number().optional() })),
  }),
  async run({ id, points }, { registry }) {
    const run = registry.run(id);
    return { run, curve: thinMetrics(await readMetrics(join(run.directory, 'metrics.jsonl')), points) };
  },
});
