import { ok, problem, type Route, type SimulatedRequest } from './route.ts';

export interface EdgeKvState {
  /** `network/namespace/group` to items. */
  groups: Map<string, Map<string, unknown>>;
}

export function emptyEdgeKv(): EdgeKvState {
  return { groups: new Map() };
}

/** A stateful EdgeKV; unlike the real one it is consistent at once. */
export function edgeKvRoutes(state: EdgeKvState): Route[] {
  const group = (ids: readonly string[]) => state.groups.get(ids.slice(0, 3).join('/'));
  const base = '/edgekv/v1/networks/{network}/namespaces';
  const item = `${base}/{namespace}/groups/{group}/items/{item}`;
  return [
    {
      method: 'GET',
      path: base,
      handle: (_request, [network]) => {
        const names = new Set<string>();
        for (const key of state.groups.keys()) {
          const [where, namespace] = key.split('/');
          if (where === network && namespace !== undefined) names.add(namespace);
        }
        return ok({ namespaces: [...names].map((namespace) => ({ namespace, retentionInSeconds: 0, groupId: 1 })) });
      },
    },
    {
      method: 'GET',
      path: `${base}/{namespace}/groups`,
      handle: (_request, [network, namespace]) => {
        const prefix = `${network}/${namespace}/`;
        return ok([...state.groups.keys()].filter((key) => key.startsWith(prefix)).map((key) => key.split('/')[2]));
      },
    },
    {
      method: 'GET',
      path: `${base}/{namespace}/groups/{group}`,
      handle: (request, ids) => {
        const items = group(ids);
        if (items === undefined) return problem(404, 'No such group');
        return ok([...items.keys()].slice(0, Number(request.query.get('maxItems') ?? 100)));
      },
    },
    {
      method: 'GET',
      path: item,
      handle: (_request, ids) => {
        const items = group(ids);
        const name = ids[3] ?? '';
        return items?.has(name) ? ok(items.get(name)) : problem(404, 'No such item');
      },
    },
    {
      method: 'PUT',
      path: item,
      handle: (request, ids) => {
        const key = ids.slice(0, 3).join('/');
        const items = state.groups.get(key) ?? new Map<string, unknown>();
        items.set(ids[3] ?? '', itemValue(request));
        state.groups.set(key, items);
        return { status: 200, body: 'Item was upserted', headers: { 'content-type': 'text/plain' } };
      },
    },
    {
      method: 'DELETE',
      path: item,
      handle: (_request, ids) => {
        group(ids)?.delete(ids[3] ?? '');
        return { status: 200, body: 'Item was marked for deletion', headers: { 'content-type': 'text/plain' } };
      },
    },
  ];
}

function itemValue(request: SimulatedRequest): unknown {
  const isJson = request.headers['content-type']?.includes('json') === true;
  return isJson ? request.json() : new TextDecoder().decode(request.bytes);
}
