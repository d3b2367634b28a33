import { FtsError } from '../../errors/fts-error.ts';
import type { ChangeRequest } from '../changes/change-kind.ts';
import { type Network, networkInPath } from '../network.ts';

export const purgeTypes = ['url', 'cpcode', 'tag'] as const;
export type PurgeType = (typeof purgeTypes)[number];

/** What a list of objects is: numbers are CP codes, addresses are URLs, the rest are cache tags; never a mixture. */
function purgeTypeOf(objects: readonly string[]): PurgeType {
  const types = new Set(
    objects.map(
      (object): PurgeType => (/^\d+$/.test(object) ? 'cpcode' : /^https?:\/\/|^\/[^/]/i.test(object) ? 'url' : 'tag'),
    ),
  );
  const [type] = types;
  if (type !== undefined && types.size === 1) return type;
  throw new FtsError('invalid-input', 'URLs, CP codes and cache tags cannot be purged by one call.', {
    field: 'objects',
    value: objects,
    remedy: 'Make one plan for each, or name the type.',
  });
}

export function purgeRequest(
  objects: readonly string[],
  wish: { type?: PurgeType | undefined; action: 'invalidate' | 'delete'; network: Network },
  as: { account?: string | undefined; accountSwitchKey?: string | undefined },
): ChangeRequest {
  const type = wish.type ?? purgeTypeOf(objects);
  return {
    api: 'ccu-v3',
    operationId: `post-${wish.action}-${type}`,
    path: { network: networkInPath(wish.network) },
    body: { objects: type === 'cpcode' ? objects.map(Number) : [...objects] },
    ...as,
  };
}
