import { z } from 'zod';
import { describeOperation } from '../../akamai/catalogue/describe-operation.ts';
import { akamaiOf } from '../../workflows/akamai/akamai-services.ts';
import { defineOperation } from '../operation.ts';

export const akamaiDescribe = defineOperation({
  name: 'akamai.describe',
  title: 'Describe an Akamai operation',
  description:
    'Shows one operation of the catalogue: its parameters, the shape of the body it takes and of the answer it gives, and its effect. Use it before akamai.read or a change plan with an operation that akamai.search found.',
  effect: 'read',
  scope: 'read',
  idempotent: true,
  openWorld: false,
  job: false,
  positionals: ['api', 'operation'],
  example: 'fts akamai describe ccu post-invalidate-url',
  input: z.object({
    api: z.string().min(1).describe('API (papi, papi-v1) or HTTP method'),
    operation: z.string().min(1).describe('Operation id, or with a method the full path'),
  }),
  output: z.object({
    api: z.string(),
    operationId: z.string(),
    method: z.string(),
    path: z.string(),
    effect: z.string(),
    summary: z.string(),
    parameters: z.array(z.object({ name: z.string(), in: z.string(), required: z.boolean(), type: z.string() })),
    body: z.object({ required: z.boolean(), contentTypes: z.array(z.string()), shape: z.string() }).optional(),
    answer: z.array(z.object({ status: z.string(), contentTypes: z.array(z.string()), shape: z.string() })),
    published: z.string().optional(),
  }),
  async run({ api, operation }, context) {
    const { catalogue } = akamaiOf(context);
    return describeOperation(catalogue, catalogue.find(api, operation));
  },
  manyLines: ['published', 'shape'],
  render({ method, path, effect, summary, api, operationId, parameters, body, answer, published }) {
    const lines = [`${method} ${path}`, `${api} ${operationId} (${effect})`, summary];
    if (published !== undefined) lines.push('', published);
    for (const { name, in: place, required, type } of parameters) {
      lines.push(`  ${place}.${name}${required ? '' : '?'}: ${type}`);
    }
    if (body)
      lines.push('', `Body (${body.contentTypes.join(', ')}${body.required ? ', required' : ''}): ${body.shape}`);
    for (const { status, shape } of answer) lines.push('', `Answer ${status}: ${shape}`);
    return lines.join('\n');
  },
});
