import { parseWith } from '../../errors/parse-with.ts';
import type { ChangeKind, Observation } from '../changes/change-kind.ts';
import { jsonBody } from '../changes/planned-call.ts';
import { papiHeaders, versionsSchema } from './papi-shapes.ts';

interface VersionsState {
  latestVersion: number;
  etag: string | null;
}

/** A new, inactive version, copied from another. */
export const propertyVersion: ChangeKind = {
  name: 'property-version',
  operations: ['papi-v1 post-property-versions', 'papi-v1 post-include-versions'],

  async observe(call, reader): Promise<Observation> {
    const { body } = await reader.get(call.path, { query: call.query, headers: papiHeaders });
    const { items } = parseWith(versionsSchema, body, 'the versions').versions;
    const numbered = items.map((item) => ({ ...item, number: item.propertyVersion ?? item.includeVersion ?? 0 }));
    const from = numbered.find((item) => item.number === jsonBody(call).createFromVersion);
    const state: VersionsState = {
      latestVersion: Math.max(0, ...numbered.map((item) => item.number)),
      etag: from?.etag ?? null,
    };
    return { state };
  },

  describe(call, seen) {
    const { latestVersion } = seen.state as VersionsState;
    const from = jsonBody(call).createFromVersion;
    const id = call.pathValues.propertyId ?? call.pathValues.includeId;
    return {
      title: `Create version ${latestVersion + 1} of ${id} from version ${from}`,
      affects: [`${id}`],
      blastRadius: 'A new inactive version: no traffic.',
      differences: [{ op: 'add', path: '/latestVersion', place: 'new version', after: latestVersion + 1 }],
      wayBack: 'Not needed: an inactive version does nothing.',
      warnings: [],
    };
  },

  wasApplied(_call, before, now) {
    const [old, state] = [before.state as VersionsState, now.state as VersionsState];
    return state.latestVersion === old.latestVersion
      ? 'no'
      : state.latestVersion === old.latestVersion + 1
        ? 'yes'
        : 'unknown';
  },

  undo: async () => undefined,
};
