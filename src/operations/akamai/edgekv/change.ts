import { z } from 'zod';
import { networkInPath, networkSchema } from '../../../akamai/network.ts';
import { FtsError } from '../../../errors/fts-error.ts';
import { planViewSchema, renderPlan } from '../../../workflows/akamai/plan-view.ts';
import { propose } from '../../../workflows/akamai/propose.ts';
import { asOf, planFields } from '../../inputs/akamai.ts';
import { defineOperation } from '../../operation.ts';

export const akamaiEdgeKvChange = defineOperation({
  name: 'akamai.edgekv.change',
  title: 'Plan a change of an EdgeKV item',
  description:
    'Plans to write or delete one EdgeKV item; the plan shows the old and the new value. Performs nothing: a person approves it, then akamai.apply.',
  effect: 'write',
  scope: 'plan',
  idempotent: false,
  openWorld: true,
  job: false,
  positionals: ['action', 'namespace', 'group', 'item'],
  example: 'fts akamai edgekv-change write shop prices sku-42 --value \'{"price": 12}\' --network staging',
  input: z.object({
    action: z.enum(['write', 'delete']).describe('Write or delete'),
    namespace: z.string().min(1).describe('Namespace'),
    group: z.string().min(1).describe('Group'),
    item: z.string().min(1).describe('Item'),
    value: z
      .union([z.string(), z.record(z.string(), z.unknown())])
      .optional()
      .describe('Text, or a JSON object'),
    network: networkSchema.describe('STAGING or PRODUCTION, in either case'),
    ...planFields,
  }),
  output: planViewSchema,
  async run({ action, namespace, group, item, value, network, ...wish }, context) {
    const to = {
      api: 'edgekv-v1',
      path: { network: networkInPath(network), namespaceId: namespace, groupId: group, itemId: item },
      ...asOf(wish),
    };
    if (action === 'delete') return propose({ ...to, operationId: 'delete-item' }, wish, context);
    if (value === undefined)
      throw new FtsError('invalid-input', 'Writing needs a value.', { field: 'value', remedy: 'Give value.' });
    const headers = { 'content-type': typeof value === 'string' ? 'text/plain' : 'application/json' };
    return propose({ ...to, operationId: 'put-item', headers, body: value }, wish, context);
  },
  render: renderPlan,
});
