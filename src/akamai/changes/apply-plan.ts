import { FtsError } from '../../errors/fts-error.ts';
import { digestOf } from '../../store/canonical-json.ts';
import type { AkamaiCaller, AkamaiResponse } from '../client/akamai-request.ts';
import { refusalError } from '../client/problem.ts';
import { originOf } from '../credentials/account.ts';
import type { Accounts } from '../credentials/load-accounts.ts';
import type { Actor } from './akamai-reader.ts';
import type { Observation } from './change-kind.ts';
import type { ChangePlan } from './change-plan.ts';
import { type Deciding, requireApproval } from './decide-plan.ts';
import { differences } from './difference.ts';
import type { StoredPlan } from './plan-store.ts';
import { requestOf } from './planned-call.ts';
import { finish, type Settling, settlePlan } from './settle-plan.ts';

/** What applying needs; the one caller that can write is in here and nowhere else. */
export interface Applying extends Settling {
  /** Who may have approved, and how that is proven. */
  deciding: Deciding;
  caller: AkamaiCaller;
  accounts: Accounts;
  /** Read at every apply, so that switching to read-only works at once. */
  mode: () => 'read-only' | 'change';
}

/**
 * claim → check that nothing moved → send once → record.
 *
 * The claim is one SQLite transition, so of concurrent applies one goes on. Until `sending` nothing has left and any
 * failure puts the plan back as it was; from `sending` on, whatever is not a clear answer is settled by reading.
 */
export async function applyApproved(
  applying: Applying,
  id: string,
  who: Actor,
  signal: AbortSignal | undefined,
): Promise<ChangePlan> {
  const plan = claim(applying, id, who);
  if (plan.state === 'applied') return plan;
  applying.inFlight.add(id);
  try {
    await checkNothingMoved(applying, plan, who, signal);
    markSending(applying, plan, who);
    return await send(applying, plan, who, signal);
  } finally {
    applying.inFlight.delete(id);
  }
}

function claim({ records, deciding, mode }: Applying, id: string, who: Actor): StoredPlan {
  const claimed = records.store.atomically((): StoredPlan | FtsError => {
    const plan = records.current(id);
    if (plan.state === 'applied') return plan;
    try {
      requireChangeMode(mode);
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
      records.requireState(plan, 'approved', 'applied');
      records.requireIntact(plan);
      records.requireUnspent(plan);
      requireApproval(deciding, plan);
      records.requireWrittenLog(plan);
    } catch (error) {
      // Returned, not thrown: the refusal's own row has to be committed.
      const refusal = FtsError.from(error);
      records.record('plan.refused', plan, who, 'refused', { reason: refusal.message });
      return refusal;
    }
    records.store.move(id, 'approved', 'checking', { pid: process.pid });
    return records.store.get(id);
  });
  if (claimed instanceof FtsError) throw claimed;
  return claimed;
}

function requireChangeMode(mode: Applying['mode']): void {
  if (mode() === 'change') return;
  throw new FtsError('forbidden', 'Akamai is in read-only mode: no plan is applied.', {
    field: 'akamai.mode',
    value: 'read-only',
    remedy:
      'The operator of this server can allow changes: "akamai.mode": "change" in config.json, or FTS_AKAMAI_MODE=change.',
  });
}

async function checkNothingMoved(
  { records, observer, accounts, mode, deciding }: Applying,
  plan: StoredPlan,
  who: Actor,
  signal: AbortSignal | undefined,
): Promise<void> {
  let now: Observation;
  try {
    const account = accounts.get(plan.call.account);
    if (originOf(account, plan.call.server) !== plan.call.origin) {
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
    now = await observer.observe(plan.call, who, signal);
    const present = records.store.get(plan.id);
    records.requireIntact(present);
    requireApproval(deciding, present);
    requireChangeMode(mode);
  } catch (error) {
    records.store.atomically(() => {
      records.store.move(plan.id, 'checking', 'approved', { pid: null });
      const { message } = FtsError.from(error);
      records.record('plan.apply', plan, who, 'failed', { note: 'Nothing was sent.', message });
    });
    throw error;
  }
  const moved = digestOf(plan.observed.state) !== digestOf(json(now.state));
  if (!moved) return;
  const changes = differences(plan.observed.state, json(now.state));
  const places = changes.slice(0, 3).map((change) => change.place || change.path);
  const note = `The state moved after the plan was made (${places.join('; ')}). Nothing was sent.`;
  finish(records, plan, 'checking', 'stale', who, { status: null, body: null, note, at: records.now().toISOString() });
  throw new FtsError('conflict', `Plan ${plan.id} no longer fits: ${note}`, {
    field: 'planId',
    value: plan.id,
    remedy: 'Make a new plan from the present state.',
  });
}

function markSending({ records }: Applying, plan: StoredPlan, who: Actor): void {
  records.store.atomically(() => {
    const isOurs =
      records.now().getTime() < Date.parse(plan.expiresAt) && records.store.move(plan.id, 'checking', 'sending');
    if (isOurs) records.record('plan.sending', plan, who, 'ok', { method: plan.call.method, path: plan.call.path });
    else if (records.store.move(plan.id, 'checking', 'expired', { pid: null }))
      records.record('plan.expired', plan, { name: 'system', channel: 'system' }, 'refused', {});
  });
  if (records.store.get(plan.id).state === 'sending') return;
  throw new FtsError('conflict', `Plan ${plan.id} expired before it could be sent. Nothing was sent.`, {
    field: 'planId',
    value: plan.id,
    remedy: 'Make a new plan.',
  });
}

async function send(
  applying: Applying,
  plan: StoredPlan,
  who: Actor,
  signal: AbortSignal | undefined,
): Promise<ChangePlan> {
  const { records, caller } = applying;
  let response: AkamaiResponse;
  const request = requestOf(plan.call);
  try {
    response = await caller.request({ ...request, signal });
  } catch (error) {
    return settlePlan(applying, plan, who, `No clear answer: ${FtsError.from(error).message}`);
  }
  const { status, body } = response;
  if (status >= 500 || status === 408 || (status >= 300 && status < 400)) {
    return settlePlan(applying, plan, who, `Akamai answered ${status}.`);
  }
  const at = records.now().toISOString();
  if (status < 300) {
    const outcome = { status, body: body ?? null, note: 'Applied.', at };
    finish(records, plan, 'sending', 'applied', who, outcome);
    const after = await readBack(applying, plan, who);
    if (after !== undefined) records.store.move(plan.id, 'applied', 'applied', { outcome: { ...outcome, after } });
    return records.store.get(plan.id);
  }
  const refusal = refusalError(request, response, records.now().getTime());
  if (status === 429) {
    records.store.atomically(() => {
      records.store.move(plan.id, 'sending', 'approved', { pid: null });
      records.record('plan.apply', plan, who, 'failed', {
        status,
        note: 'Rate limited; nothing was done, still approved.',
      });
    });
    throw refusal;
  }
  const note = `Refused by Akamai, nothing was changed: ${refusal.message}`;
  finish(records, plan, 'sending', status === 412 ? 'stale' : 'failed', who, { status, body: body ?? null, note, at });
  throw refusal;
}

async function readBack({ observer }: Applying, plan: StoredPlan, who: Actor): Promise<Observation | undefined> {
  try {
    return await observer.observe(plan.call, who);
  } catch {
    return undefined; // the change is made and recorded; the picture after it is an extra
  }
}

/** As it would come back from the database. */
function json(value: unknown): unknown {
  return value === undefined ? undefined : JSON.parse(JSON.stringify(value));
}
