import { ok, problem, type Route, type SimulatedAnswer, type SimulatedRequest } from './route.ts';

interface SimulatedRecordSet {
  name: string;
  type: string;
  ttl: number;
  rdata: string[];
}

export interface DnsState {
  zones: { zone: string; contractId: string; version: number; records: SimulatedRecordSet[] }[];
}

export function emptyDns(): DnsState {
  return { zones: [] };
}

/** A stateful Edge DNS: zones and record sets. */
export function edgeDnsRoutes(state: DnsState): Route[] {
  type Zone = DnsState['zones'][number];
  const withZone = ([name]: readonly string[], handle: (zone: Zone) => SimulatedAnswer): SimulatedAnswer => {
    const zone = state.zones.find((candidate) => candidate.zone === name);
    return zone === undefined ? problem(404, 'No such zone') : handle(zone);
  };
  const same = (record: SimulatedRecordSet, name: string | undefined, type: string | undefined) =>
    record.name === name && record.type === type;
  const write = (zone: Zone, request: SimulatedRequest, ids: readonly string[]): SimulatedAnswer => {
    const record = request.json() as SimulatedRecordSet;
    if (record.name !== ids[1] || record.type !== ids[2])
      return problem(400, 'name and type must be those of the path');
    const index = zone.records.findIndex((existing) => same(existing, ids[1], ids[2]));
    if (request.method === 'POST' && index >= 0) return problem(409, 'The record set exists');
    if (request.method === 'PUT' && index < 0) return problem(404, 'No such record set');
    if (index < 0) zone.records.push(record);
    else zone.records[index] = record;
    zone.version++;
    return { status: request.method === 'POST' ? 201 : 200, body: record };
  };
  const base = '/config-dns/v2';
  const one = `${base}/zones/{zone}/names/{name}/types/{type}`;
  return [
    {
      method: 'GET',
      path: `${base}/zones`,
      handle: () => ok({ metadata: { totalElements: state.zones.length }, zones: state.zones.map(zoneItem) }),
    },
    {
      method: 'GET',
      path: `${base}/zones/{zone}`,
      handle: (_request, ids) => withZone(ids, (zone) => ok(zoneItem(zone))),
    },
    {
      method: 'GET',
      path: `${base}/zones/{zone}/recordsets`,
      handle: ({ query }, ids) =>
        withZone(ids, (zone) => {
          const pageSize = query.get('showAll') === 'true' ? zone.records.length : Number(query.get('pageSize') ?? 25);
          const page = Number(query.get('page') ?? 1);
          const recordsets = zone.records.slice((page - 1) * pageSize, page * pageSize);
          const metadata = { zone: zone.zone, page, pageSize, totalElements: zone.records.length, types: [] };
          return ok({ metadata, recordsets });
        }),
    },
    {
      method: 'GET',
      path: one,
      handle: (_request, ids) =>
        withZone(ids, (zone) => {
          const record = zone.records.find((existing) => same(existing, ids[1], ids[2]));
          return record === undefined ? problem(404, 'No such record set') : ok(record);
        }),
    },
    { method: 'POST', path: one, handle: (request, ids) => withZone(ids, (zone) => write(zone, request, ids)) },
    { method: 'PUT', path: one, handle: (request, ids) => withZone(ids, (zone) => write(zone, request, ids)) },
    {
      method: 'DELETE',
      path: one,
      handle: (_request, ids) =>
        withZone(ids, (zone) => {
          const index = zone.records.findIndex((existing) => same(existing, ids[1], ids[2]));
          if (index < 0) return problem(404, 'No such record set');
          zone.records.splice(index, 1);
          zone.version++;
          return { status: 204 };
        }),
    },
  ];
}

function zoneItem(zone: DnsState['zones'][number]) {
  return {
    zone: zone.zone,
    contractId: zone.contractId,
    type: 'PRIMARY',
    activationState: 'ACTIVE',
    versionId: `00000000-0000-4000-8000-${String(zone.version).padStart(12, '0')}`,
    lastModifiedBy: 'simulator',
    lastModifiedDate: '2026-01-01T00:00:00Z',
  };
}
