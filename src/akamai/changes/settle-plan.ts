import { FtsError } from '../../errors/fts-error.ts';
import type { Actor } from './akamai-reader.ts';
import type { CallObserver } from './call-observer.ts';
import type { Observation } from './change-kind.ts';
import type { ChangePlan, Outcome, PlanState } from './change-plan.ts';
import type { PlanRecords } from './plan-records.ts';
import type { StoredPlan } from './plan-store.ts';

/** What applying and settling work with. */
export interface Settling {
  records: PlanRecords;
  observer: CallObserver;
  /** Plans that this very process is applying. */
  inFlight: Set<string>;
}

/** Plans whose process died while applying them: put back where nothing had been sent, else settled by reading. */
export async function settleInterrupted(settling: Settling, who: Actor): Promise<ChangePlan[]> {
  const { records } = settling;
  const settled: ChangePlan[] = [];
  for (const plan of records.store.list({ state: 'checking', limit: 1000 })) {
    if (isBeingApplied(settling, plan)) continue;
    records.store.atomically(() => {
      if (!records.store.move(plan.id, 'checking', 'approved', { pid: null })) return;
      records.record('plan.interrupted', plan, who, 'failed', { note: 'Nothing had been sent: approved as before.' });
    });
    settled.push(records.store.get(plan.id));
  }
  for (const plan of records.store.list({ state: 'sending', limit: 1000 })) {
    if (isBeingApplied(settling, plan)) continue;
    try {
      settled.push(await settlePlan(settling, plan, who, 'The process ended before the answer was recorded.'));
    } catch (error) {
      if (FtsError.from(error).kind !== 'unavailable') throw error; // recorded; tried again at the next occasion
    }
  }
  return settled;
}

/** Finds out by reading whether a call whose answer is missing took effect, and records what it found. */
export async function settlePlan(
  { records, observer }: Pick<Settling, 'records' | 'observer'>,
  plan: StoredPlan,
  who: Actor,
  why: string,
): Promise<ChangePlan> {
  const at = records.now().toISOString();
  let after: Observation;
  try {
    after = await observer.observe(plan.call, who);
  } catch (error) {
    const { message } = FtsError.from(error);
    // Left in `sending` without an owner: the next start, or the next apply, tries to read again.
    records.store.atomically(() => {
      records.store.move(plan.id, 'sending', 'sending', { pid: null });
      records.record('plan.apply', plan, who, 'unclear', {
        note: `${why} The state could not be read either.`,
        message,
      });
    });
    throw new FtsError('unavailable', `${why} Whether plan ${plan.id} took effect cannot be read yet: ${message}`, {
      field: 'planId',
      value: plan.id,
      remedy: `Look again later: fts akamai plans-show ${plan.id}. Do not plan the same change before that.`,
      cause: error,
    });
  }
  const verdict = observer.kindOf(plan.call).wasApplied(plan.call, plan.observed, after);
  const [state, note]: [PlanState, string] =
    verdict === 'yes'
      ? ['applied', `${why} The state shows that the change was made.`]
      : verdict === 'no'
        ? ['failed', `${why} The state shows that nothing was changed.`]
        : ['unclear', `${why} The state does not show whether the change was made: a person has to look.`];
  return finish(records, plan, 'sending', state, who, { status: null, body: null, note, at, after });
}

/** Moves a plan to its end, with its outcome and its audit row, unless another process has done so. */
export function finish(
  records: PlanRecords,
  plan: StoredPlan,
  from: PlanState,
  to: PlanState,
  who: Actor,
  outcome: Outcome,
): ChangePlan {
  records.store.atomically(() => {
    if (!records.store.move(plan.id, from, to, { outcome, pid: null })) return;
    const verdict = to === 'applied' ? 'ok' : to === 'unclear' ? 'unclear' : 'failed';
    records.record('plan.apply', plan, who, verdict, { state: to, status: outcome.status, note: outcome.note });
  });
  return records.store.get(plan.id);
}

function isBeingApplied({ records, inFlight }: Settling, plan: StoredPlan): boolean {
  if (plan.pid === null) return false;
  if (plan.pid === process.pid) return inFlight.has(plan.id);
  return records.store.isApplierAlive(plan.id);
}
