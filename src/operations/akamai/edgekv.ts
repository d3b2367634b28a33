import { z } from 'zod';
import { readEdgeKv } from '../../akamai/edgekv/edgekv-reads.ts';
import { networkOrProduction } from '../../akamai/network.ts';
import { akamaiOf } from '../../workflows/akamai/akamai-services.ts';
import { asFields, asOf } from '../inputs/akamai.ts';
import { defineOperation } from '../operation.ts';

export const akamaiEdgeKv = defineOperation({
  name: 'akamai.edgekv',
  title: 'Read EdgeKV',
  description:
    'Lists the namespaces of a network, the groups of a namespace, the items of a group, or reads one item: as far as you name the place.',
  effect: 'read',
  scope: 'read',
  idempotent: true,
  openWorld: true,
  job: false,
  positionals: ['namespace', 'group', 'item'],
  example: 'fts akamai edgekv shop prices sku-42 --network staging',
  input: z.object({
    namespace: z.string().optional().describe('Namespace'),
    group: z.string().optional().describe('Group'),
    item: z.string().optional().describe('Item'),
    network: networkOrProduction.describe('STAGING or PRODUCTION, in either case'),
    limit: z.number().int().min(1).max(1000).default(100).describe('How many items at the most'),
    ...asFields,
  }),
  output: z.object({
    level: z.enum(['namespaces', 'groups', 'items', 'item']),
    names: z.array(z.string()).optional(),
    value: z.unknown().optional(),
  }),
  run: async ({ namespace, group, item, network, limit, ...as }, context) =>
    readEdgeKv(akamaiOf(context).reader(context, asOf(as)), { network, namespace, group, item }, limit),
});
