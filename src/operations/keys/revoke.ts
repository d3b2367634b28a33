import { z } from 'zod';
import { apiKeySchema } from '../../access/api-keys.ts';
import { defineOperation } from '../operation.ts';

export const keysRevoke = defineOperation({
  name: 'keys.revoke',
  title: 'Revoke an API key',
  description: 'Ends a key at once and for good.',
  effect: 'access',
  scope: 'admin',
  idempotent: true,
  openWorld: false,
  job: false,
  personOnly: true,
  positionals: ['name'],
  example: 'fts keys revoke laptop',
  input: z.object({ name: z.string().describe('The key’s name') }),
  output: apiKeySchema,
  async run({ name }, { keys }) {
    return keys.revoke(name);
  },
});
