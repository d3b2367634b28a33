import { z } from 'zod';
import { explainUrl } from '../../akamai/diagnostics/explain-url.ts';
import { networkOrProduction, networkSchema } from '../../akamai/network.ts';
import { akamaiOf } from '../../workflows/akamai/akamai-services.ts';
import { asFields, asOf } from '../inputs/akamai.ts';
import { defineOperation } from '../operation.ts';

const text = z.string().nullable();

export const akamaiUrl = defineOperation({
  name: 'akamai.url',
  title: 'Explain why a URL behaves as it does',
  description:
    'Finds the property that serves a URL, the rules that it runs into and which rule decides each behavior, and asks an edge server for status, cache status, cache key, time to live and CP code.',
  effect: 'read',
  scope: 'read',
  idempotent: true,
  openWorld: true,
  job: false,
  positionals: ['url'],
  example: 'fts akamai url https://www.example.com/app.js',
  input: z.object({
    url: z.string().min(1).describe('The URL'),
    network: networkOrProduction.describe('Whose active version: STAGING or PRODUCTION, in either case'),
    askEdge: z.boolean().default(true).describe('Fetch it through an edge server with debug headers'),
    ...asFields,
  }),
  output: z.object({
    url: z.string(),
    property: z
      .object({ propertyId: z.string(), propertyName: z.string(), version: z.number().int(), network: networkSchema })
      .nullable(),
    rules: z.array(
      z.object({
        rule: z.string(),
        pointer: z.string(),
        verdict: z.enum(['yes', 'depends']),
        dependsOn: z.array(z.string()),
        behaviors: z.array(z.string()),
      }),
    ),
    decidedBy: z.record(z.string(), z.string()).describe('Behavior to the rule with the last word on it'),
    edge: z
      .object({
        status: z.number().int().nullable(),
        cacheStatus: text,
        cacheMeaning: text,
        cacheKey: text,
        cacheable: z.boolean().nullable(),
        ttl: text,
        cpCode: text,
        originStatus: text,
        age: text,
        cacheControl: text,
        edgeServer: text,
        edgeWorkers: z.array(z.string()),
      })
      .nullable(),
    translated: z.record(z.string(), z.unknown()).nullable(),
    notes: z.array(z.string()),
  }),
  async run({ url, network, askEdge, ...given }, context) {
    const akamai = akamaiOf(context);
    const as = asOf(given);
    const caller = akamai.reads(context.caller);
    const index = await akamai.properties.get(caller, as, context);
    return explainUrl(caller, index, url, { ...as, network, askEdge, signal: context.signal });
  },
});
