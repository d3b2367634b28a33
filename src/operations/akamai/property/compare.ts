import { z } from 'zod';
import { requireProperty } from '../../../akamai/properties/property-index.ts';
import { compareVersions, readProperty, versionNumber } from '../../../akamai/properties/property-reads.ts';
import { akamaiOf } from '../../../workflows/akamai/akamai-services.ts';
import { asFields, asOf } from '../../inputs/akamai.ts';
import { defineOperation } from '../../operation.ts';
import { versionField } from './show.ts';

const differenceSchema = z.object({
  op: z.enum(['add', 'remove', 'replace']),
  path: z.string(),
  place: z.string(),
  before: z.unknown().optional(),
  after: z.unknown().optional(),
});

export const akamaiPropertyCompare = defineOperation({
  name: 'akamai.property.compare',
  title: 'Compare two versions of rules',
  description:
    'Compares rules and hostnames of two versions, of one property or of two. Rules and behaviors are matched by name, so that a moved rule does not look like a rewrite. Returns each difference with its place in words and its JSON pointer.',
  effect: 'read',
  scope: 'read',
  idempotent: true,
  openWorld: true,
  job: false,
  positionals: ['property', 'left', 'right'],
  example: 'fts akamai property-compare www.example.com production latest',
  input: z.object({
    property: z.string().min(1).describe('Name, hostname or id'),
    left: versionField.default('production'),
    right: versionField.default('latest'),
    otherProperty: z.string().optional().describe('Take the right side from this property'),
    limit: z.number().int().min(1).max(1000).default(100).describe('How many differences at the most'),
    ...asFields,
  }),
  output: z.object({
    left: z.string(),
    right: z.string(),
    rules: z.array(differenceSchema),
    hostnames: z.array(differenceSchema),
    notShown: z.number().int(),
  }),
  async run({ property, left, right, otherProperty, limit, ...given }, context) {
    const akamai = akamaiOf(context);
    const as = asOf(given);
    const index = await akamai.properties.get(akamai.reads(context.caller), as, context);
    const reader = akamai.reader(context, as);
    const side = async (name: string, version: typeof left) => {
      const reference = requireProperty(index, name);
      return { ...reference, version: versionNumber(await readProperty(reader, reference), version) };
    };
    const [from, to] = await Promise.all([side(property, left), side(otherProperty ?? property, right)]);
    const { rules, hostnames } = await compareVersions(reader, from, to);
    return {
      left: `${from.propertyName} version ${from.version}`,
      right: `${to.propertyName} version ${to.version}`,
      rules: rules.slice(0, limit),
      hostnames: hostnames.slice(0, limit),
      notShown: Math.max(0, rules.length - limit) + Math.max(0, hostnames.length - limit),
    };
  },
});
