import { createHash } from 'node:crypto';
import { z } from 'zod';
import { FtsError } from '../../errors/fts-error.ts';
import { parseWith } from '../../errors/parse-with.ts';
import type { ChangeKind, Observation } from '../changes/change-kind.ts';
import { bodyOf, type PlannedCall } from '../changes/planned-call.ts';
import { type BundleReport, checkBundle } from './check-bundle.ts';

export const versionsSchema = z.object({
  versions: z.array(
    z.looseObject({ version: z.string(), checksum: z.string().nullish(), createdTime: z.string().nullish() }),
  ),
});

interface VersionsState {
  versions: string[];
}

/** Uploading a code bundle as a new, inactive version. */
export const edgeWorkerVersion: ChangeKind = {
  name: 'edgeworker-version',
  operations: ['edgeworkers-v1 post-versions'],

  async observe(call, reader): Promise<Observation> {
    const { body } = await reader.get(call.path);
    const { versions } = parseWith(versionsSchema, body, 'the versions');
    return { state: { versions: versions.map((one) => one.version).sort() } satisfies VersionsState };
  },

  describe(call, seen) {
    const { versions } = seen.state as VersionsState;
    const bundle = bundleOf(call);
    if (versions.includes(bundle.version)) {
      throw new FtsError(
        'conflict',
        `Version ${bundle.version} of EdgeWorker ${call.pathValues.edgeWorkerId} exists already.`,
        {
          field: 'edgeworker-version',
          value: bundle.version,
          remedy: 'Raise edgeworker-version in bundle.json; a version, once used, cannot be used again.',
        },
      );
    }
    const digest = createHash('sha256')
      .update(bodyOf(call) as Uint8Array)
      .digest('hex');
    return {
      title: `Upload version ${bundle.version} of EdgeWorker ${call.pathValues.edgeWorkerId}`,
      affects: bundle.files.map((file) => `${file.path} (${file.bytes} bytes)`),
      blastRadius: 'A new inactive version: no traffic.',
      differences: [{ op: 'add', path: '/versions/-', place: `version ${bundle.version}`, after: `sha256 ${digest}` }],
      wayBack: 'Not needed: an inactive version does nothing.',
      warnings: bundle.warnings,
    };
  },

  wasApplied(call, _before, now) {
    return (now.state as VersionsState).versions.includes(bundleOf(call).version) ? 'yes' : 'no';
  },

  undo: async () => undefined,
};

function bundleOf(call: PlannedCall): BundleReport {
  const bytes = bodyOf(call);
  if (bytes instanceof Uint8Array) return checkBundle(bytes);
  throw new FtsError('invalid-input', 'The bundle must be bytes (a .tgz file).', { field: 'body' });
}
