import type { AuditEvent, AuditLog, AuditRow } from '../../audit/audit-log.ts';
import { FtsError } from '../../errors/fts-error.ts';
import type { Database } from '../../store/database.ts';
import { databaseIdentity } from '../../store/database-identity.ts';
import type { Actor } from './akamai-reader.ts';
import { planDigest, requireWhole } from './approval-text.ts';
import type { PlanState } from './change-plan.ts';
import { endStates, PlanStore, type StoredPlan } from './plan-store.ts';

/** The stored plans together with the audit rows that vouch for them. */
export class PlanRecords {
  readonly store: PlanStore;
  readonly now: () => Date;
  /** Which home this is: a copy of it is another. */
  readonly home: string;
  private readonly audit: AuditLog;

  constructor(options: { database: Database; audit: AuditLog; now: () => Date }) {
    this.store = new PlanStore(options.database, options.now);
    this.audit = options.audit;
    this.now = options.now;
    this.home = databaseIdentity(options.database);
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
      remedy:
        plan.state === 'proposed'
          ? `A person has to approve it first: fts akamai approve ${plan.id}.`
          : 'Make a new plan.',
    });
  }

  /** Why a plan is not the one that was made; undefined where it is. */
  alteration(plan: StoredPlan): string | undefined {
    const isEnded = endStates.has(plan.state);
    // What ended before approvals were signed has lost what its digest was made over.
    if (isEnded && plan.bodies === undefined) return undefined;
    if (planDigest(plan) !== plan.digest) return 'its content does not fit its digest';
    if (this.firstRow(plan.id)?.details.digest !== plan.digest) return 'the audit log has it with another content';
    if (isEnded || plan.bodies === undefined) return undefined;
    try {
      requireWhole(plan);
    } catch {
      return 'its parts do not fit together';
    }
    return undefined;
  }

  /** Fails when the stored plan is not the one that was made, shown and recorded. */
  requireIntact(plan: StoredPlan): void {
    const alteration = this.alteration(plan);
    if (alteration !== undefined) {
      throw new FtsError('corrupt', `Plan ${plan.id} was changed by hand: ${alteration}.`, {
        field: 'planId',
        value: plan.id,
        remedy: 'Somebody changed the database: run `fts audit verify`, and make a new plan.',
      });
    }
    if (!endStates.has(plan.state)) requireWhole(plan);
  }

  /**
   * Fails where the audit log says that the plan has been sent, or has ended, whatever its state says now. A rate limit
   * is the one answer after which it may be sent again.
   */
  requireUnspent(plan: StoredPlan): void {
    let spent: string | undefined;
    for (const { action, outcome, details } of this.audit.all({ subject: plan.id })) {
      if (action === 'plan.denied' && outcome === 'refused') spent = 'denied';
      else if (action === 'plan.expired') spent = 'expired';
      else if (action === 'plan.sending') spent ??= 'sent';
      else if (action === 'plan.apply' && details.status === 429 && spent === 'sent') spent = undefined;
      else if (action === 'plan.apply' && typeof details.state === 'string') spent = details.state;
    }
    if (spent === undefined) return;
    throw new FtsError(
      'corrupt',
      `Plan ${plan.id} says that it is ${plan.state}, but the audit log has it as ${spent}.`,
      {
        field: 'planId',
        value: plan.id,
        remedy: 'Somebody changed the database: run `fts audit verify`, and make a new plan.',
      },
    );
  }

  /**
   * Fails where the audit log is not the one that was written: who may approve and what was sent already are known from
   * it alone. A log that nothing outside the database confirms passes.
   */
  requireWrittenLog(plan: StoredPlan): void {
    const { verdict, reason } = this.audit.verify();
    if (verdict !== 'broken') return;
    throw new FtsError('corrupt', `Plan ${plan.id} is not applied: the audit log was changed by hand (${reason}).`, {
      field: 'audit_log',
      remedy: 'Run `fts audit verify`, find out who wrote to the database, and restore it from a backup.',
    });
  }

  private firstRow(id: string): AuditRow | undefined {
    for (const row of this.audit.all({ subject: id, action: 'plan.created' })) return row;
    return undefined;
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
