import { ok, problem, type Route, type SimulatedRequest } from './route.ts';

export interface LinodeState {
  instances: Record<string, unknown>[];
  types: Record<string, unknown>[];
  clusters: (Record<string, unknown> & { id: number; pools: Record<string, unknown>[] })[];
  availability: { region: string; plan: string; available: boolean }[];
}

export function emptyLinode(): LinodeState {
  return { instances: [], types: [], clusters: [], availability: [] };
}

/** Akamai Cloud: instances, plans, Kubernetes clusters. */
export function linodeRoutes(state: LinodeState): Route[] {
  const paged = (request: SimulatedRequest, items: readonly unknown[]) => {
    const size = Number(request.query.get('page_size') ?? 100);
    const page = Number(request.query.get('page') ?? 1);
    const data = items.slice((page - 1) * size, page * size);
    return ok({ data, page, pages: Math.max(1, Math.ceil(items.length / size)), results: items.length });
  };
  return [
    { method: 'GET', path: '/v4/linode/instances', handle: (request) => paged(request, state.instances) },
    {
      method: 'GET',
      path: '/v4/linode/instances/{id}',
      handle: (_request, [id]) => {
        const one = state.instances.find((candidate) => String(candidate.id) === id);
        return one === undefined ? problem(404, 'Not found') : ok(one);
      },
    },
    {
      method: 'PUT',
      path: '/v4/linode/instances/{id}',
      handle: (request, [id]) => {
        const one = state.instances.find((candidate) => String(candidate.id) === id);
        if (one === undefined) return problem(404, 'Not found');
        return ok(Object.assign(one, request.json()));
      },
    },
    {
      method: 'DELETE',
      path: '/v4/linode/instances/{id}',
      handle: (_request, [id]) => {
        state.instances = state.instances.filter((candidate) => String(candidate.id) !== id);
        return ok({});
      },
    },
    { method: 'GET', path: '/v4/linode/types', handle: (request) => paged(request, state.types) },
    { method: 'GET', path: '/v4/regions/availability', handle: (request) => paged(request, state.availability) },
    {
      method: 'GET',
      path: '/v4/lke/clusters',
      handle: (request) =>
        paged(
          request,
          state.clusters.map(({ pools: _pools, ...cluster }) => cluster),
        ),
    },
    {
      method: 'GET',
      path: '/v4/lke/clusters/{id}/pools',
      handle: (request, [id]) => paged(request, state.clusters.find((one) => String(one.id) === id)?.pools ?? []),
    },
  ];
}
