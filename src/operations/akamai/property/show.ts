import { z } from 'zod';
import { requireProperty } from '../../../akamai/properties/property-index.ts';
import {
  readActivations,
  readHostnames,
  readProperty,
  readRules,
  readVersions,
  type VersionName,
  versionNumber,
} from '../../../akamai/properties/property-reads.ts';
import { filterOutline, outlineRules, ruleSchema } from '../../../akamai/properties/rule-outline.ts';
import { parseWith } from '../../../errors/parse-with.ts';
import { valueAtPointer } from '../../../text/json-pointer.ts';
import { akamaiOf } from '../../../workflows/akamai/akamai-services.ts';
import { asFields, asOf } from '../../inputs/akamai.ts';
import { defineOperation } from '../../operation.ts';

const lowerCase = (value: VersionName) => (typeof value === 'string' ? (value.toLowerCase() as VersionName) : value);

export const versionField = z
  .union([z.number().int().min(1), z.preprocess(lowerCase, z.enum(['latest', 'staging', 'production']))])
  .describe('Version number, or latest, staging, production');

const parts = ['summary', 'rules', 'hostnames', 'versions', 'activations', 'validation'] as const;

export const akamaiPropertyShow = defineOperation({
  name: 'akamai.property.show',
  title: 'Show a property',
  description:
    'Shows one part of a property: summary (versions on each network), rules (an outline with pointers for patches; narrow with words), hostnames, versions, activations, or validation (errors and warnings of a version). Name the property roughly.',
  effect: 'read',
  scope: 'read',
  idempotent: true,
  openWorld: true,
  job: false,
  positionals: ['property', 'part'],
  example: 'fts akamai property-show www.example.com rules --words caching',
  input: z.object({
    property: z.string().min(1).describe('Name, hostname or id'),
    part: z.enum(parts).default('summary').describe('What to show'),
    version: versionField.default('latest'),
    words: z.string().optional().describe('Of rules: only those in which every word occurs'),
    pointer: z.string().optional().describe('Of rules: the full JSON at this pointer, such as /rules/children/2'),
    limit: z.number().int().min(1).max(1000).default(100).describe('How many entries at the most'),
    ...asFields,
  }),
  output: z.object({
    propertyId: z.string(),
    propertyName: z.string(),
    version: z.number().int(),
    stagingVersion: z.number().int().nullable(),
    productionVersion: z.number().int().nullable(),
    latestVersion: z.number().int(),
    etag: z.string().optional(),
    entries: z.array(z.unknown()),
    notShown: z.number().int(),
  }),
  async run({ property: query, part, version: wanted, words, pointer, limit, ...given }, context) {
    const akamai = akamaiOf(context);
    const as = asOf(given);
    const index = await akamai.properties.get(akamai.reads(context.caller), as, context);
    const property = requireProperty(index, query);
    const reader = akamai.reader(context, as);
    const now = await readProperty(reader, property);
    const version = versionNumber(now, wanted);
    const { entries, etag } = await read();
    return {
      propertyId: property.propertyId,
      propertyName: property.propertyName,
      version,
      stagingVersion: now.stagingVersion ?? null,
      productionVersion: now.productionVersion ?? null,
      latestVersion: now.latestVersion,
      ...(etag === undefined ? {} : { etag }),
      entries: entries.slice(0, limit),
      notShown: Math.max(0, entries.length - limit),
    };

    async function read(): Promise<{ entries: unknown[]; etag?: string }> {
      switch (part) {
        case 'summary':
          return { entries: [] };
        case 'hostnames':
          return { entries: await readHostnames(reader, property, version) };
        case 'versions':
          return { entries: await readVersions(reader, property) };
        case 'activations':
          return { entries: await readActivations(reader, property) };
        case 'validation': {
          const tree = await readRules(reader, property, version, true);
          const labelled = (severity: string, list: object[] = []) => list.map((message) => ({ severity, ...message }));
          return {
            etag: tree.etag,
            entries: [...labelled('error', tree.errors), ...labelled('warning', tree.warnings)],
          };
        }
        case 'rules': {
          const tree = await readRules(reader, property, version);
          if (pointer !== undefined)
            return { etag: tree.etag, entries: [valueAtPointer({ rules: tree.rules }, pointer) ?? null] };
          const outline = outlineRules(parseWith(ruleSchema, tree.rules, 'the rule tree'));
          return { etag: tree.etag, entries: words === undefined ? outline : filterOutline(outline, words) };
        }
      }
    }
  },
});
