import { redact } from '../../store/redact.ts';
import type { ChangePlan } from './change-plan.ts';
import { presentCall } from './planned-call.ts';

/** A plan for eyes: without secrets, the body's bytes as a digest, the observed state left out where it is long. */
export function presentPlan(plan: ChangePlan): ChangePlan {
  const shown = redact({ ...plan, observed: { state: null, ...withContext(plan) } }) as ChangePlan;
  return { ...shown, digest: plan.digest, call: presentCall(plan.call) };
}

function withContext({ observed }: ChangePlan) {
  return observed.context === undefined ? {} : { context: observed.context };
}
