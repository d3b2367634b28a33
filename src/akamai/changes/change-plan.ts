import { z } from 'zod';
import { signatureSchema } from '../../approval/credential.ts';
import { networkSchema } from '../network.ts';
import { plannedCallSchema } from './planned-call.ts';

/**
 * proposed → approved → checking → sending → applied
 *
 * `denied`, `expired`, `stale` (the state moved), `failed` (nothing changed) and `unclear` (a person has to look) end a
 * plan too. `checking` has sent nothing yet; whatever is found in `sending` after a crash has to be read back.
 */
export const planStates = [
  'proposed',
  'approved',
  'checking',
  'sending',
  'applied',
  'denied',
  'expired',
  'stale',
  'failed',
  'unclear',
] as const;
export type PlanState = (typeof planStates)[number];

const differenceSchema = z.object({
  op: z.enum(['add', 'remove', 'replace']),
  path: z.string(),
  place: z.string(),
  before: z.unknown().optional(),
  after: z.unknown().optional(),
});

const descriptionSchema = z.object({
  title: z.string(),
  network: networkSchema.optional(),
  affects: z.array(z.string()),
  blastRadius: z.string(),
  differences: z.array(differenceSchema),
  wayBack: z.string(),
  warnings: z.array(z.string()),
  gate: z
    .object({ name: z.literal('same-version-active-on-staging'), met: z.boolean(), explanation: z.string() })
    .optional(),
});

const observationSchema = z.object({ state: z.unknown(), context: z.record(z.string(), z.unknown()).optional() });

/** What vouches for a body once the body itself may have to be forgotten. */
const bodyProofSchema = z.object({
  /** SHA-256 of the salt and the body's canonical JSON. */
  sha256: z.string(),
  /** The body holds a password or the like: it is forgotten, with the salt, when the plan has ended. */
  secret: z.boolean(),
  salt: z.string().optional(),
});
export type BodyProof = z.output<typeof bodyProofSchema>;

/** The part of a plan that never changes after it was made; its digest is what is approved. */
export const planContentSchema = z.object({
  id: z.string(),
  kind: z.string(),
  call: plannedCallSchema,
  /** One for each call, null where it has no body. Missing in plans from before approvals were signed. */
  bodies: z.array(bodyProofSchema.nullable()).optional(),
  /** What every face shows of it, without secrets, as canonical JSON. */
  shown: z.string().optional(),
  observed: observationSchema,
  description: descriptionSchema,
  reason: z.string().optional(),
  requestedBy: z.string(),
  channel: z.string(),
  createdAt: z.string(),
  expiresAt: z.string(),
  /** `databaseIdentity` of the home that it was made in: an approval does not count in a copy. */
  home: z.string().optional(),
  /** The applied plan that this one undoes. */
  rollbackOf: z.string().optional(),
});
export type PlanContent = z.output<typeof planContentSchema>;

const decided = {
  decision: z.enum(['approve', 'deny']),
  /** Name of the person. */
  approver: z.string(),
  channel: z.string(),
  reason: z.string().optional(),
  overrideStaging: z.boolean(),
  at: z.string(),
  auditSequence: z.number().int(),
};

/** A decision with its proof: the signature of an enrolled approver over `approvalText`. */
const signedDecisionSchema = z.object({
  kind: z.literal('signed'),
  ...decided,
  approverId: z.string(),
  signature: signatureSchema,
});

/** Made in the form of a client that the operator trusts (`approval.client-forms`): nothing proves it. */
const clientFormSchema = z.object({ kind: z.literal('client-form'), ...decided });

/** From before approvals were signed; kept to be read, never applied. */
const unsignedSchema = z.object({ kind: z.literal('unsigned'), ...decided });

export const approvalSchema = z.discriminatedUnion('kind', [signedDecisionSchema, clientFormSchema, unsignedSchema]);
export type Approval = z.output<typeof approvalSchema>;
export type SignedDecision = z.output<typeof signedDecisionSchema>;

export const outcomeSchema = z.object({
  /** HTTP status of Akamai's answer; null when none came. */
  status: z.number().int().nullable(),
  body: z.unknown(),
  note: z.string(),
  at: z.string(),
  /** The state as read after the change, where it can be read. */
  after: observationSchema.optional(),
});
export type Outcome = z.output<typeof outcomeSchema>;

const changePlanSchema = z.object({
  ...planContentSchema.shape,
  digest: z.string(),
  state: z.enum(planStates),
  approval: approvalSchema.nullable(),
  denial: approvalSchema.nullable(),
  outcome: outcomeSchema.nullable(),
  updatedAt: z.string(),
});
export type ChangePlan = z.output<typeof changePlanSchema>;
