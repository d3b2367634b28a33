import { z } from 'zod';
import { modelNameSchema } from '../../inputs/names.ts';
import { artifactSchema, measurementSchema, modelSchema } from '../../registry/registry-records.ts';
import { defineOperation } from '../operation.ts';

export const modelsShow = defineOperation({
  name: 'models.show',
  title: 'Show a model',
  description:
    'Shows one model: where it is, what it was made from, its artifacts, and every figure measured on them, newest first.',
  effect: 'read',
  scope: 'read',
  idempotent: true,
  openWorld: false,
  job: false,
  positionals: ['name'],
  example: 'fts models show operator',
  input: z.object({ name: modelNameSchema.describe('The model’s name') }),
  output: z.object({
    model: modelSchema,
    artifacts: z.array(artifactSchema),
    measurements: z.array(measurementSchema),
  }),
  async run({ name }, { registry }) {
    const artifacts = registry.artifacts(name);
    const ids = artifacts.map(({ id }) => id);
    const served = registry.deployments().filter(({ artifact }) => ids.includes(artifact));
    const subjects = new Set([name, ...ids, ...served.map((deployment) => deployment.name)]);
    return {
      model: registry.model(name),
      artifacts,
      measurements: [...subjects].flatMap((subject) => registry.measurements(subject)),
    };
  },
});
