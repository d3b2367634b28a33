import { z } from 'zod';
import { digestOf } from '../../store/canonical-json.ts';
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
  network: z.enum(['STAGING', 'PRODUCTION']).optional(),
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

/** The part of a plan that never changes after it was made; its digest is what is approved. */
export const planContentSchema = z.object({
  id: z.string(),
  kind: z.string(),
  call: plannedCallSchema,
  observed: observationSchema,
  description: descriptionSchema,
  reason: z.string().optional(),
  requestedBy: z.string(),
  channel: z.string(),
  createdAt: z.string(),
  expiresAt: z.string(),
  /** The applied plan that this one undoes. */
  rollbackOf: z.string().optional(),
});
export type PlanContent = z.output<typeof planContentSchema>;

const approvalChannels = ['terminal', 'console', 'elicitation'] as const;

export const approvalSchema = z.object({
  digest: z.string(),
  approver: z.string(),
  channel: z.enum(approvalChannels),
  reason: z.string().optional(),
  overrideStaging: z.boolean(),
  at: z.string(),
  /** The audit row of the approval: applying checks that the chain still holds it. */
  auditSequence: z.number().int(),
});
export type Approval = z.output<typeof approvalSchema>;

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
  outcome: outcomeSchema.nullable(),
  updatedAt: z.string(),
});
export type ChangePlan = z.output<typeof changePlanSchema>;

/** SHA-256 over everything that an approval is about: the call, the host, the observed state, the expiry. */
export function planDigest(content: PlanContent): string {
  return digestOf(content);
}
