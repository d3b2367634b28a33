import { z } from 'zod';
import { akamaiOf } from './akamai-services.ts';
import { defineOperation } from './operation.ts';

export const auditVerify = defineOperation({
  name: 'audit.verify',
  title: 'Verify the audit log',
  description:
    'Recomputes the hash chain of the audit log and names the first row that does not fit. Keep the head that it returns elsewhere: given back later, it also shows that the end was not cut off.',
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
  }),
  output: z.object({
    intact: z.boolean(),
    rows: z.number().int(),
    head: z.string(),
    brokenAt: z.number().int().optional(),
    reason: z.string().optional(),
  }),
  run: async ({ head }, context) => akamaiOf(context).audit.verify(head),
  passed: ({ intact }) => intact,
  render: ({ intact, rows, head, brokenAt, reason }) =>
    intact ? `intact: ${rows} rows, head ${head}` : `BROKEN at row ${brokenAt}: ${reason} (${rows} rows before it fit)`,
});
