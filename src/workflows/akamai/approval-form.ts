import { z } from 'zod';
import type { ChangePlan } from '../../akamai/changes/change-plan.ts';
import type { Form } from '../../services/ask-person.ts';
import { renderPlan, viewPlan } from './plan-view.ts';

const decision = z.enum(['approve', 'deny']).describe('Your decision');
const reason = z.string().max(500).optional().describe('Why (needed to override the staging rule)');

/** The form in which a person decides about a plan. The words are ours; only names inside them come from Akamai. */
export function approvalForm(plan: ChangePlan): Form {
  const { next: _next, ...view } = viewPlan(plan);
  const isOpen = plan.description.gate !== undefined && !plan.description.gate.met;
  const override = z.boolean().default(false).describe('Activate on production without the same version on staging');
  return {
    message: renderPlan({ ...view, next: 'Approve only if this is what you want. Nothing has been done yet.' }),
    fields: isOpen ? z.object({ decision, overrideStaging: override, reason }) : z.object({ decision, reason }),
    digest: plan.digest,
    path: `/console/plans/${plan.id}`,
  };
}

/** What was filled in, checked again: the answer comes from outside. */
export const approvalAnswerSchema = z.object({
  decision,
  overrideStaging: z.boolean().default(false),
  reason,
});
