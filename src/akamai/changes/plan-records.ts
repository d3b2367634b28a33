import { FtsError } from '../../errors/fts-error.ts';
import type { AuditEvent, AuditLog } from '../../store/audit-log.ts';
import type { Database } from '../../store/database.ts';
import type { Actor } from './akamai-reader.ts';
import { type PlanState, planDigest } from './change-plan.ts';
import { PlanStore, type StoredPlan } from './plan-store.ts';

/** The stored plans together with the audit rows that vouch for them. */
export class PlanRecords {
  readonly store: PlanStore;
  readonly now: () => Date;
  private readonly audit: AuditLog;

  constructor(options: { database: Database; audit: AuditLog; now: () => Date }) {
    this.store = new PlanStore(options.database, options.now);
    this.audit = options.audit;
    this.now = options.now;
  }

  /** The plan as it stands, expired if its time is over. Within a transaction. */
  current(id: string): StoredPlan {
    return this.expireIfDue(this.store.get(id));
  }

  /** Newest first, each as it stands. */
  list(filter: { state?: PlanState | undefined; limit: number }): StoredPlan[] {
    return this.store.atomically(() => {
      for (const state of ['proposed', 'approved'] as const) {
        for (const plan of this.store.list({ state, limit: 1000 })) this.expireIfDue(plan);
      }
      return this.store.list(filter);
    });
  }

  requireState(plan: StoredPlan, needed: PlanState, verb: string): void {
    if (plan.state === needed) return;
    throw new FtsError('conflict', `Plan ${plan.id} is ${plan.state}, so it cannot be ${verb}.`, {
      field: 'planId',
      value: plan.id,
      remedy: plan.state === 'proposed' ? 'A person has to approve it first.' : 'Make a new plan.',
    });
  }

  /** Fails when the stored plan is not the one whose digest was shown and recorded. */
  requireIntact(plan: StoredPlan): void {
    const { digest, state: _state, approval, outcome: _outcome, updatedAt: _updatedAt, pid: _pid, ...content } = plan;
    const recorded = approval === null ? undefined : this.audit.get(approval.auditSequence);
    const intact =
      planDigest(content) === digest &&
      (approval === null ||
        (approval.digest === digest &&
          recorded?.action === 'plan.approved' &&
          recorded.subject === plan.id &&
          recorded.details.digest === digest &&
          recorded.actor === approval.approver));
    if (intact) return;
    throw new FtsError('corrupt', `Plan ${plan.id} is not what was proposed and approved; it is not applied.`, {
      field: 'planId',
      value: plan.id,
      remedy: 'Somebody changed the registry: run `fts audit verify`, and make a new plan.',
    });
  }

  record(
    action: string,
    plan: { id: string; digest: string },
    who: Actor,
    outcome: AuditEvent['outcome'],
    details: object,
  ) {
    return this.audit.record({
      actor: who.name,
      channel: who.channel,
      action,
      subject: plan.id,
      outcome,
      details: { digest: plan.digest, ...details },
    });
  }

  private expireIfDue(plan: StoredPlan): StoredPlan {
    const isOpen = plan.state === 'proposed' || plan.state === 'approved';
    if (!isOpen || this.now().getTime() < Date.parse(plan.expiresAt)) return plan;
    if (this.store.move(plan.id, plan.state, 'expired')) {
      this.record('plan.expired', plan, { name: 'system', channel: 'system' }, 'refused', {});
    }
    return this.store.get(plan.id);
  }
}
