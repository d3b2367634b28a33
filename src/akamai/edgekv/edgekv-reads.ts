import { z } from 'zod';
import { parseWith } from '../../errors/parse-with.ts';
import type { Reader } from '../changes/change-kind.ts';
import { type Network, networkInPath } from '../network.ts';

export interface EdgeKvPlace {
  network: Network;
  namespace?: string | undefined;
  group?: string | undefined;
  item?: string | undefined;
}

const namespacesSchema = z.object({ namespaces: z.array(z.looseObject({ namespace: z.string() })) });
const namesSchema = z.array(z.string());

export type EdgeKvListing =
  | { level: 'namespaces' | 'groups' | 'items'; names: string[] }
  | { level: 'item'; value: unknown };

/** What is at a place: namespaces of a network, groups of a namespace, items of a group, or one item's value. */
export async function readEdgeKv(reader: Reader, place: EdgeKvPlace, limit: number): Promise<EdgeKvListing> {
  const base = `/edgekv/v1/networks/${networkInPath(place.network)}/namespaces`;
  if (place.namespace === undefined) {
    const { namespaces } = parseWith(namespacesSchema, (await reader.get(base)).body, 'the namespaces');
    return { level: 'namespaces', names: namespaces.map((one) => one.namespace) };
  }
  const groups = `${base}/${encodeURIComponent(place.namespace)}/groups`;
  if (place.group === undefined) {
    return { level: 'groups', names: parseWith(namesSchema, (await reader.get(groups)).body, 'the groups') };
  }
  const group = `${groups}/${encodeURIComponent(place.group)}`;
  if (place.item === undefined) {
    const { body } = await reader.get(group, { query: { maxItems: limit } });
    return { level: 'items', names: parseWith(namesSchema, body, 'the items') };
  }
  const { body } = await reader.get(`${group}/items/${encodeURIComponent(place.item)}`);
  return { level: 'item', value: body };
}
