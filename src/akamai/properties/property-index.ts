import { z } from 'zod';
import { FtsError } from '../../errors/fts-error.ts';
import { parseWith } from '../../errors/parse-with.ts';
import { mapConcurrently } from '../../runtime/map-concurrently.ts';
import type { Work } from '../../runtime/progress.ts';
import { accountReader } from '../changes/akamai-reader.ts';
import type { Reader } from '../changes/change-kind.ts';
import type { AkamaiCaller } from '../client/akamai-request.ts';
import { fuzzyScore } from './fuzzy-match.ts';
import {
  accountHostnamesSchema,
  groupsSchema,
  type PropertyItem,
  papiHeaders,
  propertiesSchema,
  versionHostnamesSchema,
} from './papi-shapes.ts';

/** PAPI answers a handful of calls of one client at once; more of them only earns refusals. */
const callsAtOnce = 8;
const hostnamesPerPage = 999;

export const indexedPropertySchema = z.object({
  propertyId: z.string(),
  propertyName: z.string(),
  contractId: z.string(),
  groupId: z.string(),
  groupName: z.string(),
  latestVersion: z.number().int(),
  stagingVersion: z.number().int().nullable(),
  productionVersion: z.number().int().nullable(),
  hostnames: z.array(z.string()),
});
export type IndexedProperty = z.output<typeof indexedPropertySchema>;

export const propertyIndexSchema = z.object({
  account: z.string(),
  builtAt: z.string(),
  groups: z.number().int(),
  properties: z.array(indexedPropertySchema),
  /** Groups that the API client may not read. */
  skipped: z.array(z.string()),
});
export type PropertyIndex = z.output<typeof propertyIndexSchema>;

/** Reads every property and hostname of an account: one call per contract and group, and the account's hostname lists. */
export async function buildPropertyIndex(
  caller: AkamaiCaller,
  as: { account?: string | undefined; accountSwitchKey?: string | undefined },
  work: Work,
): Promise<PropertyIndex> {
  const reader = accountReader(caller, { ...as, signal: work.signal });
  const groups = parseWith(groupsSchema, (await get(reader, '/papi/v1/groups')).body, 'the groups').groups.items;
  const pairs = groups.flatMap((group) => group.contractIds.map((contractId) => ({ ...group, contractId })));
  const found = new Map<string, IndexedProperty>();
  const skipped: string[] = [];
  let done = 0;
  const hostnames = hostnamesByProperty(reader);
  hostnames.catch(() => {}); // awaited below; until then a failure must not count as unhandled
  await mapConcurrently(pairs, callsAtOnce, async ({ groupId, groupName, contractId }) => {
    const { status, body } = await get(reader, '/papi/v1/properties', { groupId, contractId }, [403, 404]);
    if (status >= 400) skipped.push(`${groupName} (${groupId}, ${contractId})`);
    else
      for (const item of parseWith(propertiesSchema, body, 'the properties').properties.items)
        found.set(item.propertyId, indexed(item, groupName));
    work.report({ stage: 'index properties', done: ++done, total: pairs.length, unit: 'requests' });
  });
  const properties = [...found.values()];
  const names = (await hostnames) ?? (await hostnamesOneByOne(reader, properties));
  for (const property of properties) property.hostnames = [...(names.get(property.propertyId) ?? [])].sort();
  return {
    account: as.account ?? 'default',
    builtAt: new Date().toISOString(),
    groups: groups.length,
    properties,
    skipped,
  };
}

export interface PropertyMatch extends IndexedProperty {
  score: number;
  /** The name or hostname that fitted best. */
  matched: string;
}

/** Properties whose name, hostname or id fits, best first. */
export function findProperties(index: PropertyIndex, query: string, limit: number): PropertyMatch[] {
  const id = /^(prp_)?(\d+)$/.exec(query.trim());
  if (id !== null) {
    const exact = index.properties.find((property) => property.propertyId === `prp_${id[2]}`);
    if (exact !== undefined) return [{ ...exact, score: 1, matched: exact.propertyId }];
  }
  const hostname = hostnameOf(query);
  return index.properties
    .map((property): PropertyMatch => {
      let best = { score: fuzzyScore(query, property.propertyName), matched: property.propertyName };
      for (const name of property.hostnames) {
        // A hostname is a little less than the property's own name; one that serves the host exactly is everything.
        const score = serves(name, hostname) ? 1 : fuzzyScore(query, name) * 0.98;
        if (score > best.score) best = { score, matched: name };
      }
      return { ...property, ...best };
    })
    .filter((match) => match.score >= 0.3)
    .sort((left, right) => right.score - left.score || left.propertyName.localeCompare(right.propertyName))
    .slice(0, limit);
}

/** The one property that is meant; several good ones are an error that names them. */
export function requireProperty(index: PropertyIndex, query: string): IndexedProperty {
  const matches = findProperties(index, query, 5);
  const [first, second] = matches;
  if (
    first !== undefined &&
    (first.score === 1 || second === undefined || first.score - second.score > 0.1) &&
    first.score > 0.6
  ) {
    return first;
  }
  const names = matches.map((match) => `${match.propertyName} (${match.propertyId})`);
  throw new FtsError(
    'not-found',
    names.length === 0 ? `No property or hostname like "${query}".` : `"${query}" could be several properties.`,
    {
      field: 'property',
      value: query,
      remedy: names.length === 0 ? 'Check the spelling and the account.' : `Name one of: ${names.join(', ')}.`,
    },
  );
}

function indexed(item: PropertyItem, groupName: string): IndexedProperty {
  const { propertyId, propertyName, contractId, groupId, latestVersion, stagingVersion, productionVersion } = item;
  return {
    propertyId,
    propertyName,
    contractId,
    groupId,
    groupName,
    latestVersion,
    stagingVersion: stagingVersion ?? null,
    productionVersion: productionVersion ?? null,
    hostnames: [],
  };
}

/** The account-wide lists, page by page; undefined where this client may not read them. */
async function hostnamesByProperty(reader: Reader): Promise<Map<string, Set<string>> | undefined> {
  const names = new Map<string, Set<string>>();
  for (const network of ['PRODUCTION', 'STAGING']) {
    for (let offset = 0; ; ) {
      const query = { network, offset, limit: hostnamesPerPage };
      const { status, body } = await get(reader, '/papi/v1/hostnames', query, [400, 403, 404]);
      if (status >= 400) return undefined;
      const { items, totalItems } = parseWith(accountHostnamesSchema, body, 'the hostnames').hostnames;
      for (const item of items) add(names, item.propertyId, item.cnameFrom);
      offset += items.length;
      if (items.length === 0 || offset >= (totalItems ?? 0)) break;
    }
  }
  return names;
}

async function hostnamesOneByOne(
  reader: Reader,
  properties: readonly IndexedProperty[],
): Promise<Map<string, Set<string>>> {
  const names = new Map<string, Set<string>>();
  await mapConcurrently(properties, callsAtOnce, async ({ propertyId, groupId, contractId, ...property }) => {
    const version = property.productionVersion ?? property.stagingVersion ?? property.latestVersion;
    const path = `/papi/v1/properties/${encodeURIComponent(propertyId)}/versions/${version}/hostnames`;
    const { status, body } = await get(reader, path, { groupId, contractId }, [403, 404]);
    if (status >= 400) return;
    for (const item of parseWith(versionHostnamesSchema, body, 'the hostnames').hostnames.items)
      add(names, propertyId, item.cnameFrom);
  });
  return names;
}

function get(reader: Reader, path: string, query: Record<string, string | number> = {}, allow: readonly number[] = []) {
  return reader.get(path, { query, headers: papiHeaders, allow });
}

function add(names: Map<string, Set<string>>, propertyId: string, hostname: string): void {
  const known = names.get(propertyId) ?? new Set();
  known.add(hostname.toLowerCase());
  names.set(propertyId, known);
}

function hostnameOf(query: string): string {
  return query
    .trim()
    .toLowerCase()
    .replace(/^[a-z]+:\/\//, '')
    .replace(/[/:?#].*$/, '');
}

/** A hostname, or a wildcard of one label. */
export function serves(pattern: string, hostname: string): boolean {
  if (pattern === hostname) return true;
  return pattern.startsWith('*.') && hostname.replace(/^[^.]+/, '*') === pattern;
}
