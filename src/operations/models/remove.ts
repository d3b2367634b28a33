import { z } from 'zod';
import { modelNameSchema } from '../../inputs/names.ts';
import { removeModel } from '../../registry/remove-model.ts';
import { defineOperation } from '../operation.ts';

export const modelsRemove = defineOperation({
  name: 'models.remove',
  title: 'Remove a model',
  description:
    'Removes a model from the registry and deletes its directory with all artifacts. Runs and their metrics stay, and so do files outside FTS_HOME (`deleted` is then false).',
  effect: 'destructive',
  scope: 'admin',
  idempotent: false,
  openWorld: false,
  job: false,
  positionals: ['name'],
  example: 'fts models remove operator',
  input: z.object({
    name: modelNameSchema.describe('The model’s name'),
    force: z.boolean().default(false).describe('Even where an artifact of it is deployed: undeploy it'),
  }),
  output: z.object({ removed: z.string(), directory: z.string(), deleted: z.boolean() }),
  async run({ name, force }, { registry, jobs }) {
    return removeModel(registry, jobs, name, { force });
  },
});
