import { z } from 'zod';
import { networkSchema } from '../../akamai/network.ts';
import { purgeRequest, purgeTypes } from '../../akamai/purge/purge-request.ts';
import { planViewSchema, renderPlan } from '../../workflows/akamai/plan-view.ts';
import { propose } from '../../workflows/akamai/propose.ts';
import { asOf, planFields } from '../inputs/akamai.ts';
import { defineOperation } from '../operation.ts';

export const akamaiPurge = defineOperation({
  name: 'akamai.purge',
  title: 'Plan a cache purge',
  description:
    'Plans to purge content by URL, CP code or cache tag (told apart by themselves). Invalidates by default, which refetches only what changed; delete drops it. Performs nothing: a person approves the plan, then akamai.apply; it takes about 5 seconds.',
  effect: 'write',
  scope: 'plan',
  idempotent: false,
  openWorld: true,
  job: false,
  positionals: ['objects'],
  example: 'fts akamai purge https://www.example.com/logo.png --network production',
  input: z.object({
    objects: z.array(z.string().min(1)).min(1).max(5000).describe('URLs, CP codes or cache tags; one kind'),
    type: z.enum(purgeTypes).optional().describe('Only where the kind is not plain, such as a tag of digits'),
    action: z.enum(['invalidate', 'delete']).default('invalidate').describe('Invalidate, or delete'),
    network: networkSchema.describe('STAGING or PRODUCTION, in either case'),
    ...planFields,
  }),
  output: planViewSchema,
  run: async ({ objects, type, action, network, ...wish }, context) =>
    propose(purgeRequest(objects, { type, action, network }, asOf(wish)), wish, context),
  render: renderPlan,
});
