import { z } from 'zod';
import { listRecords, listZones } from '../../akamai/dns/dns-reads.ts';
import { recordSetSchema } from '../../akamai/dns/record-change.ts';
import { akamaiOf } from '../../workflows/akamai/akamai-services.ts';
import { asFields, asOf } from '../inputs/akamai.ts';
import { defineOperation } from '../operation.ts';

export const akamaiDns = defineOperation({
  name: 'akamai.dns',
  title: 'Read DNS zones and records',
  description:
    'Without a zone lists the zones; with one its record sets, of some types or with some text in name or data.',
  effect: 'read',
  scope: 'read',
  idempotent: true,
  openWorld: true,
  job: false,
  positionals: ['zone'],
  example: 'fts akamai dns example.com --types A CNAME --search www',
  input: z.object({
    zone: z.string().optional().describe('Zone, such as example.com'),
    types: z.array(z.string()).optional().describe('Record types, such as A CNAME TXT'),
    search: z.string().optional().describe('Text in the name of a zone, or in a record'),
    limit: z.number().int().min(1).max(2000).default(100).describe('How many at the most'),
    ...asFields,
  }),
  output: z.object({
    zones: z
      .array(
        z.object({
          zone: z.string(),
          type: z.string(),
          state: z.string().nullable(),
          changedAt: z.string().nullable(),
        }),
      )
      .optional(),
    records: z.array(recordSetSchema).optional(),
    notShown: z.number().int(),
  }),
  async run({ zone, types, search, limit, ...as }, context) {
    const reader = akamaiOf(context).reader(context, asOf(as));
    if (zone === undefined) {
      const zones = (await listZones(reader, search)).map((one) => ({
        zone: one.zone,
        type: one.type,
        state: one.activationState ?? null,
        changedAt: one.lastModifiedDate ?? null,
      }));
      return { zones: zones.slice(0, limit), notShown: Math.max(0, zones.length - limit) };
    }
    const records = await listRecords(reader, zone, { types: types?.map((type) => type.toUpperCase()), search });
    return { records: records.slice(0, limit), notShown: Math.max(0, records.length - limit) };
  },
});
