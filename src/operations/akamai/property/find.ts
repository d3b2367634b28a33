import { z } from 'zod';
import { findProperties, indexedPropertySchema } from '../../../akamai/properties/property-index.ts';
import { akamaiOf } from '../../../workflows/akamai/akamai-services.ts';
import { asFields, asOf } from '../../inputs/akamai.ts';
import { defineOperation } from '../../operation.ts';

const hostnamesShown = 10;

export const akamaiPropertyFind = defineOperation({
  name: 'akamai.property.find',
  title: 'Find a property or hostname',
  description:
    'Finds properties by what somebody remembers of a name, hostname, URL or id, over all contracts and groups of the account. Returns ids, active versions and hostnames, best match first. Without a query it lists all. The index is read once and kept for 15 minutes; refresh reads it again.',
  effect: 'read',
  scope: 'read',
  idempotent: true,
  openWorld: true,
  job: false,
  positionals: ['query'],
  example: 'fts akamai property-find "media portal"',
  input: z.object({
    query: z.string().default('').describe('Name, hostname, URL or id; roughly is enough'),
    limit: z.number().int().min(1).max(500).default(10).describe('How many at the most'),
    refresh: z.boolean().default(false).describe('Read everything again'),
    ...asFields,
  }),
  output: z.object({
    properties: z.array(
      indexedPropertySchema.extend({
        score: z.number().nullable(),
        matched: z.string().nullable(),
        hostnameCount: z.number().int(),
      }),
    ),
    total: z.number().int(),
    groups: z.number().int(),
    builtAt: z.string(),
    skippedGroups: z.array(z.string()),
  }),
  async run({ query, limit, refresh, ...as }, context) {
    const akamai = akamaiOf(context);
    const index = await akamai.properties.get(akamai.reads(context.caller), asOf(as), context, refresh);
    const found =
      query.trim() === ''
        ? index.properties.slice(0, limit).map((property) => ({ ...property, score: null, matched: null }))
        : findProperties(index, query, limit);
    return {
      properties: found.map((property) => ({
        ...property,
        hostnames: property.hostnames.slice(0, hostnamesShown),
        hostnameCount: property.hostnames.length,
      })),
      total: index.properties.length,
      groups: index.groups,
      builtAt: index.builtAt,
      skippedGroups: index.skipped,
    };
  },
});
