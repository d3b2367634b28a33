import { z } from 'zod';
import { FtsError } from '../../errors/fts-error.ts';
import { parseWith } from '../../errors/parse-with.ts';
import type { ChangeRequest, Reader } from '../changes/change-kind.ts';
import { type RecordSet, recordSetSchema } from './record-change.ts';

const zonesSchema = z.looseObject({
  zones: z.array(
    z.looseObject({
      zone: z.string(),
      type: z.string(),
      activationState: z.string().nullish(),
      versionId: z.string().nullish(),
      lastModifiedDate: z.string().nullish(),
    }),
  ),
});
export type Zone = z.output<typeof zonesSchema>['zones'][number];

export async function listZones(reader: Reader, search?: string): Promise<Zone[]> {
  const query = { showAll: 'true', ...(search === undefined ? {} : { search }) };
  return parseWith(zonesSchema, (await reader.get('/config-dns/v2/zones', { query })).body, 'the zones').zones;
}

/** The zone that holds a name: the longest one that the name ends with. */
export async function zoneOf(reader: Reader, name: string): Promise<string> {
  const zones = await listZones(reader);
  const holding = zones.filter(({ zone }) => name === zone || name.endsWith(`.${zone}`));
  const [longest] = holding.sort((left, right) => right.zone.length - left.zone.length);
  if (longest !== undefined) return longest.zone;
  throw new FtsError('not-found', `No zone of this account holds ${name}.`, {
    field: 'name',
    value: name,
    remedy: 'Name the zone, or check the account.',
  });
}

const recordSetsSchema = z.looseObject({ recordsets: z.array(recordSetSchema) });

/** Record sets of a zone, of some types or with some text in them. */
export async function listRecords(
  reader: Reader,
  zone: string,
  filter: { types?: readonly string[] | undefined; search?: string | undefined },
): Promise<RecordSet[]> {
  const path = `/config-dns/v2/zones/${encodeURIComponent(zone)}/recordsets`;
  const query = {
    showAll: 'true',
    ...(filter.types === undefined || filter.types.length === 0 ? {} : { types: filter.types.join(',') }),
    ...(filter.search === undefined ? {} : { search: filter.search }),
  };
  const { recordsets } = parseWith(recordSetsSchema, (await reader.get(path, { query })).body, 'the record sets');
  const wanted = filter.search?.toLowerCase();
  return recordsets.filter(
    (record) =>
      (filter.types === undefined || filter.types.length === 0 || filter.types.includes(record.type)) &&
      (wanted === undefined || JSON.stringify(record).toLowerCase().includes(wanted)),
  );
}

/** Adds the record set, or changes it if there is one: which of the two is found out by reading. */
export async function setRecord(
  reader: Reader,
  zone: string,
  record: RecordSet,
  as: { account?: string | undefined; accountSwitchKey?: string | undefined },
): Promise<ChangeRequest> {
  const path = { zone, name: record.name, type: record.type };
  const url = `/config-dns/v2/zones/${encodeURIComponent(zone)}/names/${encodeURIComponent(record.name)}/types/${encodeURIComponent(record.type)}`;
  const exists = (await reader.get(url, { allow: [404] })).status !== 404;
  const operationId = `${exists ? 'put' : 'post'}-zones-zone-names-name-types-type`;
  return { api: 'config-dns-v2', operationId, path, body: record, ...as };
}

export function deleteRecord(
  zone: string,
  name: string,
  type: string,
  as: { account?: string | undefined; accountSwitchKey?: string | undefined },
): ChangeRequest {
  return { api: 'config-dns-v2', operationId: 'delete-zone-name-type', path: { zone, name, type }, ...as };
}
