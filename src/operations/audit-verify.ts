import { z } from 'zod';
import { akamaiOf } from './akamai-services.ts';
import { defineOperation } from './operation.ts';

export const auditVerify = defineOperation({
  name: 'audit.verify',
  title: 'Verify the audit log',
  description:
    'Recomputes the hash chain of the audit log, compares it with the heads kept outside the database, and names the first row that does not fit. Says what this proves and what it cannot. Keep the head that it returns elsewhere: given back later, it also shows that the log was not cut off or written anew up to there.',
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
  }),
  run: async ({ head }, context) => akamaiOf(context).audit.verify({ head }),
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
