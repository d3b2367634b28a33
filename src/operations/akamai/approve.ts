import { z } from 'zod';
import { planIdSchema } from '../../inputs/names.ts';
import { akamaiOf } from '../../workflows/akamai/akamai-services.ts';
import { consoleFieldNames, consoleFields, decideInConsole } from '../../workflows/akamai/decide-in-console.ts';
import { decideInTerminal } from '../../workflows/akamai/decide-in-terminal.ts';
import { planViewSchema, renderPlan, viewPlan } from '../../workflows/akamai/plan-view.ts';
import { defineOperation } from '../operation.ts';

export const akamaiApprove = defineOperation({
  name: 'akamai.approve',
  title: 'Approve a change plan',
  description:
    'Shows a plan to an approver, who signs it: with a passphrase typed in a terminal, or in the console with a passphrase or a passkey. The signature is over exactly what will be sent; nothing else approves.',
  effect: 'write',
  scope: 'read',
  idempotent: false,
  openWorld: false,
  job: false,
  personOnly: true,
  positionals: ['planId'],
  consoleFields: consoleFieldNames,
  example: 'fts akamai approve plan-mb3k2x-1f2e3d4c',
  input: z.object({
    planId: planIdSchema.describe('Id of the plan'),
    reason: z.string().max(500).optional().describe('Why; needed to override the staging rule'),
    overrideStaging: z.boolean().default(false).describe('Override the staging rule'),
    approver: z.string().min(1).max(64).optional().describe('Who signs; in a terminal yourself without it'),
    ...consoleFields,
  }),
  output: planViewSchema,
  async run({ planId, reason, overrideStaging, shownDigest, ...signing }, context) {
    const { plans } = akamaiOf(context);
    const decision = { decision: 'approve', reason, overrideStaging, shownDigest } as const;
    const plan =
      context.caller.channel === 'terminal'
        ? await decideInTerminal(plans.get(planId), { ...decision, approver: signing.approver }, context)
        : await decideInConsole(planId, decision, signing, context);
    return viewPlan(plan);
  },
  render: renderPlan,
});
