import { z } from 'zod';
import { akamaiOf } from '../../workflows/akamai/akamai-services.ts';
import { askNewPassphrase, requirePersonAtTerminal } from '../../workflows/approvers/approver-terminal.ts';
import { defineOperation } from '../operation.ts';

export const approversPassphrase = defineOperation({
  name: 'approvers.passphrase',
  title: 'Change an approver’s passphrase',
  description: 'Encrypts an approver’s key under a new passphrase. The key, its fingerprint and its signatures stay.',
  effect: 'access',
  scope: 'admin',
  idempotent: false,
  openWorld: false,
  job: false,
  personOnly: true,
  positionals: ['name'],
  example: 'fts approvers passphrase ana',
  input: z.object({ name: z.string().min(1).max(64).describe('Whose') }),
  output: z.object({ changed: z.string() }),
  async run({ name }, context) {
    const { approvers } = akamaiOf(context);
    const person = requirePersonAtTerminal(context, `fts approvers passphrase ${name}`);
    const { name: known } = approvers.find(name);
    const old = await person.askHidden(`Present passphrase of ${known}: `);
    await approvers.changePassphrase(known, old, await askNewPassphrase(person, known), context.caller);
    return { changed: known };
  },
});
