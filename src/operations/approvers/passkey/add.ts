import { z } from 'zod';
import { fingerprintOf } from '../../../approval/credential.ts';
import { passkeyOf, registrationResponseSchema } from '../../../approval/register-passkey.ts';
import { FtsError } from '../../../errors/fts-error.ts';
import { akamaiOf } from '../../../workflows/akamai/akamai-services.ts';
import { requireConsolePage } from '../../../workflows/akamai/decide-in-console.ts';
import { defineOperation } from '../../operation.ts';

const longestRegistrationMilliseconds = 10 * 60_000;

export const approversPasskeyAdd = defineOperation({
  name: 'approvers.passkey.add',
  title: 'Add a passkey',
  description:
    'Adds a passkey to an enrolled approver, signed with their passphrase. From then on a touch in the console approves as the passphrase does.',
  // Not `access`: the right to it is the passphrase, whatever credential the request has.
  effect: 'write',
  scope: 'read',
  idempotent: false,
  openWorld: false,
  job: false,
  personOnly: true,
  consoleOnly: true,
  example: 'POST /api/operations/approvers.passkey.add',
  input: z.object({
    approver: z.string().min(1).max(64).describe('Whose passkey it is'),
    passphrase: z.string().max(1024).describe('Their passphrase, used once and forgotten'),
    origin: z.url().max(300).describe('Origin of the console’s page'),
    at: z.iso.datetime().describe('What approvers.passkey.begin gave'),
    registration: registrationResponseSchema.describe('The browser’s answer'),
  }),
  output: z.object({ approver: z.string(), fingerprint: z.string() }),
  async run({ approver: name, passphrase, origin, at, registration }, context) {
    const { approvers } = akamaiOf(context);
    requireConsolePage(origin, context);
    const age = Date.now() - Date.parse(at);
    if (age < 0 || age > longestRegistrationMilliseconds) {
      throw new FtsError('invalid-input', 'The passkey was begun too long ago.', {
        field: 'at',
        value: at,
        remedy: 'Begin again.',
      });
    }
    const approver = approvers.find(name);
    const credential = await passkeyOf(registration, { approver, origin, at });
    const signer = await approvers.unlock(name, passphrase, context.caller);
    approvers.addPasskey(approver, credential, context.caller, signer);
    return { approver: approver.name, fingerprint: fingerprintOf(credential) };
  },
});
