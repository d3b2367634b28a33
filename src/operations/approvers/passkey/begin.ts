import { z } from 'zod';
import { passkeyOptions } from '../../../approval/register-passkey.ts';
import { akamaiOf } from '../../../workflows/akamai/akamai-services.ts';
import { requireConsolePage } from '../../../workflows/akamai/decide-in-console.ts';
import { defineOperation } from '../../operation.ts';

export const approversPasskeyBegin = defineOperation({
  name: 'approvers.passkey.begin',
  title: 'Begin to add a passkey',
  description: 'Gives the console the options with which the browser makes a passkey for an enrolled approver.',
  effect: 'read',
  scope: 'read',
  idempotent: true,
  openWorld: false,
  job: false,
  personOnly: true,
  consoleOnly: true,
  example: 'POST /api/operations/approvers.passkey.begin',
  input: z.object({
    approver: z.string().min(1).max(64).describe('Whose passkey it is to be'),
    origin: z.url().max(300).describe('Origin of the console’s page'),
  }),
  output: z.object({
    /** PublicKeyCredentialCreationOptionsJSON of WebAuthn level 3. */
    options: z.record(z.string(), z.unknown()),
    /** To be sent back with the browser's answer. */
    at: z.string(),
  }),
  async run({ approver: name, origin }, context) {
    const approver = akamaiOf(context).approvers.find(name);
    requireConsolePage(origin, context);
    const at = new Date().toISOString();
    return { options: { ...(await passkeyOptions({ approver, origin, at })) }, at };
  },
});
