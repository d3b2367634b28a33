import { z } from 'zod';
import { fingerprintOf } from '../../../approval/credential.ts';
import { FtsError } from '../../../errors/fts-error.ts';
import { akamaiOf } from '../../../workflows/akamai/akamai-services.ts';
import { askToUnlock, chooseApprover } from '../../../workflows/akamai/decide-in-terminal.ts';
import { requirePersonAtTerminal } from '../../../workflows/approvers/approver-terminal.ts';
import { defineOperation } from '../../operation.ts';

export const approversPasskeyRemove = defineOperation({
  name: 'approvers.passkey.remove',
  title: 'Remove a passkey',
  description: 'Takes a passkey from an approver, say of a lost device; an enrolled approver signs it.',
  effect: 'access',
  scope: 'admin',
  idempotent: false,
  openWorld: false,
  job: false,
  personOnly: true,
  positionals: ['name', 'fingerprint'],
  example: 'fts approvers passkey remove ana SHA256:q3…',
  input: z.object({
    name: z.string().min(1).max(64).describe('Whose passkey'),
    fingerprint: z.string().min(1).max(100).describe('Which one, as `fts approvers list` shows it'),
    signer: z.string().min(1).max(64).optional().describe('Enrolled approver who signs; yourself without it'),
  }),
  output: z.object({ approver: z.string(), removed: z.string(), signedBy: z.string() }),
  async run({ name, fingerprint, signer: named }, context) {
    const { approvers } = akamaiOf(context);
    const person = requirePersonAtTerminal(context, `fts approvers passkey remove ${name} ${fingerprint}`);
    const approver = approvers.find(name);
    const passkeys = approver.credentials.filter(({ kind }) => kind === 'passkey');
    const credential = passkeys.find((passkey) => fingerprintOf(passkey) === fingerprint);
    if (credential === undefined) {
      throw new FtsError('not-found', `${approver.name} has no passkey with that fingerprint.`, {
        field: 'fingerprint',
        value: fingerprint,
        remedy: 'See `fts approvers list`.',
      });
    }
    const by = await chooseApprover(approvers.list().approvers, named, context, person);
    const signer = await askToUnlock(by, `Passphrase of ${by.name}, to remove the passkey: `, context);
    approvers.removePasskey(approver, credential, context.caller, signer);
    return { approver: approver.name, removed: fingerprint, signedBy: by.name };
  },
});
