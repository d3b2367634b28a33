import type { ChangeRequest } from '../../akamai/changes/change-kind.ts';
import type { OperationContext } from '../../services/context.ts';
import { akamaiOf } from './akamai-services.ts';
import { type PlanView, viewPlan } from './plan-view.ts';

/** Stores a request as a change plan and shows it: the end of every operation that wants something changed. */
export async function propose(
  request: ChangeRequest,
  wish: { reason?: string | undefined; expiresInMinutes: number },
  context: OperationContext,
): Promise<PlanView> {
  const plan = await akamaiOf(context).plans.plan(request, context.caller, {
    reason: wish.reason,
    minutes: wish.expiresInMinutes,
    signal: context.signal,
  });
  return viewPlan(plan);
}
