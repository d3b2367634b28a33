import { z } from 'zod';
import { planIdSchema } from '../../inputs/names.ts';
import { akamaiOf } from '../../workflows/akamai/akamai-services.ts';
import { planViewSchema, renderPlan, viewPlan } from '../../workflows/akamai/plan-view.ts';
import { defineOperation } from '../operation.ts';

export const akamaiRollback = defineOperation({
  name: 'akamai.rollback',
  title: 'Plan the way back from an applied change',
  description:
    'Makes the plan that undoes an applied plan: the old values, the version that was active before (cancelling or fast fallback where Akamai offers it). Performs nothing; the new plan needs an approval of its own.',
  effect: 'write',
  scope: 'plan',
  idempotent: false,
  openWorld: true,
  job: false,
  positionals: ['planId'],
  example: 'fts akamai rollback plan-mb3k2x-1f2e3d4c',
  input: z.object({ planId: planIdSchema.describe('Id of the applied plan') }),
  output: planViewSchema,
  async run({ planId }, context) {
    return viewPlan(await akamaiOf(context).plans.rollback(planId, context.caller, context.signal));
  },
  render: renderPlan,
});
