import { z } from 'zod';
import { explainError } from '../../akamai/diagnostics/explain-error.ts';
import { akamaiOf } from '../../workflows/akamai/akamai-services.ts';
import { asFields, asOf } from '../inputs/akamai.ts';
import { defineOperation } from '../operation.ts';

export const akamaiExplain = defineOperation({
  name: 'akamai.explain',
  title: 'Explain an edge error',
  description:
    'Explains an edge error code (ERR_DNS_FAIL) or a reference number copied from an error page (Reference #11.6f64d440.1318965461.2f2b078): what it means, which side it is on, what to check, and what Akamai’s logs say of that very request.',
  effect: 'read',
  scope: 'read',
  idempotent: true,
  openWorld: true,
  job: false,
  positionals: ['error'],
  example: 'fts akamai explain "Reference #11.6f64d440.1318965461.2f2b078"',
  input: z.object({
    error: z.string().min(1).max(4000).describe('Code, reference number, or the text of the error page'),
    askAkamai: z.boolean().default(true).describe('Search the logs for a reference number (up to 2 minutes)'),
    ...asFields,
  }),
  output: z.object({
    reference: z.string().nullable(),
    known: z
      .object({
        code: z.string(),
        reference: z.string().optional(),
        side: z.string(),
        meaning: z.string(),
        advice: z.string(),
      })
      .nullable(),
    translation: z.record(z.string(), z.unknown()).nullable(),
    suggestedActions: z.array(z.string()),
    note: z.string(),
  }),
  async run({ error, askAkamai, ...as }, context) {
    const caller = akamaiOf(context).reads(context.caller);
    return explainError(caller, error, { ...asOf(as), askAkamai, signal: context.signal });
  },
});
