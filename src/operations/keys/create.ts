import { z } from 'zod';
import { apiKeySchema, scopes } from '../../access/api-keys.ts';
import { mayUse } from '../../access/caller.ts';
import { FtsError } from '../../errors/fts-error.ts';
import { keyNameSchema } from '../../inputs/names.ts';
import { defineOperation } from '../operation.ts';

/** Said to whoever still asks for the scope that approved, once. */
const unknownScope = ({ input }: { input?: unknown }): string =>
  input === 'approve'
    ? 'No key approves: enrol the person instead, in a terminal, with `fts approvers add NAME`'
    : `Choose of ${scopes.join(', ')}`;

export const keysCreate = defineOperation({
  name: 'keys.create',
  title: 'Make an API key',
  description:
    'Makes a key for a program or an assistant and shows its token, this once. Give it no more scopes than it needs. No key approves a change plan: that takes a person, enrolled with `approvers.add`.',
  effect: 'access',
  scope: 'admin',
  idempotent: false,
  openWorld: false,
  job: false,
  personOnly: true,
  positionals: ['name'],
  example: 'fts keys create laptop --scopes read train plan --days 90',
  input: z.object({
    name: keyNameSchema.describe('Whose or what for; it appears in the audit log'),
    scopes: z
      .array(z.enum(scopes, { error: unknownScope }))
      .min(1)
      .default(['read'])
      .describe('What it may do'),
    days: z.number().int().min(1).max(3650).optional().describe('Ends after so many days; without it, when revoked'),
  }),
  output: z.object({ key: apiKeySchema, token: z.string() }),
  async run({ name, scopes: granted, days }, { keys, caller }) {
    const beyond = granted.find((scope) => !mayUse(caller, scope));
    if (beyond !== undefined) {
      throw new FtsError('forbidden', `A key cannot have the scope "${beyond}", which its maker does not have.`, {
        field: 'scopes',
        value: beyond,
        remedy: 'Leave it out, or make the key in a terminal.',
      });
    }
    return keys.create(name, granted, days);
  },
  render: ({ key, token }) =>
    `${token}\n\nThe key "${key.name}" may: ${key.scopes.join(', ')}. ${key.expiresAt === null ? 'It does not expire.' : `It expires ${key.expiresAt}.`}\nKeep the token now: it is not kept here. Send it as "Authorization: Bearer …".`,
});
