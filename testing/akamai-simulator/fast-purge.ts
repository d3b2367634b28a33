import { problem, type Route } from './route.ts';

export interface PurgeState {
  purges: { action: string; type: string; network: string; objects: (string | number)[] }[];
}

export function emptyPurge(): PurgeState {
  return { purges: [] };
}

/** Fast Purge: records what was purged; there is nothing to read back, as with the real one. */
export function fastPurgeRoutes(state: PurgeState): Route[] {
  return ['invalidate', 'delete'].flatMap((action) =>
    ['url', 'cpcode', 'tag'].map(
      (type): Route => ({
        method: 'POST',
        path: `/ccu/v3/${action}/${type}/{network}`,
        handle: (request, [network]) => {
          const { objects } = request.json() as { objects?: (string | number)[] };
          if (!Array.isArray(objects) || objects.length === 0) return problem(400, 'objects must not be empty');
          if (request.bytes.byteLength > 50_000) return problem(413, 'Request body too large');
          state.purges.push({ action, type, network: network ?? '', objects });
          const purgeId = `purge-${state.purges.length}`;
          return {
            status: 201,
            body: {
              httpStatus: 201,
              detail: 'Request accepted',
              estimatedSeconds: 5,
              purgeId,
              supportId: `s-${purgeId}`,
            },
          };
        },
      }),
    ),
  );
}
