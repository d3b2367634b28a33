import { z } from 'zod';
import { deploymentSchema } from '../../registry/registry-records.ts';
import { removeDeployment } from '../../registry/remove-model.ts';
import { defineOperation } from '../operation.ts';

export const deploymentsRemove = defineOperation({
  name: 'deployments.remove',
  title: 'Take a deployment out of service',
  description:
    'Stops serving what was deployed under a name (see `models.list`). The artifact stays and can be deployed again; one that had been replaced and was kept only while it was deployed is deleted.',
  effect: 'destructive',
  scope: 'serve',
  idempotent: false,
  openWorld: false,
  job: false,
  positionals: ['name'],
  example: 'fts deployments remove operator',
  input: z.object({ name: z.string().describe('The name under which it is served') }),
  output: z.object({ removed: deploymentSchema }),
  async run({ name }, { registry }) {
    return { removed: removeDeployment(registry, name) };
  },
});
