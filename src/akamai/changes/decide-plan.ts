import type { Approvers } from '../../approval/approvers.ts';
import type { Signature } from '../../approval/credential.ts';
import { challengeOf, sha256Of } from '../../approval/signed-text.ts';
import { FtsError } from '../../errors/fts-error.ts';
import type { Actor } from './akamai-reader.ts';
import { approvalText, type Decided } from './approval-text.ts';
import type { Approval, ChangePlan, SignedDecision } from './change-plan.ts';
import { plainText } from './plain-text.ts';
import type { PlanRecords } from './plan-records.ts';
import type { StoredPlan } from './plan-store.ts';

/** What a person decides, before they sign it. */
export interface Decision {
  decision: 'approve' | 'deny';
  reason?: string | undefined;
  /** Needed, with a reason, where the plan's gate is not met. */
  overrideStaging?: boolean | undefined;
  /** The digest that the person was shown; when given it must be the plan's. */
  shownDigest?: string | undefined;
}

/** A decision that an enrolled approver signed: `at` is the moment that the signed text names. */
export interface SignedBy {
  approver: { id: string; name: string };
  at: string;
  signature: Signature;
  /** Through what the person decided, for the record: `terminal`, `console`. */
  channel: string;
}

export interface Deciding {
  records: PlanRecords;
  approvers: Approvers;
  /** Digests of plans that a trusted client's form approved in this process: nothing in the database can stand for it. */
  formApprovals: Map<string, string>;
  /** Whether the operator lets clients' own forms approve (`approval.client-forms`). Read each time. */
  clientForms: () => boolean;
}

/** A decision whose row of the audit log is yet to be written. */
type Unrecorded =
  | Omit<SignedDecision, 'auditSequence'>
  | Omit<Extract<Approval, { kind: 'client-form' }>, 'auditSequence'>;

/** A person may take this long from seeing what to sign to signing it. */
const longestSigningMilliseconds = 10 * 60_000;
const clockToleranceMilliseconds = 60_000;

/** What is to be signed for a decision: the text, and its SHA-256, which a passkey takes as its challenge. */
export function draftDecision(
  { records }: Deciding,
  id: string,
  decision: Decision,
  { id: approverId, name }: { id: string; name: string },
): { text: string; challenge: string; at: string } {
  const at = records.now().toISOString();
  const text = refusing(records, id, decision, { name, channel: 'system' }, (plan) =>
    textOf(plan, decision, approverId, at),
  );
  return { text, challenge: challengeOf(text), at };
}

/** Records a signed decision, or refuses it with a row that says so. */
export function recordSigned(deciding: Deciding, id: string, decision: Decision, by: SignedBy): ChangePlan {
  const { records, approvers } = deciding;
  const who = { name: by.approver.name, channel: by.channel };
  return settle(deciding, id, decision, who, (plan) => {
    requireTimely(records, plan, by.at);
    const text = textOf(plan, decision, by.approver.id, by.at);
    const problem =
      approvers.signatureProblem(text, by.signature, by.approver.id) ?? approvers.takeCounter(by.signature);
    if (problem !== undefined) throw notSigned(plan, problem);
    return { kind: 'signed', ...outcomeOf(decision, who, by.at), approverId: by.approver.id, signature: by.signature };
  });
}

/** Records what a person decided in a client's own form, where the operator allowed that. Nothing proves it. */
export function recordFromForm(deciding: Deciding, id: string, decision: Decision, who: Actor): ChangePlan {
  const { records, formApprovals } = deciding;
  if (decision.decision === 'approve' && !deciding.clientForms()) throw formsNotAllowed(id);
  const plan = settle(deciding, id, decision, who, () => ({
    kind: 'client-form',
    ...outcomeOf(decision, who, records.now().toISOString()),
  }));
  if (plan.state === 'approved') formApprovals.set(id, plan.digest);
  return plan;
}

/**
 * Fails unless the plan's stored approval counts now: a signature of an approver who is still enrolled, over exactly what
 * is stored now; or a client's form of this very process, while the operator allows those. The state column says nothing.
 */
export function requireApproval({ records, approvers, formApprovals, clientForms }: Deciding, plan: StoredPlan): void {
  const { approval } = plan;
  if (approval === null) throw notSigned(plan, 'there is no approval');
  if (approval.decision !== 'approve') throw notSigned(plan, 'it is a denial');
  if (approval.kind === 'unsigned') throw notSigned(plan, 'it was made before approvals were signed');
  requireGate(plan, approval);
  if (plan.home !== records.home) throw notSigned(plan, 'the plan was made in another home, of which this is a copy');
  if (approval.kind === 'client-form') {
    if (!clientForms()) throw formsNotAllowed(plan.id);
    if (formApprovals.get(plan.id) !== plan.digest)
      throw notSigned(plan, 'a client’s form counts only in the process that showed it');
    return;
  }
  const at = Date.parse(approval.at);
  if (!(at >= Date.parse(plan.createdAt) && at < Date.parse(plan.expiresAt) && at <= latest(records)))
    throw notSigned(plan, 'it was not made in the time of the plan');
  const problem = approvers.signatureProblem(approvalText(plan, approval), approval.signature, approval.approverId);
  if (problem !== undefined) throw notSigned(plan, problem);
}

function settle(
  { records }: Deciding,
  id: string,
  decision: Decision,
  who: Actor,
  approve: (plan: StoredPlan) => Unrecorded,
): ChangePlan {
  return refusing(records, id, decision, who, (plan) => {
    const given = approve(plan);
    const isApproval = decision.decision === 'approve';
    const [action, outcome] = isApproval ? (['plan.approved', 'ok'] as const) : (['plan.denied', 'refused'] as const);
    const row = records.record(action, plan, who, outcome, detailsOf(plan, given));
    const approval: Approval = { ...given, auditSequence: row.sequence };
    if (isApproval) records.store.move(id, plan.state, 'approved', { approval });
    else records.store.move(id, plan.state, 'denied', { denial: approval });
    return records.store.get(id);
  });
}

/** Runs `work` on a plan that can be decided; a refusal is a row of the audit log, whatever was wrong. */
function refusing<Result>(
  records: PlanRecords,
  id: string,
  decision: Decision,
  who: Actor,
  work: (plan: StoredPlan) => Result,
): Result {
  const result = records.store.atomically((): { done: Result } | FtsError => {
    const plan = records.current(id);
    try {
      requireDecidable(records, plan, decision);
      return { done: work(plan) };
    } catch (error) {
      // Returned, not thrown: the refusal's own row has to be committed.
      const refusal = FtsError.from(error);
      records.record('plan.refused', plan, who, 'refused', { decision: decision.decision, reason: refusal.message });
      return refusal;
    }
  });
  if (result instanceof FtsError) throw result;
  return result.done;
}

function detailsOf(plan: StoredPlan, given: Unrecorded): object {
  const { kind, reason, overrideStaging, at } = given;
  const common = { kind, reason, overrideStaging, at };
  if (given.kind === 'client-form') return common;
  const { approverId, signature } = given;
  return { ...common, approverId, credentialId: signature.credentialId, signed: sha256Of(approvalText(plan, given)) };
}

function requireDecidable(records: PlanRecords, plan: StoredPlan, decision: Decision): void {
  const isReplaceable = plan.state === 'approved' && plan.approval?.kind !== 'signed';
  if (decision.decision === 'deny') {
    if (plan.state !== 'approved') records.requireState(plan, 'proposed', 'denied');
  } else if (!isReplaceable) records.requireState(plan, 'proposed', 'approved');
  records.requireIntact(plan);
  records.requireUnspent(plan);
  if (decision.shownDigest !== undefined && decision.shownDigest !== plan.digest) {
    throw new FtsError('conflict', 'What was shown to the approver is not what this plan says.', {
      field: 'shownDigest',
      value: decision.shownDigest,
      remedy: 'Read the plan again before you approve it.',
    });
  }
  if (decision.decision === 'approve') requireGate(plan, decision);
}

function requireGate(plan: StoredPlan, given: { overrideStaging?: boolean | undefined; reason?: string | undefined }) {
  const gate = plan.description.gate;
  if (gate === undefined || gate.met) return;
  if (given.overrideStaging === true && (given.reason?.trim() ?? '').length > 0) return;
  throw new FtsError('forbidden', `Not approved: ${gate.explanation}`, {
    field: 'overrideStaging',
    value: given.overrideStaging ?? false,
    remedy: 'Activate the same version on staging first, or override this with a reason.',
  });
}

function requireTimely(records: PlanRecords, plan: StoredPlan, at: string): void {
  const made = Date.parse(at);
  const isTimely =
    new Date(made).toISOString() === at &&
    made >= records.now().getTime() - longestSigningMilliseconds &&
    made <= latest(records);
  if (isTimely) return;
  throw new FtsError('conflict', `The signature for plan ${plan.id} took longer than ten minutes.`, {
    field: 'at',
    value: at,
    remedy: 'Start again, and sign within ten minutes.',
  });
}

const latest = (records: PlanRecords): number => records.now().getTime() + clockToleranceMilliseconds;

function outcomeOf(decision: Decision, who: Actor, at: string) {
  const { reason, overrideStaging } = cleaned(decision);
  return {
    decision: decision.decision,
    approver: who.name,
    channel: who.channel,
    ...(reason === undefined ? {} : { reason }),
    overrideStaging,
    at,
  };
}

function cleaned({ reason, overrideStaging }: Decision) {
  const line = plainText(reason ?? '', 500);
  return { reason: line === '' ? undefined : line, overrideStaging: overrideStaging === true };
}

function textOf(plan: StoredPlan, decision: Decision, approverId: string, at: string): string {
  const decided: Decided = { decision: decision.decision, approverId, at, ...cleaned(decision) };
  return approvalText(plan, decided);
}

function notSigned(plan: { id: string }, problem: string): FtsError {
  return new FtsError('forbidden', `The approval of plan ${plan.id} does not count: ${problem}.`, {
    field: 'planId',
    value: plan.id,
    remedy: `An enrolled approver has to approve it: fts akamai approve ${plan.id}. Who is enrolled: fts approvers list.`,
  });
}

function formsNotAllowed(id: string): FtsError {
  return new FtsError('forbidden', 'An approval in a client’s own form does not count here.', {
    field: 'approval.client-forms',
    value: false,
    remedy: `Approve plan ${id} in the console (/console/plans/${id}) or in a terminal: fts akamai approve ${id}.`,
  });
}
