import { z } from 'zod';
import { networkSchema } from '../../../akamai/network.ts';
import { requireProperty } from '../../../akamai/properties/property-index.ts';
import { readActivations } from '../../../akamai/properties/property-reads.ts';
import { watchActivation } from '../../../akamai/properties/watch-activation.ts';
import { FtsError } from '../../../errors/fts-error.ts';
import { akamaiOf } from '../../../workflows/akamai/akamai-services.ts';
import { asFields, asOf } from '../../inputs/akamai.ts';
import { defineOperation } from '../../operation.ts';

export const akamaiPropertyWatch = defineOperation({
  name: 'akamai.property.watch',
  title: 'Wait for an activation',
  description:
    'Follows the newest activation of a property on a network until it is active, failed or cancelled. A job: follow it with jobs.show.',
  effect: 'read',
  scope: 'read',
  idempotent: true,
  openWorld: true,
  job: true,
  positionals: ['property', 'network'],
  example: 'fts akamai property-watch www.example.com STAGING',
  input: z.object({
    property: z.string().min(1).describe('Name, hostname or id'),
    network: networkSchema.describe('STAGING or PRODUCTION, in either case'),
    activationId: z.string().optional().describe('Another activation than the newest'),
    ...asFields,
  }),
  output: z.object({
    activationId: z.string(),
    network: networkSchema,
    version: z.number().int().nullable(),
    status: z.string(),
  }),
  async run({ property: query, network, activationId, ...given }, context) {
    const akamai = akamaiOf(context);
    const as = asOf(given);
    const property = requireProperty(await akamai.properties.get(akamai.reads(context.caller), as, context), query);
    const reader = akamai.reader(context, as);
    const id =
      activationId ?? (await readActivations(reader, property)).find((item) => item.network === network)?.activationId;
    if (id === undefined)
      throw new FtsError('not-found', `Nothing was activated on ${network}.`, { field: 'network', value: network });
    const done = await watchActivation(reader, property, id, context);
    return { activationId: id, network, version: done.propertyVersion ?? null, status: done.status };
  },
});
