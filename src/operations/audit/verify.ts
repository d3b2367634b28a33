import { z } from 'zod';
import { proofSchema, verifyProof } from '../../akamai/changes/approval-proof.ts';
import { anchorStateSchema } from '../../audit/anchors/audit-anchors.ts';
import { parseJsonWith } from '../../errors/parse-with.ts';
import { type FileToRead, fileToReadSchema } from '../../inputs/file-inputs.ts';
import type { OperationContext } from '../../services/context.ts';
import { withApprovers } from '../../workflows/audit/approver-evidence.ts';
import { verifyWithEvidence } from '../../workflows/audit/audit-evidence.ts';
import { defineOperation } from '../operation.ts';

export const auditVerify = defineOperation({
  name: 'audit.verify',
  title: 'Verify the audit log',
  description:
    'Recomputes the hash chain of the audit log, compares it with the heads kept outside the database (beside it, and where audit.anchor keeps them), and names the first row that does not fit. Says what this proves and what it cannot. Keep the head that it returns elsewhere: given back later, it also shows that the log was not cut off or written anew up to there. With `proof` it verifies a file of `akamai.plans.proof` instead, which needs no database.',
  effect: 'read',
  scope: 'read',
  idempotent: true,
  openWorld: false,
  job: false,
  example: 'fts audit verify',
  input: z.object({
    head: z
      .string()
      .regex(/^[0-9a-f]{64}$/)
      .optional()
      .describe('Head of an earlier verification'),
    anchor: fileToReadSchema
      .optional()
      .describe('In a terminal: file with heads that were kept elsewhere, as audit.anchor or a collector wrote it'),
    proof: fileToReadSchema.optional().describe('File with the proof of an approval'),
  }),
  output: z.object({
    verdict: z
      .enum(['intact', 'unconfirmed', 'broken'])
      .describe('unconfirmed: the rows fit each other, but nothing outside the database says that they are all'),
    intact: z.boolean(),
    rows: z.number().int(),
    head: z.string(),
    brokenAt: z.number().int().optional(),
    reason: z.string().optional(),
    proves: z.array(z.string()),
    cannotProve: z.array(z.string()),
    anchors: z.array(anchorStateSchema),
  }),
  run: async ({ head, anchor, proof }, context) => {
    const path = anchor && context.files.read('anchor', anchor);
    const verdict =
      proof === undefined
        ? withApprovers(await verifyWithEvidence(context, { head, anchor: path }), context)
        : verdictOnProof(proof, context);
    return { ...verdict, anchors: context.anchors.states() };
  },
  passed: ({ intact }) => intact,
  render: ({ verdict, rows, head, brokenAt, reason, proves, cannotProve }) => {
    const lines = {
      intact: `intact: ${rows} rows, head ${head}`,
      unconfirmed: `NOT CONFIRMED: ${reason} (${rows} rows, head ${head})`,
      broken: `BROKEN${brokenAt === undefined ? '' : ` at row ${brokenAt}`}: ${reason} (${rows} rows fit)`,
    };
    return [
      lines[verdict],
      ...proves.map((sentence) => `  proved:     ${sentence}`),
      ...cannotProve.map((sentence) => `  not proved: ${sentence}`),
    ].join('\n');
  },
});

/** What the proof in a file shows, in the words of a verification: the row of its decision is the head to compare. */
function verdictOnProof(given: FileToRead, { files }: OperationContext) {
  const proof = parseJsonWith(proofSchema, files.readBytes('proof', given).toString('utf8'), 'the proof');
  const { plan, decision, approver, fingerprint, at, calls, auditRow } = verifyProof(proof);
  return {
    verdict: 'intact' as const,
    intact: true,
    rows: proof.audit.length,
    head: auditRow.hash,
    proves: [
      `${approver} signed to ${decision} plan ${plan} at ${at}, with the key ${fingerprint}.`,
      ...calls.map((call) => `The signature is over this call, with its body and all that was shown: ${call}`),
      `The decision is row ${auditRow.sequence} of an audit log, with the hash above.`,
    ],
    cannotProve: [
      'That the key is that of the person: compare its fingerprint with theirs.',
      'That the row is in the audit log that you trust: compare its number and hash with a head kept elsewhere.',
    ],
  };
}
