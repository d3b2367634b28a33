import { randomBytes } from 'node:crypto';
import type { Approvers } from '../../approval/approvers.ts';
import type { AuditLog } from '../../audit/audit-log.ts';
import { FtsError } from '../../errors/fts-error.ts';
import type { Database } from '../../store/database.ts';
import type { AkamaiCaller } from '../client/akamai-request.ts';
import type { Actor } from './akamai-reader.ts';
import { type Applying, applyApproved } from './apply-plan.ts';
import { proofOfBody, shownText } from './approval-text.ts';
import { CallObserver } from './call-observer.ts';
import type { ChangeKind, ChangeRequest } from './change-kind.ts';
import type { ChangePlan, PlanContent, PlanState } from './change-plan.ts';
import { type CallChecks, plannedCall } from './check-call.ts';
import {
  type Deciding,
  type Decision,
  draftDecision,
  recordFromForm,
  recordSigned,
  type SignedBy,
} from './decide-plan.ts';
import { plainDescription } from './plain-text.ts';
import { PlanRecords } from './plan-records.ts';
import { presentCall } from './planned-call.ts';
import { settleInterrupted } from './settle-plan.ts';

const defaultMinutes = 60;
const longestMinutes = 24 * 60;

interface ChangePlansOptions extends CallChecks {
  database: Database;
  audit: AuditLog;
  approvers: Approvers;
  /** Whether the operator lets clients' own forms approve. Read each time. */
  clientForms?: () => boolean;
  /** The one caller that can write. Nobody else is given it. */
  caller: AkamaiCaller;
  kinds: readonly ChangeKind[];
  /** Read at every apply, so that switching to read-only works at once. */
  mode: () => 'read-only' | 'change';
  now?: () => Date;
}

/** plan → approve (a person) → apply (once, if nothing moved) → record → roll back. The only way to a write. */
export class ChangePlans {
  private readonly checks: CallChecks;
  private readonly records: PlanRecords;
  private readonly observer: CallObserver;
  private readonly deciding: Deciding;
  private readonly applying: Applying;

  constructor({ now = () => new Date(), clientForms = () => false, ...options }: ChangePlansOptions) {
    const { caller, accounts, mode, approvers } = options;
    this.checks = options;
    this.records = new PlanRecords({ ...options, now });
    this.observer = new CallObserver(options);
    const { records, observer } = this;
    this.deciding = { records, approvers, clientForms, formApprovals: new Map() };
    this.applying = { deciding: this.deciding, records, observer, caller, accounts, mode, inFlight: new Set() };
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
    const described = kind.describe(call, observed);
    const warnings = [...this.observer.ruleWarnings(call), ...described.warnings];
    const description = plainDescription({ ...described, warnings });
    const createdAt = this.records.now();
    const parts: Pick<PlanContent, 'call' | 'description' | 'observed'> = asStored({ call, description, observed });
    const minutes = Math.min(options.minutes ?? defaultMinutes, longestMinutes);
    const content: PlanContent = asStored({
      id: `plan-${createdAt.getTime().toString(36)}-${randomBytes(4).toString('hex')}`,
      kind: kind.name,
      ...parts,
      bodies: [proofOfBody(parts.call)],
      shown: shownText(parts),
      reason: options.reason,
      requestedBy: who.name,
      channel: who.channel,
      createdAt: createdAt.toISOString(),
      expiresAt: new Date(createdAt.getTime() + minutes * 60_000).toISOString(),
      rollbackOf: options.rollbackOf,
      home: this.records.home,
    });
    return this.records.store.atomically(() => {
      const plan = this.records.store.insert(content);
      this.records.record('plan.created', plan, who, 'ok', { call: presentCall(call), title: description.title });
      return plan;
    });
  }

  /** What an approver signs for a decision: the text, its SHA-256 as a passkey's challenge, the moment that it names. */
  draft(
    id: string,
    decision: Decision,
    approver: { id: string; name: string },
  ): { text: string; challenge: string; at: string } {
    return draftDecision(this.deciding, id, decision, approver);
  }

  /** Records a decision that an enrolled approver signed, for exactly this plan as it is stored. */
  decide(id: string, decision: Decision, by: SignedBy): ChangePlan {
    return recordSigned(this.deciding, id, decision, by);
  }

  /** Records a decision from the form of a client that the operator trusts (`approval.client-forms`). */
  decideInForm(id: string, decision: Decision, who: Actor): ChangePlan {
    return recordFromForm(this.deciding, id, decision, who);
  }

  /** Whether the plan waits for a person, also where a client's form approved it in another process. */
  needsDecision(plan: ChangePlan): boolean {
    if (plan.state === 'proposed') return true;
    return (
      plan.state === 'approved' &&
      plan.approval?.kind !== 'signed' &&
      this.deciding.formApprovals.get(plan.id) === undefined
    );
  }

  /** Fails for a plan that was changed by hand. */
  requireIntact(id: string): void {
    this.records.requireIntact(this.records.store.get(id));
  }

  /** Why a plan is not the one that was made; undefined where it is. */
  alteration(id: string): string | undefined {
    const plan = this.records.store.get(id);
    if (plan.state === 'approved' && plan.approval === null) return 'its state says approved, and nobody approved it';
    return this.records.alteration(plan);
  }

  /** Carries an approved plan out, once. A plan that is applied already gives its recorded outcome and sends nothing. */
  async apply(id: string, who: Actor, signal?: AbortSignal): Promise<ChangePlan> {
    await this.settleInterrupted();
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
  settleInterrupted(): Promise<ChangePlan[]> {
    // Nobody asked for it: whoever looks at a plan has not applied it.
    return settleInterrupted(this.applying, { name: 'system', channel: 'system' });
  }
}

/** As it will come back from the database, so that its digest is the same then. */
function asStored<Value>(value: Value): Value {
  return JSON.parse(JSON.stringify(value)) as Value;
}
