import { randomBytes } from 'node:crypto';
import { FtsError } from '../../errors/fts-error.ts';
import { parseWith } from '../../errors/parse-with.ts';
import type { AuditEvent, AuditLog } from '../../store/audit-log.ts';
import type { Database } from '../../store/database.ts';
import { redact } from '../../store/redact.ts';
import type { Catalogue } from '../catalogue/catalogue.ts';
import type { CallValidator } from '../catalogue/validate-call.ts';
import type { AkamaiCaller } from '../client/akamai-request.ts';
import type { Account } from '../credentials/account.ts';
import type { Accounts } from '../credentials/load-accounts.ts';
import { type Actor, accountReader, ReadOnlyCaller } from './akamai-reader.ts';
import { applyApproved, settlePlan } from './apply-plan.ts';
import type { ChangeKind, ChangeRequest } from './change-kind.ts';
import {
  type Approval,
  approvalSchema,
  type ChangePlan,
  type PlanContent,
  type PlanState,
  planDigest,
} from './change-plan.ts';
import { genericChange } from './generic-change.ts';
import { plainDescription } from './plain-text.ts';
import { PlanStore, type StoredPlan } from './plan-store.ts';
import { type PlannedCall, plannedBody, plannedCallSchema, presentCall } from './planned-call.ts';

const defaultMinutes = 60;
const longestMinutes = 24 * 60;

export interface ChangePlansOptions {
  database: Database;
  audit: AuditLog;
  catalogue: Catalogue;
  validator: CallValidator;
  /** The one caller that can write. Nobody else is given it. */
  caller: AkamaiCaller;
  accounts: Accounts;
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
  readonly options: ChangePlansOptions;
  readonly store: PlanStore;
  readonly now: () => Date;
  /** Plans that this very process is applying. */
  readonly inFlight = new Set<string>();
  private readonly kinds = new Map<string, ChangeKind>();
  private readonly generic: ChangeKind;

  constructor(options: ChangePlansOptions) {
    this.options = options;
    this.now = options.now ?? (() => new Date());
    this.store = new PlanStore(options.database, this.now);
    this.generic = genericChange(options.catalogue, options.validator);
    for (const kind of options.kinds) for (const operation of kind.operations) this.kinds.set(operation, kind);
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
    const call = this.plannedCall(request);
    const kind = this.kindOf(call);
    const observed = await kind.observe(call, this.reader(call, who, options.signal));
    const description = plainDescription(kind.describe(call, observed));
    const createdAt = this.now();
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
    return this.store.atomically(() => {
      const plan = this.store.insert(content);
      this.record('plan.created', plan, who, 'ok', { call: presentCall(call), title: description.title });
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
    return this.store.atomically(() => {
      const plan = this.current(id);
      this.requireState(plan, 'proposed', 'approved');
      this.requireIntact(plan);
      if (given.digest !== undefined && given.digest !== plan.digest) {
        throw new FtsError('conflict', 'What was shown to the approver is not what this plan says.', {
          field: 'digest',
          value: given.digest,
          remedy: 'Read the plan again before you approve it.',
        });
      }
      const overrideStaging = requireGate(plan, given);
      const reason = given.reason?.trim();
      const row = this.record('plan.approved', plan, who, 'ok', { digest: plan.digest, reason, overrideStaging });
      const approval: Approval = {
        digest: plan.digest,
        approver,
        channel,
        ...(reason === undefined || reason === '' ? {} : { reason }),
        overrideStaging,
        at: this.now().toISOString(),
        auditSequence: row.sequence,
      };
      this.store.move(id, 'proposed', 'approved', { approval });
      return this.store.get(id);
    });
  }

  /** Ends a plan that is proposed or approved; it can never be applied. */
  deny(id: string, by: { approver: string; channel: Approval['channel']; reason?: string | undefined }): ChangePlan {
    return this.store.atomically(() => {
      const plan = this.current(id);
      if (plan.state !== 'proposed' && plan.state !== 'approved') this.requireState(plan, 'proposed', 'denied');
      this.store.move(id, plan.state, 'denied');
      this.record('plan.denied', plan, { name: by.approver, channel: by.channel }, 'refused', { reason: by.reason });
      return this.store.get(id);
    });
  }

  /** Carries an approved plan out, once. A plan that is applied already gives its recorded outcome and sends nothing. */
  async apply(id: string, who: Actor, signal?: AbortSignal): Promise<ChangePlan> {
    await this.settleInterrupted(who);
    return applyApproved(this, id, who, signal);
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
    const kind = this.kindOf(plan.call);
    const request = await kind.undo(plan.call, plan.observed, outcome, this.reader(plan.call, who, signal));
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
    return this.store.atomically(() => this.current(id));
  }

  /** Newest first. */
  list(filter: { state?: PlanState | undefined; limit: number }): ChangePlan[] {
    return this.store.atomically(() => {
      for (const state of ['proposed', 'approved'] as const) {
        for (const plan of this.store.list({ state, limit: 1000 })) this.expireIfDue(plan);
      }
      return this.store.list(filter);
    });
  }

  /** Finds plans whose process died while applying them, and settles each by reading the state back. Call at start-up. */
  async settleInterrupted(who: Actor = { name: 'system', channel: 'system' }): Promise<ChangePlan[]> {
    const settled: ChangePlan[] = [];
    for (const plan of this.store.list({ state: 'checking', limit: 1000 })) {
      if (this.isBeingApplied(plan)) continue;
      this.store.atomically(() => {
        if (!this.store.move(plan.id, 'checking', 'approved', { pid: null })) return;
        this.record('plan.interrupted', plan, who, 'failed', { note: 'Nothing had been sent: approved as before.' });
      });
      settled.push(this.store.get(plan.id));
    }
    for (const plan of this.store.list({ state: 'sending', limit: 1000 })) {
      if (this.isBeingApplied(plan)) continue;
      try {
        settled.push(await settlePlan(this, plan, who, 'The process ended before the answer was recorded.'));
      } catch (error) {
        if (FtsError.from(error).kind !== 'unavailable') throw error; // recorded; tried again at the next occasion
      }
    }
    return settled;
  }

  /** The plan as it stands, expired if its time is over. Within a transaction. */
  current(id: string): StoredPlan {
    return this.expireIfDue(this.store.get(id));
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
    const recorded = approval === null ? undefined : this.options.audit.get(approval.auditSequence);
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
    return this.options.audit.record({
      actor: who.name,
      channel: who.channel,
      action,
      subject: plan.id,
      outcome,
      details: { digest: plan.digest, ...details },
    });
  }

  kindOf(call: PlannedCall): ChangeKind {
    return this.kinds.get(`${call.api} ${call.operationId}`) ?? this.generic;
  }

  reader(call: PlannedCall, who: Actor, signal?: AbortSignal) {
    const { caller, catalogue, audit } = this.options;
    return accountReader(new ReadOnlyCaller(caller, catalogue, audit, who), {
      account: call.account,
      accountSwitchKey: call.accountSwitchKey,
      server: call.server,
      signal,
    });
  }

  originOf(account: Account, server: PlannedCall['server']): string {
    const origin =
      server === 'linode'
        ? account.linode?.origin
        : server === 'netstorage-usage'
          ? account.netStorageUsage?.origin
          : account.edgeGrid?.origin;
    if (origin !== undefined) return origin;
    throw new FtsError('unauthorized', `Account "${account.name}" has no credentials for this API.`, {
      field: 'account',
      value: account.name,
      remedy: 'Name another account, or add the credentials to that section.',
    });
  }

  private plannedCall(request: ChangeRequest): PlannedCall {
    const { catalogue, validator, accounts } = this.options;
    const operation = catalogue.find(request.api, request.operationId);
    if (operation.effect === 'read') {
      throw new FtsError(
        'invalid-input',
        `${operation.method} ${operation.path} changes nothing, so it needs no plan.`,
        {
          field: 'operationId',
          value: operation.operationId,
          remedy: 'Call it directly (akamai.call).',
        },
      );
    }
    const valid = validator.validateCall(operation, request);
    const account = accounts.get(request.account);
    const server = valid.server ?? operation.server;
    const pathValues = catalogue.match(valid.method, valid.path)?.pathValues ?? {};
    return parseWith(
      plannedCallSchema,
      {
        api: operation.api,
        operationId: operation.operationId,
        effect: operation.effect,
        account: account.name,
        origin: this.originOf(account, server),
        accountSwitchKey: server === 'edgegrid' ? (request.accountSwitchKey ?? account.accountSwitchKey) : undefined,
        server,
        method: valid.method,
        template: operation.path,
        pathValues,
        path: valid.path,
        query: Object.fromEntries(Object.entries(valid.query ?? {}).filter(([, value]) => value !== undefined)),
        headers: valid.headers ?? {},
        body: plannedBody(valid.body),
      },
      'the planned call',
    );
  }

  private expireIfDue(plan: StoredPlan): StoredPlan {
    const isOpen = plan.state === 'proposed' || plan.state === 'approved';
    if (!isOpen || this.now().getTime() < Date.parse(plan.expiresAt)) return plan;
    if (this.store.move(plan.id, plan.state, 'expired')) {
      this.record('plan.expired', plan, { name: 'system', channel: 'system' }, 'refused', {});
    }
    return this.store.get(plan.id);
  }

  private isBeingApplied(plan: StoredPlan): boolean {
    if (plan.pid === null) return false;
    if (plan.pid === process.pid) return this.inFlight.has(plan.id);
    const age = this.now().getTime() - Date.parse(plan.updatedAt);
    return age < longestApplyMilliseconds && isAlive(plan.pid);
  }
}

/** An apply is a few calls, each with its own timeout; a process number that is still there later is another's. */
const longestApplyMilliseconds = 15 * 60_000;

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
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

/** A plan for eyes: without secrets, the body's bytes as a digest, the observed state left out where it is long. */
export function presentPlan(plan: ChangePlan): ChangePlan {
  const shown = redact({ ...plan, observed: { state: null, ...withContext(plan) } }) as ChangePlan;
  return { ...shown, digest: plan.digest, call: presentCall(plan.call) };
}

function withContext({ observed }: ChangePlan) {
  return observed.context === undefined ? {} : { context: observed.context };
}
