import { z } from 'zod';
import { artifactSchema, deploymentSchema, modelSchema } from '../../registry/registry-records.ts';
import { defineOperation } from '../operation.ts';

export const modelsList = defineOperation({
  name: 'models.list',
  title: 'List models',
  description:
    'Lists the models in the registry with their parameter counts, the artifacts made of each (format, size) and the names they are served under.',
  effect: 'read',
  scope: 'read',
  idempotent: true,
  openWorld: false,
  job: false,
  example: 'fts models list',
  input: z.object({}),
  output: z.object({
    models: z.array(modelSchema),
    artifacts: z.array(artifactSchema),
    deployments: z.array(deploymentSchema),
  }),
  async run(_input, { registry }) {
    return { models: registry.models(), artifacts: registry.artifacts(), deployments: registry.deployments() };
  },
});
