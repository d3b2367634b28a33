import { z } from 'zod';
import { FtsError } from '../../errors/fts-error.ts';
import { planIdSchema } from '../../inputs/names.ts';
import { akamaiOf } from '../../workflows/akamai/akamai-services.ts';
import { decideInForm } from '../../workflows/akamai/decide-in-form.ts';
import { decideInTerminal } from '../../workflows/akamai/decide-in-terminal.ts';
import { planViewSchema, renderPlan, viewPlan } from '../../workflows/akamai/plan-view.ts';
import { defineOperation } from '../operation.ts';

export const akamaiApply = defineOperation({
  name: 'akamai.apply',
  title: 'Apply an approved change plan',
  description:
    'Carries an approved plan out, exactly as approved, once, if the state has not moved since; then records the outcome. A plan that no approver has signed yet is opened in the console where the client can open a link; else the error says where to go. Calling it again gives the recorded outcome and sends nothing.',
  effect: 'destructive',
  scope: 'plan',
  idempotent: true,
  openWorld: true,
  job: false,
  positionals: ['planId'],
  example: 'fts akamai apply plan-mb3k2x-1f2e3d4c',
  input: z.object({ planId: planIdSchema.describe('Id of the plan') }),
  output: planViewSchema,
  async run({ planId }, context) {
    const { plans } = akamaiOf(context);
    const plan = plans.get(planId);
    if (plans.needsDecision(plan)) {
      const isHere = context.terminal !== undefined;
      const decided = isHere
        ? await decideInTerminal(plan, { decision: 'approve' }, context)
        : await decideInForm(plan, context);
      if (decided.state === 'denied')
        throw new FtsError('forbidden', `The person denied plan ${planId}.`, { field: 'planId', value: planId });
    }
    return viewPlan(await plans.apply(planId, context.caller, context.signal));
  },
  render: renderPlan,
});
