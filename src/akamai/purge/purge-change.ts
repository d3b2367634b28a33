import { z } from 'zod';
import { FtsError } from '../../errors/fts-error.ts';
import { parseWith } from '../../errors/parse-with.ts';
import type { ChangeKind } from '../changes/change-kind.ts';
import { jsonBody } from '../changes/planned-call.ts';
import { type Network, networkSchema } from '../network.ts';

const bodySchema = z.object({ objects: z.array(z.union([z.string(), z.number()])).min(1) });

/** Fast Purge takes request bodies up to this size. https://techdocs.akamai.com/purge-cache/reference */
const largestBodyBytes = 50_000;
const objectsShown = 50;

const nouns = { url: 'URL', cpcode: 'CP code', tag: 'cache tag' } as const;
type PurgeType = keyof typeof nouns;

/** Invalidating (refetch when changed) or deleting cached content. There is no state to read before or after. */
export const cachePurge: ChangeKind = {
  name: 'cache-purge',
  operations: ['invalidate', 'delete'].flatMap((action) =>
    Object.keys(nouns).map((type) => `ccu-v3 post-${action}-${type}`),
  ),

  observe: async () => ({ state: null }),

  describe(call) {
    const { objects } = parseWith(bodySchema, jsonBody(call), 'the purge');
    const bytes = Buffer.byteLength(JSON.stringify(jsonBody(call)));
    if (bytes > largestBodyBytes) {
      throw new FtsError('invalid-input', `The list is ${bytes} bytes long; one purge takes ${largestBodyBytes}.`, {
        field: 'objects',
        value: `${objects.length} objects`,
        remedy: 'Split it into several plans, or purge by cache tag or CP code.',
      });
    }
    const [, action, type] = call.operationId.split('-') as [string, 'invalidate' | 'delete', PurgeType];
    const network = parseWith(networkSchema, call.pathValues.network, 'the network of the purge');
    const what = `${objects.length} ${nouns[type]}${objects.length === 1 ? '' : 's'}`;
    const deletes = action === 'delete';
    return {
      title: `${deletes ? 'Delete from cache' : 'Invalidate'} ${what} on ${network}`,
      network,
      affects: [
        ...objects.slice(0, objectsShown).map((object) => `${nouns[type]} ${object}`),
        ...(objects.length > objectsShown ? [`and ${objects.length - objectsShown} more`] : []),
      ],
      blastRadius: blastRadius(type, network, deletes),
      differences: [],
      wayBack: 'None needed: content is fetched from the origin again.',
      warnings: [
        'Takes about 5 seconds (Akamai says how long in its answer).',
        ...(deletes ? ['Deleting hits the origin even where nothing changed; invalidating is gentler.'] : []),
      ],
    };
  },

  // Purging again does no harm, so nobody has to know.
  wasApplied: () => 'unknown',
  undo: async () => undefined,
};

function blastRadius(type: PurgeType, network: Network, deletes: boolean): string {
  const where = network === 'PRODUCTION' ? 'on the live network' : 'on the staging network';
  const reach =
    type === 'url'
      ? 'Only these URLs'
      : type === 'tag'
        ? 'Everything with these tags'
        : 'All content of these CP codes';
  const load = deletes ? 'the origin sends all of it again' : 'the origin is asked whether it changed';
  return `${reach} ${where}; ${load}.`;
}
