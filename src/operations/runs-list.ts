import { z } from 'zod';
import { runSchema } from '../jobs/registry.ts';
import { defineOperation } from './operation.ts';

export const runsList = defineOperation({
  name: 'runs.list',
  title: 'List training runs',
  description: 'Lists training runs, newest first, with the model they make and their final losses.',
  effect: 'read',
  scope: 'read',
  idempotent: true,
  openWorld: false,
  job: false,
  example: 'fts runs list',
  input: z.object({}),
  output: z.object({ runs: z.array(runSchema.omit({ settings: true })) }),
  async run(_input, { registry }) {
    return { runs: registry.runs() };
  },
});
