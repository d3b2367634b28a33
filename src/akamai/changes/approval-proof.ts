import { z } from 'zod';
import { type Approver, approverRecordSchema, followChain } from '../../approval/approver-record.ts';
import type { Approvers } from '../../approval/approvers.ts';
import { fingerprintOf, signatureSchema } from '../../approval/credential.ts';
import { sha256Of, signedContent } from '../../approval/signed-text.ts';
import { signatureProblem } from '../../approval/verify-signature.ts';
import type { AuditLog } from '../../audit/audit-log.ts';
import { FtsError } from '../../errors/fts-error.ts';
import { canonicalJson } from '../../store/canonical-json.ts';
import { approvalPurpose, approvalText, bodyText } from './approval-text.ts';
import type { ChangePlan } from './change-plan.ts';

const format = 'fts-approval-proof/1';

/**
 * Everything that somebody elsewhere needs to verify a decision. What was signed or hashed is kept as the very text, so
 * that nobody has to know how we order the members of JSON.
 */
export const proofSchema = z.strictObject({
  format: z.literal(format),
  /** The canonical bytes, and the approver's signature over them. */
  approval: z.strictObject({ text: z.string(), signature: signatureSchema }),
  /** What the approver was shown. */
  shown: z.string(),
  /** What each call sends as its body; null where there is none, or where it holds a secret. */
  bodies: z.array(z.string().nullable()),
  /** The chain of enrolments, up to this decision. */
  approvers: z.array(approverRecordSchema.strict()),
  /** Rows of the audit log about the plan and the enrolments, each with its hash. */
  audit: z.array(z.strictObject({ text: z.string(), hash: z.string() })),
});
export type ApprovalProof = z.output<typeof proofSchema>;

const callSchema = z.object({
  method: z.string(),
  origin: z.string(),
  path: z.string(),
  body: z.object({ sha256: z.string(), secret: z.boolean() }).nullable(),
});
const contentSchema = z.object({
  decision: z.enum(['approve', 'deny']),
  approver: z.string(),
  at: z.string(),
  plan: z.object({ id: z.string(), calls: z.array(callSchema), shownSha256: z.string() }),
});
const rowSchema = z.object({
  sequence: z.number(),
  at: z.string(),
  action: z.string(),
  subject: z.string(),
  outcome: z.string(),
  details: z.string(),
});

/** What a proof says once it holds. */
export interface Proven {
  plan: string;
  decision: 'approve' | 'deny';
  approver: string;
  /** Compare it with what the approver says, or with what was noted at the enrolment. */
  fingerprint: string;
  at: string;
  calls: string[];
  /** Number and hash of the decision's row: compare it with a head that was kept elsewhere. */
  auditRow: { sequence: number; hash: string };
}

/** The proof of a plan's decision. Fails for a plan that nobody signed. */
export function proofOf(plan: ChangePlan, approvers: Approvers, audit: AuditLog): ApprovalProof {
  const decided = plan.denial?.kind === 'signed' ? plan.denial : plan.approval;
  if (decided?.kind !== 'signed' || plan.shown === undefined) {
    throw new FtsError('conflict', `Plan ${plan.id} has no signature that could be proven.`, {
      field: 'planId',
      value: plan.id,
      remedy: `An approver signs it with \`fts akamai approve ${plan.id}\`.`,
    });
  }
  const [body] = plan.bodies ?? [];
  const records = approvers.recordsBefore(decided.auditSequence);
  const enrolments = [...audit.sealed({ subject: 'approvers', outcome: 'ok' })].slice(0, records.length);
  const rows = [...audit.sealed({ subject: plan.id })].filter(({ action }) => action.startsWith('plan.'));
  return {
    format,
    approval: { text: approvalText(plan, decided), signature: decided.signature },
    shown: plan.shown,
    bodies: [body === null || body === undefined || body.secret ? null : bodyText(plan.call.body, undefined)],
    approvers: records,
    audit: [...enrolments, ...rows]
      .sort((left, right) => left.sequence - right.sequence)
      .map(({ hash, ...row }) => ({ text: canonicalJson(row), hash })),
  };
}

/** What a proof proves. Fails with the reason where anything in it does not fit. Needs nothing but the proof. */
export function verifyProof(proof: ApprovalProof): Proven {
  const { text, signature } = proof.approval;
  const content = contentSchema.safeParse(signedContent(approvalPurpose, text)).data;
  if (content === undefined) throw broken('the signed text is no approval');
  const { plan } = content;
  if (sha256Of(proof.shown) !== plan.shownSha256) throw broken('what was shown is not what was signed');
  requireBodies(proof.bodies, plan.calls);
  const approver = signerOf(proof, content.approver);
  const credential = approver.credentials.find(({ id }) => id === signature.credentialId);
  if (credential === undefined) throw broken('the key that signed was not enrolled');
  const problem = signatureProblem(text, signature, credential);
  if (problem !== undefined) throw broken(problem);
  return {
    plan: plan.id,
    decision: content.decision,
    approver: approver.name,
    fingerprint: fingerprintOf(credential),
    at: content.at,
    calls: plan.calls.map(({ method, origin, path }) => `${method} ${origin}${path}`),
    auditRow: decisionRow(proof, plan.id),
  };
}

function requireBodies(bodies: readonly (string | null)[], calls: readonly z.output<typeof callSchema>[]): void {
  const fits =
    bodies.length === calls.length &&
    calls.every(({ body }, index) => {
      const text = bodies[index]!;
      if (body === null || body.secret) return text === null;
      return text !== null && sha256Of(text) === body.sha256;
    });
  if (!fits) throw broken('a body is not what was signed');
}

function signerOf({ approvers }: ApprovalProof, id: string): Approver {
  const chain = followChain(approvers);
  if (chain.problem !== undefined) throw broken(`the chain of enrolments: ${chain.problem}`);
  const approver = chain.approvers.find((candidate) => candidate.id === id);
  if (approver === undefined) throw broken('its approver was not enrolled');
  return approver;
}

/** Every row has to be what its hash says, in order, and about this plan or one of the enrolments. */
function decisionRow({ audit, approval, approvers }: ApprovalProof, planId: string): Proven['auditRow'] {
  const records = new Set(approvers.map(({ text }) => sha256Of(text)));
  const signed = sha256Of(approval.text);
  let found: Proven['auditRow'] | undefined;
  let last = 0;
  for (const { text, hash } of audit) {
    const row = parseRow(text);
    if (row === undefined || sha256Of(text) !== hash) throw broken('a row of the audit log is not what was recorded');
    if (row.sequence <= last) throw broken('the rows of the audit log are out of order');
    last = row.sequence;
    const details = detailsSchema.parse(JSON.parse(row.details));
    if (row.subject === planId) {
      if (details.signed === signed) found = { sequence: row.sequence, hash };
    } else if (details.record === undefined || !records.delete(details.record))
      throw broken('a row of the audit log is about something else');
  }
  if (found === undefined) throw broken('the audit log does not have this decision');
  if (records.size > 0) throw broken('the audit log does not have an enrolment');
  return found;
}

const detailsSchema = z.looseObject({ signed: z.string().optional(), record: z.string().optional() });

function parseRow(text: string): z.output<typeof rowSchema> | undefined {
  try {
    return rowSchema.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}

function broken(reason: string): FtsError {
  return new FtsError('corrupt', `The proof does not hold: ${reason}.`, {
    field: 'proof',
    remedy: 'Ask whoever sent it for the file as it was written.',
  });
}
