import { z } from 'zod';
import { certificateOverview } from '../../akamai/certificates/certificate-overview.ts';
import { akamaiOf } from '../../workflows/akamai/akamai-services.ts';
import { asFields, asOf } from '../inputs/akamai.ts';
import { defineOperation } from '../operation.ts';

export const akamaiCertificates = defineOperation({
  name: 'akamai.certificates',
  title: 'List certificates by expiry',
  description:
    'Lists the certificates on production with their end, soonest first, over all contracts. Narrow with withinDays or search.',
  effect: 'read',
  scope: 'read',
  idempotent: true,
  openWorld: true,
  job: false,
  example: 'fts akamai certificates --within-days 30',
  input: z.object({
    withinDays: z.number().int().min(0).optional().describe('Only those that end within so many days, or have ended'),
    search: z.string().optional().describe('Text in the common name or another name'),
    contractId: z.string().optional().describe('Only this contract'),
    limit: z.number().int().min(1).max(1000).default(100).describe('How many at the most'),
    ...asFields,
  }),
  output: z.object({
    certificates: z.array(
      z.object({
        enrollmentId: z.number().int(),
        contractId: z.string(),
        commonName: z.string(),
        sans: z.array(z.string()),
        expiresAt: z.string().nullable(),
        daysLeft: z.number().int().nullable(),
        authority: z.string().nullable(),
        autoRenewalStart: z.string().nullable(),
        pendingChanges: z.array(z.string()),
      }),
    ),
    notShown: z.number().int(),
  }),
  async run({ withinDays, search, contractId, limit, ...as }, context) {
    const reader = akamaiOf(context).reader(context, asOf(as));
    const rows = await certificateOverview(reader, { contractId, now: new Date() }, context);
    const wanted = search?.toLowerCase();
    const found = rows.filter(
      (row) =>
        (withinDays === undefined || (row.daysLeft !== null && row.daysLeft <= withinDays)) &&
        (wanted === undefined || [row.commonName, ...row.sans].some((name) => name.toLowerCase().includes(wanted))),
    );
    return { certificates: found.slice(0, limit), notShown: Math.max(0, found.length - limit) };
  },
});
