import { z } from 'zod';
import { FtsError } from '../errors/fts-error.ts';
import { planViewSchema, renderPlan, viewPlan } from './akamai-plan-view.ts';
import { akamaiOf } from './akamai-services.ts';
import { defineOperation } from './operation.ts';

export const akamaiDeny = defineOperation({
  name: 'akamai.deny',
  title: 'Deny a change plan',
  description: 'Ends a proposed or approved plan for good.',
  effect: 'write',
  scope: 'approve',
  idempotent: false,
  openWorld: false,
  job: false,
  personOnly: true,
  positionals: ['planId'],
  example: 'fts akamai deny plan-mb3k2x-1f2e3d4c --reason "wrong zone"',
  input: z.object({
    planId: z.string().min(1).describe('Id of the plan'),
    reason: z.string().max(500).optional().describe('Why'),
  }),
  output: planViewSchema,
  async run({ planId, reason }, context) {
    const { name, channel } = context.caller;
    if (channel !== 'terminal' && channel !== 'console') {
      throw new FtsError('forbidden', 'A plan is denied by a person, in a terminal or in the console.', {
        field: 'planId',
        value: planId,
      });
    }
    return viewPlan(akamaiOf(context).plans.deny(planId, { approver: name, channel, reason }));
  },
  render: renderPlan,
});
