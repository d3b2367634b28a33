import { z } from 'zod';
import { akamaiOf } from '../../workflows/akamai/akamai-services.ts';
import { operatorProposals } from '../../workflows/proposals/operator-proposals.ts';
import { defineOperation } from '../operation.ts';

export const akamaiSearch = defineOperation({
  name: 'akamai.search',
  title: 'Find an Akamai operation',
  description:
    'Finds the operations of Akamai’s APIs and of Akamai Cloud (Linode) that do what plain words ask for, best first. Use it before reading or planning when you do not know the operation; then see akamai.describe for its parameters. Narrow with api, effect or method.',
  effect: 'read',
  scope: 'read',
  idempotent: true,
  openWorld: false,
  job: false,
  positionals: ['text'],
  example: 'fts akamai search "which config serves www.example.com" --limit 5',
  input: z.object({
    text: z.string().min(1).max(500).describe('What you want to do, in plain words'),
    limit: z.number().int().min(1).max(50).default(5).describe('How many operations to return'),
    api: z.string().optional().describe('Only this API, such as papi, ccu, config-dns or linode'),
    effect: z.enum(['read', 'write', 'destructive']).optional().describe('Only operations with this effect'),
    method: z.enum(['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'HEAD']).optional().describe('Only this HTTP method'),
  }),
  output: z.object({
    results: z.array(
      z.object({
        api: z.string(),
        method: z.string(),
        path: z.string().describe('Full path with its base'),
        operationId: z.string(),
        effect: z.enum(['read', 'write', 'destructive']),
        summary: z.string(),
        score: z.number().describe('Comparable within this answer only'),
      }),
    ),
  }),
  toJson: ({ results }) => results,
  async run({ text, ...options }, context) {
    const proposals = await operatorProposals(text, context, context.signal);
    return { results: akamaiOf(context).search.search(text, { ...options, proposals }) };
  },
});
