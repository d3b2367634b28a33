import { z } from 'zod';
import { FtsError } from '../errors/fts-error.ts';
import { askForDecision } from './akamai-decide.ts';
import { planViewSchema, renderPlan, viewPlan } from './akamai-plan-view.ts';
import { akamaiOf } from './akamai-services.ts';
import { defineOperation } from './operation.ts';

export const akamaiApprove = defineOperation({
  name: 'akamai.approve',
  title: 'Approve a change plan',
  description:
    'Shows a plan to a person and records their decision, for exactly what was shown. In a terminal the person answers a form; in the console the page sends the digest of what it showed.',
  effect: 'write',
  scope: 'approve',
  idempotent: false,
  openWorld: false,
  job: false,
  personOnly: true,
  positionals: ['planId'],
  example: 'fts akamai approve plan-mb3k2x-1f2e3d4c',
  input: z.object({
    planId: z.string().min(1).describe('Id of the plan'),
    digest: z.string().optional().describe('From the console: digest of what the person saw'),
    reason: z.string().max(500).optional().describe('From the console: why'),
    overrideStaging: z.boolean().default(false).describe('From the console: override the staging rule'),
  }),
  output: planViewSchema,
  async run({ planId, digest, reason, overrideStaging }, context) {
    const { plans } = akamaiOf(context);
    const plan = plans.get(planId);
    const { name, channel } = context.caller;
    if (channel === 'terminal') return viewPlan(await askForDecision(plan, context, 'terminal'));
    if (channel !== 'console' || digest === undefined) {
      throw new FtsError('forbidden', 'A plan is approved by a person, in an interactive terminal or in the console.', {
        field: 'planId',
        value: planId,
        remedy: `Run \`fts akamai approve ${planId}\` in a terminal, or open /console/plans/${planId}.`,
      });
    }
    return viewPlan(plans.approve(planId, { approver: name, channel, digest, reason, overrideStaging }));
  },
  render: renderPlan,
});
