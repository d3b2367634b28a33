import { z } from 'zod';
import { proofOf, proofSchema } from '../../../akamai/changes/approval-proof.ts';
import { fileToWriteSchema, overwriteField } from '../../../inputs/file-inputs.ts';
import { akamaiOf } from '../../../workflows/akamai/akamai-services.ts';
import { defineOperation } from '../../operation.ts';

export const akamaiPlansProof = defineOperation({
  name: 'akamai.plans.proof',
  title: 'Prove who decided about a change plan',
  description:
    'Gives the proof of a plan’s decision: what was shown and sent, the signature, the enrolment of its approver, the rows of the audit log. Anyone verifies it offline with `audit.verify` or with docs/verify-proof.mjs. It holds no secret of the call.',
  effect: 'read',
  scope: 'read',
  idempotent: true,
  openWorld: false,
  job: false,
  positionals: ['planId'],
  example: 'fts akamai plans-proof plan-mb3k2x-1f2e3d4c --out proof.json',
  input: z.object({
    planId: z.string().min(1).describe('Id of the plan'),
    out: fileToWriteSchema.optional().describe('File to write it to'),
    overwrite: overwriteField,
  }),
  output: z.object({ proof: proofSchema, file: z.string().optional() }),
  async run({ planId, out, overwrite }, context) {
    const { plans, approvers, audit } = akamaiOf(context);
    const plan = plans.get(planId);
    plans.requireIntact(planId);
    const proof = proofOf(plan, approvers, audit);
    if (out === undefined) return { proof };
    const written = await context.files.write({ field: 'out', given: out, overwrite }, async (handle) => {
      await handle.write(`${JSON.stringify(proof, null, 2)}\n`);
    });
    return { proof, file: written.place };
  },
  toJson: ({ proof }) => proof,
  render: ({ proof, file }) =>
    file === undefined
      ? JSON.stringify(proof, null, 2)
      : `${file}\nVerify it anywhere: fts audit verify --proof ${file}, or node verify-proof.mjs ${file}`,
});
