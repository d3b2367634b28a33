import { z } from 'zod';
import { planIdSchema } from '../../../inputs/names.ts';
import { akamaiOf } from '../../../workflows/akamai/akamai-services.ts';
import { requireConsole } from '../../../workflows/akamai/decide-in-console.ts';
import { defineOperation } from '../../operation.ts';

export const akamaiApproveBegin = defineOperation({
  name: 'akamai.approve.begin',
  title: 'Begin a decision by passkey',
  description:
    'Gives the console what a passkey has to sign for a decision: a challenge that is the SHA-256 of exactly what will be sent. `akamai.approve` or `akamai.deny` takes the answer within ten minutes.',
  effect: 'read',
  scope: 'read',
  idempotent: true,
  openWorld: false,
  job: false,
  personOnly: true,
  consoleOnly: true,
  example: 'POST /api/operations/akamai.approve.begin',
  input: z.object({
    planId: planIdSchema.describe('Id of the plan'),
    decision: z.enum(['approve', 'deny']).describe('What is to be signed'),
    reason: z.string().max(500).optional().describe('Why; needed to override the staging rule'),
    overrideStaging: z.boolean().default(false).describe('Override the staging rule'),
    shownDigest: z.string().describe('Digest of what the person saw'),
    approver: z.string().min(1).max(64).describe('Who signs'),
  }),
  output: z.object({
    /** The canonical bytes, as text. */
    text: z.string(),
    /** Their SHA-256, base64url. */
    challenge: z.string(),
    /** The moment that the text names: to be sent back with the answer. */
    at: z.string(),
    passkeys: z.array(z.object({ id: z.string(), rpId: z.string(), transports: z.array(z.string()) })),
  }),
  async run({ planId, approver: name, ...decision }, context) {
    const { plans, approvers } = akamaiOf(context);
    requireConsole(planId, context);
    const approver = approvers.find(name);
    const passkeys = approver.credentials.flatMap((credential) =>
      credential.kind === 'passkey'
        ? [{ id: credential.id, rpId: credential.rpId, transports: credential.transports }]
        : [],
    );
    return { ...plans.draft(planId, decision, approver), passkeys };
  },
});
