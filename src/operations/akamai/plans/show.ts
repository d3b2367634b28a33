import { z } from 'zod';
import { planIdSchema } from '../../../inputs/names.ts';
import { akamaiOf } from '../../../workflows/akamai/akamai-services.ts';
import { planViewSchema, renderPlan, viewPlan } from '../../../workflows/akamai/plan-view.ts';
import { defineOperation } from '../../operation.ts';

export const akamaiPlansShow = defineOperation({
  name: 'akamai.plans.show',
  title: 'Show a change plan',
  description:
    'Shows one change plan in full: what it would change, its state, its approval and its outcome. A plan whose process died is settled first, by reading the state back.',
  effect: 'read',
  scope: 'read',
  idempotent: true,
  openWorld: true,
  job: false,
  positionals: ['planId'],
  example: 'fts akamai plans-show plan-mb3k2x-1f2e3d4c',
  input: z.object({ planId: planIdSchema.describe('Id of the plan') }),
  output: planViewSchema,
  async run({ planId }, context) {
    const { plans } = akamaiOf(context);
    const plan = plans.get(planId);
    if (plan.state === 'checking' || plan.state === 'sending') await plans.settleInterrupted();
    return viewPlan(plans.get(planId), plans.alteration(planId));
  },
  render: renderPlan,
});
