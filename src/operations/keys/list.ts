import { z } from 'zod';
import { apiKeySchema } from '../../access/api-keys.ts';
import { defineOperation } from '../operation.ts';

export const keysList = defineOperation({
  name: 'keys.list',
  title: 'List API keys',
  description: 'Lists the API keys, newest first: scopes, expiry, last use. Never a token.',
  effect: 'read',
  scope: 'admin',
  idempotent: true,
  openWorld: false,
  job: false,
  personOnly: true,
  example: 'fts keys list',
  input: z.object({}),
  output: z.object({ keys: z.array(apiKeySchema) }),
  async run(_input, { keys }) {
    return { keys: keys.list() };
  },
});
