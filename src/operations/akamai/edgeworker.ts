import { z } from 'zod';
import { checkBundle } from '../../akamai/edgeworkers/check-bundle.ts';
import {
  edgeWorkerOverview,
  listEdgeWorkers,
  requireEdgeWorker,
  validateBundle,
} from '../../akamai/edgeworkers/edgeworker-reads.ts';
import { fileToReadSchema } from '../../inputs/file-inputs.ts';
import { akamaiOf } from '../../workflows/akamai/akamai-services.ts';
import { asFields, asOf } from '../inputs/akamai.ts';
import { defineOperation } from '../operation.ts';

const bundleSchema = z.object({
  version: z.string(),
  description: z.string().optional(),
  compressedBytes: z.number().int(),
  files: z.array(z.object({ path: z.string(), bytes: z.number().int() })),
  warnings: z.array(z.string()),
  errors: z.array(z.string()),
  versionIsFree: z.boolean().nullable().describe('Whether this EdgeWorker has no such version yet'),
});

export const akamaiEdgeWorker = defineOperation({
  name: 'akamai.edgeworker',
  title: 'Show EdgeWorkers, or check a bundle',
  description:
    'Without a name lists the EdgeWorkers; with one shows its versions, activations and what is active on each network. With a bundle (.tgz on this machine) checks it as Akamai would: size, bundle.json, main.js, an unused version.',
  effect: 'read',
  scope: 'read',
  idempotent: true,
  openWorld: true,
  job: false,
  positionals: ['edgeWorker'],
  example: 'fts akamai edgeworker 4242 --bundle dist/bundle.tgz',
  input: z.object({
    edgeWorker: z.string().optional().describe('Number or name'),
    bundle: fileToReadSchema.optional().describe('Path of a code bundle to check'),
    limit: z.number().int().min(1).max(500).default(50).describe('How many entries at the most'),
    ...asFields,
  }),
  output: z.object({
    edgeWorkers: z
      .array(z.object({ edgeWorkerId: z.number().int(), name: z.string(), groupId: z.number().int() }))
      .optional(),
    edgeWorkerId: z.number().int().optional(),
    staging: z.string().nullable().optional(),
    production: z.string().nullable().optional(),
    versions: z.array(z.object({ version: z.string(), createdTime: z.string().nullable() })).optional(),
    activations: z
      .array(
        z.object({
          activationId: z.number().int(),
          version: z.string(),
          network: z.string(),
          status: z.string(),
          time: z.string().nullable(),
        }),
      )
      .optional(),
    bundle: bundleSchema.optional(),
  }),
  async run({ edgeWorker, bundle: path, limit, ...given }, context) {
    const akamai = akamaiOf(context);
    const as = asOf(given);
    const reader = akamai.reader(context, as);
    const id = edgeWorker === undefined ? undefined : await requireEdgeWorker(reader, edgeWorker);
    const overview = id === undefined ? undefined : await edgeWorkerOverview(reader, id);
    const shown = overview && {
      ...overview,
      versions: overview.versions.slice(0, limit),
      activations: overview.activations.slice(0, limit),
    };
    if (path === undefined) {
      if (shown !== undefined) return shown;
      const all = await listEdgeWorkers(reader);
      return {
        edgeWorkers: all.slice(0, limit).map(({ edgeWorkerId, name, groupId }) => ({ edgeWorkerId, name, groupId })),
      };
    }
    const bytes = new Uint8Array(context.files.readBytes('bundle', path));
    const report = checkBundle(bytes);
    const verdict = await validateBundle(akamai.reads(context.caller), bytes, { ...as, signal: context.signal });
    const versionIsFree =
      overview === undefined ? null : !overview.versions.some((one) => one.version === report.version);
    const { description, ...rest } = report;
    return {
      ...shown,
      bundle: {
        ...rest,
        ...(description === undefined ? {} : { description }),
        warnings: [...report.warnings, ...verdict.warnings],
        errors: verdict.errors,
        versionIsFree,
      },
    };
  },
});
