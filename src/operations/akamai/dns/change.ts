import { z } from 'zod';
import { deleteRecord, setRecord, zoneOf } from '../../../akamai/dns/dns-reads.ts';
import { FtsError } from '../../../errors/fts-error.ts';
import { akamaiOf } from '../../../workflows/akamai/akamai-services.ts';
import { planViewSchema, renderPlan } from '../../../workflows/akamai/plan-view.ts';
import { propose } from '../../../workflows/akamai/propose.ts';
import { asOf, planFields } from '../../inputs/akamai.ts';
import { defineOperation } from '../../operation.ts';

export const akamaiDnsChange = defineOperation({
  name: 'akamai.dns.change',
  title: 'Plan a change of a DNS record',
  description:
    'Plans to set (add, or change if it exists) or delete one DNS record set; the plan shows it before and after. The zone is found by the name. Performs nothing: a person approves it, then akamai.apply.',
  effect: 'write',
  scope: 'plan',
  idempotent: false,
  openWorld: true,
  job: false,
  positionals: ['action', 'name', 'type', 'data'],
  example: 'fts akamai dns-change set www.example.com A 192.0.2.10 --ttl 300',
  input: z.object({
    action: z.enum(['set', 'delete']).describe('Set or delete'),
    name: z.string().min(1).describe('Full name, such as www.example.com'),
    type: z
      .string()
      .regex(/^[A-Za-z0-9]+$/)
      .describe('Record type, such as A, AAAA, CNAME, TXT'),
    data: z.array(z.string().min(1)).optional().describe('For set: all values that the record set shall have'),
    ttl: z.number().int().min(30).max(2_147_483_647).default(300).describe('For set: time to live, in seconds'),
    zone: z.string().optional().describe('Where the name alone does not say it'),
    ...planFields,
  }),
  output: planViewSchema,
  async run({ action, name: given, type, data, ttl, zone: named, ...wish }, context) {
    const as = asOf(wish);
    const reader = akamaiOf(context).reader(context, as);
    const name = given.toLowerCase().replace(/\.$/, '');
    const zone = named ?? (await zoneOf(reader, name));
    const kind = type.toUpperCase();
    if (action === 'delete') return propose(deleteRecord(zone, name, kind, as), wish, context);
    if (data === undefined || data.length === 0) {
      throw new FtsError('invalid-input', 'A record needs data.', {
        field: 'data',
        remedy: 'Give one or more values.',
      });
    }
    return propose(await setRecord(reader, zone, { name, type: kind, ttl, rdata: data }, as), wish, context);
  },
  render: renderPlan,
});
