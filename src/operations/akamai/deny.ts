import { z } from 'zod';
import { planIdSchema } from '../../inputs/names.ts';
import { akamaiOf } from '../../workflows/akamai/akamai-services.ts';
import { consoleFieldNames, consoleFields, decideInConsole } from '../../workflows/akamai/decide-in-console.ts';
import { decideInTerminal } from '../../workflows/akamai/decide-in-terminal.ts';
import { planViewSchema, renderPlan, viewPlan } from '../../workflows/akamai/plan-view.ts';
import { defineOperation } from '../operation.ts';

export const akamaiDeny = defineOperation({
  name: 'akamai.deny',
  title: 'Deny a change plan',
  description: 'Ends a proposed or approved plan for good. An approver signs the denial, as they sign an approval.',
  effect: 'write',
  scope: 'read',
  idempotent: false,
  openWorld: false,
  job: false,
  personOnly: true,
  positionals: ['planId'],
  consoleFields: consoleFieldNames,
  example: 'fts akamai deny plan-mb3k2x-1f2e3d4c --reason "wrong zone"',
  input: z.object({
    planId: planIdSchema.describe('Id of the plan'),
    reason: z.string().max(500).optional().describe('Why'),
    approver: z.string().min(1).max(64).optional().describe('Who signs; in a terminal yourself without it'),
    ...consoleFields,
  }),
  output: planViewSchema,
  async run({ planId, reason, shownDigest, ...signing }, context) {
    const { plans } = akamaiOf(context);
    const decision = { decision: 'deny', reason, shownDigest } as const;
    const plan =
      context.caller.channel === 'terminal'
        ? await decideInTerminal(plans.get(planId), { ...decision, approver: signing.approver }, context)
        : await decideInConsole(planId, decision, signing, context);
    return viewPlan(plan);
  },
  render: renderPlan,
});
