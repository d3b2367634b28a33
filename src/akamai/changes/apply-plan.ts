import { FtsError } from '../../errors/fts-error.ts';
import { digestOf } from '../../store/canonical-json.ts';
import type { AkamaiResponse } from '../client/akamai-request.ts';
import { refusalError } from '../client/problem.ts';
import type { Actor } from './akamai-reader.ts';
import type { Observation } from './change-kind.ts';
import type { ChangePlan, Outcome, PlanState } from './change-plan.ts';
import type { ChangePlans } from './change-plans.ts';
import { differences } from './difference.ts';
import type { StoredPlan } from './plan-store.ts';
import { requestOf } from './planned-call.ts';

/**
 * claim → check that nothing moved → send once → record.
 *
 * The claim is one SQLite transition, so of concurrent applies one goes on. Until `sending` nothing has left and any
 * failure puts the plan back as it was; from `sending` on, whatever is not a clear answer is settled by reading.
 */
export async function applyApproved(
  plans: ChangePlans,
  id: string,
  who: Actor,
  signal: AbortSignal | undefined,
): Promise<ChangePlan> {
  const plan = claim(plans, id, who);
  if (plan.state === 'applied') return plan;
  plans.inFlight.add(id);
  try {
    await checkNothingMoved(plans, plan, who, signal);
    markSending(plans, plan, who);
    return await send(plans, plan, who, signal);
  } finally {
    plans.inFlight.delete(id);
  }
}

function claim(plans: ChangePlans, id: string, who: Actor): StoredPlan {
  const claimed = plans.store.atomically((): StoredPlan | FtsError => {
    const plan = plans.current(id);
    if (plan.state === 'applied') return plan;
    try {
      requireChangeMode(plans);
      if (plan.state === 'checking' || plan.state === 'sending') {
        const isOwned = plan.pid !== null;
        const why = isOwned
          ? 'is being applied by another call'
          : 'was interrupted, and its outcome cannot be read yet';
        throw new FtsError('conflict', `Plan ${id} ${why}.`, {
          field: 'planId',
          value: id,
          remedy: `See what came of it: fts akamai plans-show ${id}.`,
        });
      }
      plans.requireState(plan, 'approved', 'applied');
      plans.requireIntact(plan);
      requireOverride(plan);
    } catch (error) {
      // Returned, not thrown: the refusal's own row has to be committed.
      const refusal = FtsError.from(error);
      plans.record('plan.refused', plan, who, 'refused', { reason: refusal.message });
      return refusal;
    }
    plans.store.move(id, 'approved', 'checking', { pid: process.pid });
    return plans.store.get(id);
  });
  if (claimed instanceof FtsError) throw claimed;
  return claimed;
}

function requireChangeMode(plans: ChangePlans): void {
  if (plans.options.mode() === 'change') return;
  throw new FtsError('forbidden', 'Akamai is in read-only mode: no plan is applied.', {
    field: 'akamai.mode',
    value: 'read-only',
    remedy:
      'The operator of this server can allow changes: "akamai.mode": "change" in config.json, or FTS_AKAMAI_MODE=change.',
  });
}

function requireOverride(plan: StoredPlan): void {
  const gate = plan.description.gate;
  if (gate === undefined || gate.met || plan.approval?.overrideStaging === true) return;
  throw new FtsError('forbidden', `Not applied: ${gate.explanation}`, { field: 'planId', value: plan.id });
}

async function checkNothingMoved(
  plans: ChangePlans,
  plan: StoredPlan,
  who: Actor,
  signal: AbortSignal | undefined,
): Promise<void> {
  let now: Observation;
  try {
    const account = plans.options.accounts.get(plan.call.account);
    if (plans.originOf(account, plan.call.server) !== plan.call.origin) {
      throw new FtsError(
        'conflict',
        `Account "${account.name}" now points to another host than the plan was made for.`,
        {
          field: 'account',
          value: account.name,
          remedy: 'Make a new plan.',
        },
      );
    }
    now = await plans.kindOf(plan.call).observe(plan.call, plans.reader(plan.call, who, signal));
    plans.requireIntact(plans.store.get(plan.id));
    requireChangeMode(plans);
  } catch (error) {
    plans.store.atomically(() => {
      plans.store.move(plan.id, 'checking', 'approved', { pid: null });
      const { message } = FtsError.from(error);
      plans.record('plan.apply', plan, who, 'failed', { note: 'Nothing was sent.', message });
    });
    throw error;
  }
  const moved = digestOf(plan.observed.state) !== digestOf(json(now.state));
  if (!moved) return;
  const changes = differences(plan.observed.state, json(now.state));
  const places = changes.slice(0, 3).map((change) => change.place || change.path);
  const note = `The state moved after the plan was made (${places.join('; ')}). Nothing was sent.`;
  finish(plans, plan, 'checking', 'stale', who, { status: null, body: null, note, at: plans.now().toISOString() });
  throw new FtsError('conflict', `Plan ${plan.id} no longer fits: ${note}`, {
    field: 'planId',
    value: plan.id,
    remedy: 'Make a new plan from the present state.',
  });
}

function markSending(plans: ChangePlans, plan: StoredPlan, who: Actor): void {
  plans.store.atomically(() => {
    const isOurs =
      plans.now().getTime() < Date.parse(plan.expiresAt) && plans.store.move(plan.id, 'checking', 'sending');
    if (isOurs) plans.record('plan.sending', plan, who, 'ok', { method: plan.call.method, path: plan.call.path });
    else plans.store.move(plan.id, 'checking', 'expired', { pid: null });
  });
  if (plans.store.get(plan.id).state === 'sending') return;
  throw new FtsError('conflict', `Plan ${plan.id} expired before it could be sent. Nothing was sent.`, {
    field: 'planId',
    value: plan.id,
    remedy: 'Make a new plan.',
  });
}

async function send(
  plans: ChangePlans,
  plan: StoredPlan,
  who: Actor,
  signal: AbortSignal | undefined,
): Promise<ChangePlan> {
  let response: AkamaiResponse;
  const request = requestOf(plan.call);
  try {
    response = await plans.options.caller.request({ ...request, signal });
  } catch (error) {
    return settlePlan(plans, plan, who, `No clear answer: ${FtsError.from(error).message}`);
  }
  const { status, body } = response;
  if (status >= 500 || status === 408 || (status >= 300 && status < 400)) {
    return settlePlan(plans, plan, who, `Akamai answered ${status}.`);
  }
  const at = plans.now().toISOString();
  if (status < 300) {
    const outcome = { status, body: body ?? null, note: 'Applied.', at };
    finish(plans, plan, 'sending', 'applied', who, outcome);
    const after = await readBack(plans, plan, who);
    if (after !== undefined) plans.store.move(plan.id, 'applied', 'applied', { outcome: { ...outcome, after } });
    return plans.store.get(plan.id);
  }
  const refusal = refusalError(request, response, plans.now().getTime());
  if (status === 429) {
    plans.store.atomically(() => {
      plans.store.move(plan.id, 'sending', 'approved', { pid: null });
      plans.record('plan.apply', plan, who, 'failed', {
        status,
        note: 'Rate limited; nothing was done, still approved.',
      });
    });
    throw refusal;
  }
  const note = `Refused by Akamai, nothing was changed: ${refusal.message}`;
  finish(plans, plan, 'sending', status === 412 ? 'stale' : 'failed', who, { status, body: body ?? null, note, at });
  throw refusal;
}

/** Finds out by reading whether a call whose answer is missing took effect, and records what it found. */
export async function settlePlan(plans: ChangePlans, plan: StoredPlan, who: Actor, why: string): Promise<ChangePlan> {
  const kind = plans.kindOf(plan.call);
  const at = plans.now().toISOString();
  let after: Observation;
  try {
    after = await kind.observe(plan.call, plans.reader(plan.call, who));
  } catch (error) {
    const { message } = FtsError.from(error);
    // Left in `sending` without an owner: the next start, or the next apply, tries to read again.
    plans.store.atomically(() => {
      plans.store.move(plan.id, 'sending', 'sending', { pid: null });
      plans.record('plan.apply', plan, who, 'unclear', { note: `${why} The state could not be read either.`, message });
    });
    throw new FtsError('unavailable', `${why} Whether plan ${plan.id} took effect cannot be read yet: ${message}`, {
      field: 'planId',
      value: plan.id,
      remedy: `Look again later: fts akamai plans-show ${plan.id}. Do not plan the same change before that.`,
      cause: error,
    });
  }
  const verdict = kind.wasApplied(plan.call, plan.observed, after);
  const [state, note]: [PlanState, string] =
    verdict === 'yes'
      ? ['applied', `${why} The state shows that the change was made.`]
      : verdict === 'no'
        ? ['failed', `${why} The state shows that nothing was changed.`]
        : ['unclear', `${why} The state does not show whether the change was made: a person has to look.`];
  return finish(plans, plan, 'sending', state, who, { status: null, body: null, note, at, after });
}

async function readBack(plans: ChangePlans, plan: StoredPlan, who: Actor): Promise<Observation | undefined> {
  try {
    return await plans.kindOf(plan.call).observe(plan.call, plans.reader(plan.call, who));
  } catch {
    return undefined; // the change is made and recorded; the picture after it is an extra
  }
}

function finish(
  plans: ChangePlans,
  plan: StoredPlan,
  from: PlanState,
  to: PlanState,
  who: Actor,
  outcome: Outcome,
): ChangePlan {
  plans.store.atomically(() => {
    if (!plans.store.move(plan.id, from, to, { outcome, pid: null })) return;
    const verdict = to === 'applied' ? 'ok' : to === 'unclear' ? 'unclear' : 'failed';
    plans.record('plan.apply', plan, who, verdict, { state: to, status: outcome.status, note: outcome.note });
  });
  return plans.store.get(plan.id);
}

/** As it would come back from the database. */
function json(value: unknown): unknown {
  return value === undefined ? undefined : JSON.parse(JSON.stringify(value));
}
