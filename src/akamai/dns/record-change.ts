import { z } from 'zod';
import { parseWith } from '../../errors/parse-with.ts';
import type { ChangeKind, ChangeRequest, Observation } from '../changes/change-kind.ts';
import { differences } from '../changes/difference.ts';
import { bodyOf, type PlannedCall } from '../changes/planned-call.ts';

export const recordSetSchema = z.object({
  name: z.string(),
  type: z.string(),
  ttl: z.number().int(),
  rdata: z.array(z.string()),
});
export type RecordSet = z.output<typeof recordSetSchema>;

const zoneSchema = z.looseObject({
  versionId: z.string().nullish(),
  activationState: z.string().nullish(),
  lastModifiedDate: z.string().nullish(),
});

interface RecordState {
  record: RecordSet | null;
}

/** Adding, changing or deleting one DNS record set. The zone's version is shown, before and after, but may move. */
export const dnsRecord: ChangeKind = {
  name: 'dns-record',
  operations: [
    'config-dns-v2 post-zones-zone-names-name-types-type',
    'config-dns-v2 put-zones-zone-names-name-types-type',
    'config-dns-v2 delete-zone-name-type',
  ],

  async observe(call, reader): Promise<Observation> {
    const [record, zone] = await Promise.all([
      reader.get(call.path, { allow: [404] }),
      reader.get(`/config-dns/v2/zones/${encodeURIComponent(call.pathValues.zone ?? '')}`),
    ]);
    const state: RecordState = {
      record: record.status === 404 ? null : parseWith(recordSetSchema, record.body, 'the record set'),
    };
    const { versionId, activationState, lastModifiedDate } = parseWith(zoneSchema, zone.body, 'the zone');
    return { state, context: { zone: { versionId, activationState, lastModifiedDate } } };
  },

  describe(call, seen) {
    const { record } = seen.state as RecordState;
    const { zone, name, type } = call.pathValues;
    const verb = call.method === 'DELETE' ? 'Delete' : call.method === 'POST' ? 'Add' : 'Change';
    const oldTtl = record === null ? '' : ` Resolvers keep the old answer up to ${record.ttl} s.`;
    const warnings: string[] = [];
    if (call.method === 'POST' && record !== null)
      warnings.push('The record set exists: Akamai will refuse to add it.');
    if (call.method !== 'POST' && record === null) warnings.push('There is no such record set: Akamai will refuse.');
    if (type === 'NS' || type === 'SOA') warnings.push(`${type} records decide whether the whole zone can be found.`);
    return {
      title: `${verb} DNS record ${name} ${type} in zone ${zone}`,
      network: 'PRODUCTION',
      affects: [`${name} ${type}`, `zone ${zone}`],
      blastRadius: `Everybody who resolves ${name}.${oldTtl}`,
      differences: differences(record ?? undefined, recordAfter(call)),
      wayBack:
        record === null ? 'Delete the record again.' : 'Write the old record set again (rollback makes that plan).',
      warnings,
    };
  },

  wasApplied(call, before, now) {
    const old = (before.state as RecordState).record ?? undefined;
    const record = (now.state as RecordState).record ?? undefined;
    if (differences(record, recordAfter(call)).length === 0) return 'yes';
    return differences(old, record).length === 0 ? 'no' : 'unknown';
  },

  async undo(call, before, _outcome, reader): Promise<ChangeRequest> {
    const old = (before.state as RecordState).record;
    const now = ((await this.observe(call, reader)).state as RecordState).record;
    const to = {
      api: 'config-dns-v2',
      path: call.pathValues,
      account: call.account,
      accountSwitchKey: call.accountSwitchKey,
    };
    if (old === null) return { ...to, operationId: 'delete-zone-name-type' };
    const verb = now === null ? 'post' : 'put';
    return { ...to, operationId: `${verb}-zones-zone-names-name-types-type`, body: old };
  },
};

function recordAfter(call: PlannedCall): RecordSet | undefined {
  return call.method === 'DELETE' ? undefined : parseWith(recordSetSchema, bodyOf(call), 'the record set');
}
