import { randomBytes } from 'node:crypto';
import { FtsError } from '../../errors/fts-error.ts';
import { parseWith } from '../../errors/parse-with.ts';
import type { AuditLog } from '../../store/audit-log.ts';
import type { Database } from '../../store/database.ts';
import type { AkamaiCaller } from '../client/akamai-request.ts';
import type { Actor } from './akamai-reader.ts';
import { type Applying, applyApproved } from './apply-plan.ts';
import { CallObserver } from './call-observer.ts';
import type { ChangeKind, ChangeRequest } from './change-kind.ts';
import { type Approval, approvalSchema, type ChangePlan, type PlanContent, type PlanState } from './change-plan.ts';
import { type CallChecks, plannedCall } from './check-call.ts';
import { plainDescription } from './plain-text.ts';
import { PlanRecords } from './plan-records.ts';
import { presentCall } from './planned-call.ts';
import { settleInterrupted } from './settle-plan.ts';

const defaultMinutes = 60;
const longestMinutes = 24 * 60;

interface ChangePlansOptions extends CallChecks {
  database: Database;
  audit: AuditLog;
  /** The one caller that can write. Nobody else is given it. */
  caller: AkamaiCaller;
  kinds: readonly ChangeKind[];
  /** Read at every apply, so that switching to read-only works at once. */
  mode: () => 'read-only' | 'change';
  now?: () => Date;
}

/** A person's word. Faces build it from a terminal, the console or a form that the server wrote; no tool argument can. */
export type Approver = Pick<Approval, 'approver' | 'channel'> & {
  reason?: string | undefined;
  /** Needed, with a reason, where the plan's gate is not met. */
  overrideStaging?: boolean | undefined;
  /** The digest that the person was shown; when given it must be the plan's. */
  digest?: string | undefined;
};

/** plan → approve (a person) → apply (once, if nothing moved) → record → roll back. The only way to a write. */
export class ChangePlans {
  private readonly checks: CallChecks;
  private readonly records: PlanRecords;
  private readonly observer: CallObserver;
  private readonly applying: Applying;

  constructor({ now = () => new Date(), ...options }: ChangePlansOptions) {
    const { caller, accounts, mode } = options;
    this.checks = options;
    this.records = new PlanRecords({ ...options, now });
    this.observer = new CallObserver(options);
    const { records, observer } = this;
    this.applying = { records, observer, caller, accounts, mode, inFlight: new Set() };
  }

  /** Checks the call, reads the present state, and stores what would be done. Performs nothing. */
  async plan(
    request: ChangeRequest,
    who: Actor,
    options: {
      reason?: string | undefined;
      minutes?: number | undefined;
      rollbackOf?: string;
      signal?: AbortSignal;
    } = {},
  ): Promise<ChangePlan> {
    const call = plannedCall(request, this.checks);
    const kind = this.observer.kindOf(call);
    const observed = await this.observer.observe(call, who, options.signal);
    const description = plainDescription(kind.describe(call, observed));
    const createdAt = this.records.now();
    const minutes = Math.min(options.minutes ?? defaultMinutes, longestMinutes);
    const content: PlanContent = JSON.parse(
      JSON.stringify({
        id: `plan-${createdAt.getTime().toString(36)}-${randomBytes(4).toString('hex')}`,
        kind: kind.name,
        call,
        observed,
        description,
        reason: options.reason,
        requestedBy: who.name,
        channel: who.channel,
        createdAt: createdAt.toISOString(),
        expiresAt: new Date(createdAt.getTime() + minutes * 60_000).toISOString(),
        rollbackOf: options.rollbackOf,
      }),
    );
    return this.records.store.atomically(() => {
      const plan = this.records.store.insert(content);
      this.records.record('plan.created', plan, who, 'ok', { call: presentCall(call), title: description.title });
      return plan;
    });
  }

  /** Records a person's approval of exactly this plan. Refused after expiry, for another digest, or with an unmet gate. */
  approve(id: string, given: Approver): ChangePlan {
    const { approver, channel } = parseWith(
      approvalSchema.pick({ approver: true, channel: true }),
      given,
      'the approval',
    );
    const who = { name: approver, channel };
    if (approver.trim() === '')
      throw new FtsError('invalid-input', 'An approval needs the name of a person.', { field: 'approver' });
    return this.records.store.atomically(() => {
      const plan = this.records.current(id);
      this.records.requireState(plan, 'proposed', 'approved');
      this.records.requireIntact(plan);
      if (given.digest !== undefined && given.digest !== plan.digest) {
        throw new FtsError('conflict', 'What was shown to the approver is not what this plan says.', {
          field: 'digest',
          value: given.digest,
          remedy: 'Read the plan again before you approve it.',
        });
      }
      const overrideStaging = requireGate(plan, given);
      const reason = given.reason?.trim();
      const row = this.records.record('plan.approved', plan, who, 'ok', {
        digest: plan.digest,
        reason,
        overrideStaging,
      });
      const approval: Approval = {
        digest: plan.digest,
        approver,
        channel,
        ...(reason === undefined || reason === '' ? {} : { reason }),
        overrideStaging,
        at: this.records.now().toISOString(),
        auditSequence: row.sequence,
      };
      this.records.store.move(id, 'proposed', 'approved', { approval });
      return this.records.store.get(id);
    });
  }

  /** Ends a plan that is proposed or approved; it can never be applied. */
  deny(id: string, by: { approver: string; channel: Approval['channel']; reason?: string | undefined }): ChangePlan {
    return this.records.store.atomically(() => {
      const plan = this.records.current(id);
      if (plan.state !== 'proposed' && plan.state !== 'approved') this.records.requireState(plan, 'proposed', 'denied');
      this.records.store.move(id, plan.state, 'denied');
      this.records.record('plan.denied', plan, { name: by.approver, channel: by.channel }, 'refused', {
        reason: by.reason,
      });
      return this.records.store.get(id);
    });
  }

  /** Carries an approved plan out, once. A plan that is applied already gives its recorded outcome and sends nothing. */
  async apply(id: string, who: Actor, signal?: AbortSignal): Promise<ChangePlan> {
    await this.settleInterrupted(who);
    return applyApproved(this.applying, id, who, signal);
  }

  /** Makes the plan that undoes an applied one; it needs an approval of its own. */
  async rollback(id: string, who: Actor, signal?: AbortSignal): Promise<ChangePlan> {
    const plan = this.get(id);
    if (plan.state !== 'applied' || plan.outcome === null) {
      throw new FtsError('conflict', `Plan ${id} is ${plan.state}: only an applied plan can be rolled back.`, {
        field: 'planId',
        value: id,
        remedy:
          plan.state === 'unclear' ? 'Read the present state and plan what is needed.' : 'There is nothing to undo.',
      });
    }
    const outcome = { status: plan.outcome.status ?? 0, body: plan.outcome.body };
    const kind = this.observer.kindOf(plan.call);
    const request = await kind.undo(plan.call, plan.observed, outcome, this.observer.reader(plan.call, who, signal));
    if (request === undefined) {
      throw new FtsError('conflict', `There is no automatic way back from plan ${id}: ${plan.description.wayBack}`, {
        field: 'planId',
        value: id,
        remedy: 'Plan the opposite change yourself.',
      });
    }
    return this.plan(request, who, {
      rollbackOf: id,
      reason: `Rolls back ${id}: ${plan.description.title}`,
      ...(signal === undefined ? {} : { signal }),
    });
  }

  get(id: string): ChangePlan {
    return this.records.store.atomically(() => this.records.current(id));
  }

  /** Newest first. */
  list(filter: { state?: PlanState | undefined; limit: number }): ChangePlan[] {
    return this.records.list(filter);
  }

  /** Finds plans whose process died while applying them, and settles each by reading the state back. Call at start-up. */
  settleInterrupted(who: Actor = { name: 'system', channel: 'system' }): Promise<ChangePlan[]> {
    return settleInterrupted(this.applying, who);
  }
}

function requireGate(plan: ChangePlan, given: Approver): boolean {
  const gate = plan.description.gate;
  if (gate === undefined || gate.met) return false;
  if (given.overrideStaging === true && (given.reason?.trim() ?? '').length > 0) return true;
  throw new FtsError('forbidden', `Not approved: ${gate.explanation}`, {
    field: 'overrideStaging',
    value: given.overrideStaging ?? false,
    remedy: 'Activate the same version on staging first, or override this with a reason.',
  });
}
