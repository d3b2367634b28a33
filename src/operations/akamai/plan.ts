import { z } from 'zod';
import { akamaiOf } from '../../workflows/akamai/akamai-services.ts';
import { planViewSchema, renderPlan } from '../../workflows/akamai/plan-view.ts';
import { propose } from '../../workflows/akamai/propose.ts';
import { asOf, planFields } from '../inputs/akamai.ts';
import { defineOperation } from '../operation.ts';

const values = z.record(z.string(), z.unknown()).optional();

export const akamaiPlan = defineOperation({
  name: 'akamai.plan',
  title: 'Plan any change on Akamai',
  description:
    'Proposes one writing call of the catalogue (find it with akamai.search). Performs nothing: it checks the call, reads the present state, and stores what would change, how far it reaches and the way back. A person approves the plan; akamai.apply then carries it out. For purges, DNS, properties, EdgeWorkers and EdgeKV use their own operations, which fill the call in.',
  effect: 'write',
  scope: 'plan',
  idempotent: false,
  openWorld: true,
  job: false,
  positionals: ['api', 'operation'],
  example:
    'fts akamai plan config-dns delete-zone-name-type --path \'{"zone":"example.com","name":"old.example.com","type":"A"}\'',
  input: z.object({
    api: z.string().min(1).describe('API (papi, papi-v1) or HTTP method'),
    operation: z.string().min(1).describe('Operation id, or with a method the full path, filled in or not'),
    path: values.describe('Path parameters by name'),
    query: values.describe('Query parameters by name'),
    headers: z.record(z.string(), z.string()).optional().describe('Further headers, such as If-Match'),
    body: z.unknown().optional().describe('JSON body'),
    ...planFields,
  }),
  output: planViewSchema,
  async run({ api, operation: name, path, query, headers, body, ...wish }, context) {
    const { catalogue } = akamaiOf(context);
    const operation = catalogue.find(api, name);
    const filled = catalogue.match(api, name)?.pathValues ?? {};
    const request = {
      api: operation.api,
      operationId: operation.operationId,
      path: { ...filled, ...path },
      ...(query === undefined ? {} : { query }),
      ...(headers === undefined ? {} : { headers }),
      ...(body === undefined ? {} : { body }),
      ...asOf(wish),
    };
    return propose(request, wish, context);
  },
  render: renderPlan,
});
