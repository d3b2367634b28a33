import { z } from 'zod';
import { listClusters, listInstances, listPlans } from '../../akamai/linode/linode-reads.ts';
import { akamaiOf } from '../../workflows/akamai/akamai-services.ts';
import { asFields, asOf } from '../inputs/akamai.ts';
import { defineOperation } from '../operation.ts';

export const akamaiCloud = defineOperation({
  name: 'akamai.cloud',
  title: 'List instances, plans and clusters of Akamai Cloud',
  description:
    'Lists instances, plans with prices in dollars, GPU plans with the regions where they can be had now, or Kubernetes (LKE) clusters with their node pools.',
  effect: 'read',
  scope: 'read',
  idempotent: true,
  openWorld: true,
  job: false,
  positionals: ['what'],
  example: 'fts akamai cloud gpu-plans --region us-ord',
  input: z.object({
    what: z.enum(['instances', 'plans', 'gpu-plans', 'clusters']).describe('What to list'),
    region: z.string().optional().describe('Prices and availability of this region; instances and clusters there'),
    search: z.string().optional().describe('Text in the label or id'),
    limit: z.number().int().min(1).max(1000).default(100).describe('How many at the most'),
    ...asFields,
  }),
  output: z.object({ rows: z.array(z.record(z.string(), z.unknown())), notShown: z.number().int() }),
  async run({ what, region, search, limit, ...as }, context) {
    const reader = akamaiOf(context).reader(context, { ...asOf(as) });
    const rows: Record<string, unknown>[] =
      what === 'instances'
        ? await listInstances(reader)
        : what === 'clusters'
          ? await listClusters(reader)
          : await listPlans(reader, { gpusOnly: what === 'gpu-plans', region });
    const wanted = search?.toLowerCase();
    const found = rows.filter(
      (row) =>
        (region === undefined || row.region === undefined || row.region === region) &&
        (wanted === undefined || `${row.id} ${row.label}`.toLowerCase().includes(wanted)),
    );
    return { rows: found.slice(0, limit), notShown: Math.max(0, found.length - limit) };
  },
});
