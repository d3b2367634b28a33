import { z } from 'zod';
import { checkLocalTarget } from '../deployment/targets/local.ts';
import { artifactIdSchema, deploymentNameSchema } from '../inputs/names.ts';
import { deploymentSchema } from '../registry/registry-records.ts';
import { placeDeployment } from '../registry/remove-model.ts';
import { defineOperation } from './operation.ts';

export const deploy = defineOperation({
  name: 'deploy',
  title: 'Deploy an artifact',
  description:
    'Puts an artifact (see `models.list`) into service under a name. Target `local` serves it from this server’s OpenAI- and Ollama-compatible API at once.',
  effect: 'write',
  scope: 'serve',
  idempotent: true,
  openWorld: false,
  job: false,
  positionals: ['artifact'],
  example: 'fts deploy operator:q4_0 --name operator',
  input: z.object({
    artifact: artifactIdSchema.describe('Artifact id, as `model:format`'),
    target: z.enum(['local']).default('local').describe('Where to'),
    name: deploymentNameSchema.optional().describe('Name to serve it under (default: the artifact id)'),
    replace: z.boolean().optional().describe('If the name serves another'),
  }),
  output: deploymentSchema,
  async run({ artifact: id, target, name = id, replace = false }, { registry }) {
    const artifact = registry.artifact(id);
    await checkLocalTarget(artifact.path);
    return placeDeployment(registry, { name, artifact: id, target, settings: {} }, { replace });
  },
});
