import { randomBytes } from 'node:crypto';
import { sha256Of, signedText } from '../../approval/signed-text.ts';
import { FtsError } from '../../errors/fts-error.ts';
import { canonicalJson, digestOf } from '../../store/canonical-json.ts';
import { redact } from '../../store/redact.ts';
import { type BodyProof, type PlanContent, planContentSchema } from './change-plan.ts';
import { type PlannedCall, presentCall } from './planned-call.ts';

export const approvalPurpose = 'fts-approval/1';

/** What a person decides about a plan, and when. */
export interface Decided {
  decision: 'approve' | 'deny';
  approverId: string;
  at: string;
  reason?: string | undefined;
  overrideStaging: boolean;
}

/**
 * The canonical bytes of a decision: what an approver signs, and what applying makes again from the stored plan. It
 * holds everything that will be sent (bodies by digest), the state that it was planned against, and what was shown.
 */
export function approvalText(
  plan: PlanContent,
  { decision, approverId, at, reason, overrideStaging }: Decided,
): string {
  return signedText(approvalPurpose, {
    decision,
    approver: approverId,
    at,
    reason: reason ?? null,
    overrideStaging,
    plan: planStatement(plan),
  });
}

/** SHA-256 of the plan's part of an approval: what `shownDigest` names, and what the audit log keeps of a plan. */
export function planDigest(plan: PlanContent): string {
  // Plans from before approvals were signed had a digest of all their content.
  return digestOf(plan.bodies === undefined ? planContentSchema.parse(plan) : planStatement(plan));
}

function planStatement(plan: PlanContent): object {
  const { call, description } = plan;
  return {
    id: plan.id,
    kind: plan.kind,
    calls: [callStatement(call, plan.bodies?.[0] ?? null)],
    stateSha256: digestOf(plan.observed.state),
    network: description.network ?? null,
    // As they stand when the plan has ended and its secrets are gone.
    warnings: redact(description.warnings),
    gate: redact(description.gate ?? null),
    shownSha256: plan.shown === undefined ? null : sha256Of(plan.shown),
    reason: plan.reason ?? null,
    requestedBy: plan.requestedBy,
    channel: plan.channel,
    createdAt: plan.createdAt,
    expiresAt: plan.expiresAt,
    rollbackOf: plan.rollbackOf ?? null,
    home: plan.home ?? null,
  };
}

function callStatement(call: PlannedCall, body: BodyProof | null): object {
  return {
    api: call.api,
    operationId: call.operationId,
    effect: call.effect,
    server: call.server,
    account: call.account,
    accountSwitchKey: call.accountSwitchKey ?? null,
    method: call.method,
    origin: call.origin,
    template: call.template,
    pathValues: call.pathValues,
    path: call.path,
    query: call.query,
    headers: call.headers,
    body: body === null ? null : { sha256: body.sha256, secret: body.secret },
  };
}

/** The text whose digest vouches for a body: its canonical JSON, after the salt where it holds a secret. */
export function bodyText(body: PlannedCall['body'], salt: string | undefined): string {
  return `${salt ?? ''}${canonicalJson(body)}`;
}

/** Made once, with the plan. A body with a secret in it is salted, so that its digest gives nothing away. */
export function proofOfBody({ body }: PlannedCall): BodyProof | null {
  if (body === undefined) return null;
  const secret = canonicalJson(redact(body)) !== canonicalJson(body);
  const salt = secret ? randomBytes(32).toString('hex') : undefined;
  return { sha256: sha256Of(bodyText(body, salt)), secret, ...(salt === undefined ? {} : { salt }) };
}

/** What every face shows of a plan, without secrets, in one text that can be kept for good. */
export function shownText({
  call,
  description,
  observed,
}: Pick<PlanContent, 'call' | 'description' | 'observed'>): string {
  return canonicalJson(redact({ call: presentCall(call), description, context: observed.context ?? null }));
}

/**
 * Fails where a plan's parts do not fit together any more: the body to its digest, or what is shown to what is kept.
 * For a plan that has not ended; afterwards its secrets are gone.
 */
export function requireWhole(plan: PlanContent): void {
  if (plan.bodies === undefined) {
    throw new FtsError('conflict', `Plan ${plan.id} was made before approvals were signed.`, {
      field: 'planId',
      value: plan.id,
      remedy: 'Make a new plan.',
    });
  }
  const proof = plan.bodies[0];
  const { body } = plan.call;
  const isWhole =
    plan.bodies.length === 1 &&
    (body === undefined
      ? proof === null
      : proof !== null && proof !== undefined && proof.sha256 === sha256Of(bodyText(body, proof.salt))) &&
    plan.shown === shownText(plan);
  if (isWhole) return;
  throw new FtsError('corrupt', `Plan ${plan.id} was changed after it was made.`, {
    field: 'planId',
    value: plan.id,
    remedy: 'Make a new plan; `fts audit verify` says what else was changed.',
  });
}
