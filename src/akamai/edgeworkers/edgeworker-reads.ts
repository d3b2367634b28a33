import { z } from 'zod';
import { FtsError } from '../../errors/fts-error.ts';
import { parseWith } from '../../errors/parse-with.ts';
import type { Reader } from '../changes/change-kind.ts';
import type { AkamaiCaller, AkamaiRequest } from '../client/akamai-request.ts';
import { activeVersion, edgeWorkerActivationsSchema } from './activation-change.ts';
import { versionsSchema } from './version-change.ts';

const idSchema = z.looseObject({ edgeWorkerId: z.number().int(), name: z.string(), groupId: z.number().int() });
const idsSchema = z.object({ edgeWorkerIds: z.array(idSchema) });
export type EdgeWorkerId = z.output<typeof idSchema>;

export async function listEdgeWorkers(reader: Reader): Promise<EdgeWorkerId[]> {
  return parseWith(idsSchema, (await reader.get('/edgeworkers/v1/ids')).body, 'the EdgeWorkers').edgeWorkerIds;
}

/** An EdgeWorker by its number, or by its name when only one has it. */
export async function requireEdgeWorker(reader: Reader, idOrName: string): Promise<number> {
  if (/^\d+$/.test(idOrName)) return Number(idOrName);
  const wanted = idOrName.toLowerCase();
  const matches = (await listEdgeWorkers(reader)).filter((worker) => worker.name.toLowerCase().includes(wanted));
  const exact = matches.filter((worker) => worker.name.toLowerCase() === wanted);
  const [only] = exact.length === 1 ? exact : matches;
  if (only !== undefined && (exact.length === 1 || matches.length === 1)) return only.edgeWorkerId;
  throw new FtsError(
    'not-found',
    matches.length === 0 ? `No EdgeWorker like "${idOrName}".` : `"${idOrName}" could be several EdgeWorkers.`,
    {
      field: 'edgeWorker',
      value: idOrName,
      remedy:
        matches.length === 0
          ? 'List them without a name.'
          : `Name one of: ${matches
              .slice(0, 8)
              .map((one) => `${one.name} (${one.edgeWorkerId})`)
              .join(', ')}.`,
    },
  );
}

export interface EdgeWorkerOverview {
  edgeWorkerId: number;
  staging: string | null;
  production: string | null;
  /** Newest first. */
  versions: { version: string; createdTime: string | null }[];
  activations: { activationId: number; version: string; network: string; status: string; time: string | null }[];
}

export async function edgeWorkerOverview(reader: Reader, edgeWorkerId: number): Promise<EdgeWorkerOverview> {
  const base = `/edgeworkers/v1/ids/${edgeWorkerId}`;
  const [versions, activations] = await Promise.all([
    reader.get(`${base}/versions`),
    reader.get(`${base}/activations`),
  ]);
  const items = parseWith(edgeWorkerActivationsSchema, activations.body, 'the activations').activations;
  return {
    edgeWorkerId,
    staging: activeVersion(items, 'STAGING'),
    production: activeVersion(items, 'PRODUCTION'),
    versions: parseWith(versionsSchema, versions.body, 'the versions')
      .versions.map(({ version, createdTime }) => ({ version, createdTime: createdTime ?? null }))
      .sort((left, right) => (right.createdTime ?? '').localeCompare(left.createdTime ?? '')),
    activations: [...items]
      .sort((left, right) => right.activationId - left.activationId)
      .map(({ activationId, version, network, status, lastModifiedTime, createdTime }) => ({
        activationId,
        version,
        network,
        status,
        time: lastModifiedTime ?? createdTime ?? null,
      })),
  };
}

const validationSchema = z.looseObject({
  errors: z.array(z.looseObject({ type: z.string(), message: z.string() })).default([]),
  warnings: z.array(z.looseObject({ type: z.string(), message: z.string() })).default([]),
});

/** Akamai's own check of a bundle; it stores nothing. */
export async function validateBundle(
  caller: AkamaiCaller,
  bundle: Uint8Array,
  as: Pick<AkamaiRequest, 'account' | 'accountSwitchKey' | 'signal'>,
): Promise<{ errors: string[]; warnings: string[] }> {
  const { body } = await caller.requestOk({
    method: 'POST',
    path: '/edgeworkers/v1/validations',
    headers: { 'content-type': 'application/gzip' },
    body: bundle,
    ...as,
  });
  const { errors, warnings } = parseWith(validationSchema, body, 'the validation');
  const text = ({ type, message }: { type: string; message: string }) => `${type}: ${message}`;
  return { errors: errors.map(text), warnings: warnings.map(text) };
}
