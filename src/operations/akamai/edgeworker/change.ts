import { z } from 'zod';
import type { ChangeRequest } from '../../../akamai/changes/change-kind.ts';
import { requireEdgeWorker } from '../../../akamai/edgeworkers/edgeworker-reads.ts';
import { networkSchema } from '../../../akamai/network.ts';
import { FtsError } from '../../../errors/fts-error.ts';
import { fileToReadSchema } from '../../../inputs/file-inputs.ts';
import { akamaiOf } from '../../../workflows/akamai/akamai-services.ts';
import { planViewSchema, renderPlan } from '../../../workflows/akamai/plan-view.ts';
import { propose } from '../../../workflows/akamai/propose.ts';
import { asOf, planFields, requireNetwork } from '../../inputs/akamai.ts';
import { defineOperation } from '../../operation.ts';

export const akamaiEdgeWorkerChange = defineOperation({
  name: 'akamai.edgeworker.change',
  title: 'Plan a change of an EdgeWorker',
  description:
    'Plans to upload a bundle as a new version, to activate a version on a network, or to roll back to the version active before. Performs nothing: a person approves the plan, then akamai.apply. Production wants the same version on staging first.',
  effect: 'write',
  scope: 'plan',
  idempotent: false,
  openWorld: true,
  job: false,
  positionals: ['action', 'edgeWorker'],
  example: 'fts akamai edgeworker-change activate 4242 --version 1.3 --network STAGING',
  input: z.object({
    action: z.enum(['upload', 'activate', 'roll-back']).describe('What is wanted'),
    edgeWorker: z.string().min(1).describe('Number or name'),
    bundle: fileToReadSchema.optional().describe('For upload: path of the .tgz'),
    version: z.string().optional().describe('For activate: the version'),
    network: networkSchema.optional().describe('For activate and roll-back: STAGING or PRODUCTION, in either case'),
    note: z.string().max(500).optional().describe('Akamai keeps it with the activation'),
    ...planFields,
  }),
  output: planViewSchema,
  async run({ action, edgeWorker, bundle, version, network, note, ...wish }, context) {
    const as = asOf(wish);
    const edgeWorkerId = await requireEdgeWorker(akamaiOf(context).reader(context, as), edgeWorker);
    const to = { api: 'edgeworkers-v1', path: { edgeWorkerId }, ...as };
    return propose(await request(), wish, context);

    async function request(): Promise<ChangeRequest> {
      if (action === 'upload') {
        const body = new Uint8Array(context.files.readBytes('bundle', required(bundle, 'bundle')));
        return { ...to, operationId: 'post-versions', headers: { 'content-type': 'application/gzip' }, body };
      }
      const where = { network: requireNetwork(network, action), ...(note === undefined ? {} : { note }) };
      if (action === 'roll-back')
        return { ...to, operationId: 'post-rollback-to-previous-active-version', body: where };
      return { ...to, operationId: 'post-activations', body: { ...where, version: required(version, 'version') } };
    }
  },
  render: renderPlan,
});

function required<Value>(value: Value | undefined, field: string): Value {
  if (value !== undefined) return value;
  throw new FtsError('invalid-input', `This needs ${field}.`, { field, remedy: `Give ${field}.` });
}
