import { z } from 'zod';
import { networkSchema } from '../../../akamai/network.ts';
import { activation, editRules, fallBack, newVersion } from '../../../akamai/properties/property-changes.ts';
import { requireProperty } from '../../../akamai/properties/property-index.ts';
import { readProperty, versionNumber } from '../../../akamai/properties/property-reads.ts';
import { FtsError } from '../../../errors/fts-error.ts';
import { akamaiOf } from '../../../workflows/akamai/akamai-services.ts';
import { planViewSchema, renderPlan } from '../../../workflows/akamai/plan-view.ts';
import { propose } from '../../../workflows/akamai/propose.ts';
import { asOf, planFields, requireNetwork } from '../../inputs/akamai.ts';
import { defineOperation } from '../../operation.ts';
import { versionField } from './show.ts';

const actions = ['new-version', 'edit', 'activate', 'deactivate', 'fall-back'] as const;

export const akamaiPropertyChange = defineOperation({
  name: 'akamai.property.change',
  title: 'Plan a change of a property',
  description:
    'Plans one step of a property: new-version (copied from `version`), edit (a JSON Patch of an inactive version’s rules; pointers from akamai.property.show), activate or deactivate a version on a network, fall-back (the fastest way to the version active before). Performs nothing: a person approves the plan, then akamai.apply. Production wants the same version on staging first. Activation warnings are acknowledged one by one by their message ids.',
  effect: 'write',
  scope: 'plan',
  idempotent: false,
  openWorld: true,
  job: false,
  positionals: ['action', 'property'],
  example:
    'fts akamai property-change activate www.example.com --version 12 --network STAGING --note "longer cache" --notify ops@example.com',
  input: z.object({
    action: z.enum(actions).describe('The step'),
    property: z.string().min(1).describe('Name, hostname or id'),
    version: versionField.default('latest'),
    patch: z
      .array(z.looseObject({ op: z.enum(['add', 'remove', 'replace', 'move', 'copy', 'test']), path: z.string() }))
      .optional()
      .describe('For edit: JSON Patch, paths from /rules'),
    network: networkSchema
      .optional()
      .describe('For activate, deactivate, fall-back: STAGING or PRODUCTION, in either case'),
    note: z.string().max(500).default('').describe('Akamai keeps it with the activation'),
    notify: z.array(z.email()).default([]).describe('Akamai mails these addresses'),
    acknowledge: z.array(z.string()).default([]).describe('Message ids of warnings that are accepted, each by itself'),
    ...planFields,
  }),
  output: planViewSchema,
  async run({ action, property: query, version: wanted, patch, network, note, notify, acknowledge, ...wish }, context) {
    const akamai = akamaiOf(context);
    const as = asOf(wish);
    const index = await akamai.properties.get(akamai.reads(context.caller), as, context);
    const property = requireProperty(index, query);
    const reader = akamai.reader(context, as);
    const version = versionNumber(await readProperty(reader, property), wanted);
    return propose(await request(), wish, context);

    async function request() {
      if (action === 'new-version') return newVersion(reader, property, version, as);
      if (action === 'edit') return editRules(reader, property, version, required(patch, 'patch', action), as);
      const where = requireNetwork(network, action);
      if (action === 'fall-back') return fallBack(reader, property, where, { note, notifyEmails: notify }, as);
      const activationType = action === 'activate' ? ('ACTIVATE' as const) : ('DEACTIVATE' as const);
      const activated = {
        version,
        network: where,
        note,
        notifyEmails: notify,
        acknowledgeWarnings: acknowledge,
        activationType,
      };
      return activation(property, activated, as);
    }
  },
  render: renderPlan,
});

function required<Value>(value: Value | undefined, field: string, action: string): Value {
  if (value !== undefined) return value;
  throw new FtsError('invalid-input', `${action} needs ${field}.`, { field, remedy: `Give ${field}.` });
}
