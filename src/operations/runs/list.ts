import { z } from 'zod';
import { runSchema } from '../../registry/registry-records.ts';
import { textTable } from '../../text/text-table.ts';
import { defineOperation } from '../operation.ts';

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
  render({ runs }) {
    const figure = (value: unknown, digits: number): string =>
      typeof value === 'number' ? value.toFixed(digits) : '-';
    const rows = runs.map(({ id, model, createdAt, summary }) => [
      ...[id, model, figure(summary?.steps, 0), figure(summary?.trainingLoss, 4), figure(summary?.validationLoss, 4)],
      ...[figure(summary?.tokensPerSecond, 0), createdAt.slice(0, 16).replace('T', ' ')],
    ]);
    return textTable(['run', 'model', 'steps', 'loss', 'validation', 'tok/s', 'begun (UTC)'], rows);
  },
});
