import { createHash } from 'node:crypto';
import { z } from 'zod';
import { FtsError } from '../../errors/fts-error.ts';
import { parseJsonWith } from '../../errors/parse-with.ts';
import { float32Source, SafetensorsReader, writeSafetensors } from '../../model/checkpoint/safetensors.ts';
import type { ParameterState } from '../optimizer/parameter-state.ts';

const progressSchema = z.object({
  /** Finished steps. */
  step: z.int().nonnegative(),
  /** Counted tokens and seconds so far. */
  tokens: z.number(),
  seconds: z.number(),
  /** Digest of everything that the weights depend on: settings, model, data. */
  digest: z.string(),
  /** Running mean of the training loss. */
  meanLoss: z.number().nullable(),
  best: z.object({ step: z.int(), loss: z.number() }).nullable(),
  validationLoss: z.number().nullable(),
});

/** The progress of a run. With weights and moments, it is enough to resume the run bit-identically. */
export type RunProgress = z.output<typeof progressSchema>;

const REGIONS = ['weights', 'firstMoments', 'secondMoments'] as const;
type StoredRegion = (typeof REGIONS)[number];

/** Writes weights and moments with the run's progress and a checksum over the values, atomically. */
export async function saveCheckpoint(path: string, state: ParameterState, progress: RunProgress): Promise<void> {
  await save(path, state, REGIONS, progress);
}

/** Writes only the weights, as for the best checkpoint. */
export async function saveWeights(path: string, state: ParameterState, progress: RunProgress): Promise<void> {
  await save(path, state, ['weights'], progress);
}

async function save(
  path: string,
  state: ParameterState,
  regions: readonly StoredRegion[],
  progress: RunProgress,
): Promise<void> {
  const tensors = regions.flatMap((region) =>
    state.specs.map(({ name, shape }) => float32Source(`${region}.${name}`, shape, state.view(name, region))),
  );
  const hash = createHash('sha256');
  for (const tensor of tensors) hash.update(bytesOf((await tensor.read()) as Float32Array));
  await writeSafetensors(path, tensors, { progress: JSON.stringify(progress), sha256: hash.digest('hex') });
}

/**
 * Reads a checkpoint into the state and returns its progress, or undefined if there is no file. Throws `corrupt` for a
 * truncated or altered file or one of another model; the state may then be partly overwritten.
 */
export async function loadCheckpoint(path: string, state: ParameterState): Promise<RunProgress | undefined> {
  return load(path, state, REGIONS);
}

/** Reads a file written by `saveWeights`. */
export async function loadWeights(path: string, state: ParameterState): Promise<RunProgress | undefined> {
  return load(path, state, ['weights']);
}

async function load(
  path: string,
  state: ParameterState,
  regions: readonly StoredRegion[],
): Promise<RunProgress | undefined> {
  let reader: SafetensorsReader;
  try {
    reader = await SafetensorsReader.open(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
  try {
    const progress = parseJsonWith(progressSchema, reader.metadata.progress ?? '', `the checkpoint ${path}`);
    const hash = createHash('sha256');
    for (const region of regions) {
      for (const { name } of state.specs) {
        const values = await reader.readFloat32(`${region}.${name}`);
        const into = state.view(name, region);
        if (values.length !== into.length) throw damaged(path, `${name} has ${values.length} numbers`);
        hash.update(bytesOf(values));
        into.set(values);
      }
    }
    if (hash.digest('hex') !== reader.metadata.sha256) throw damaged(path, 'its checksum does not match');
    return progress;
  } finally {
    await reader.close();
  }
}

function damaged(path: string, why: string): FtsError {
  return new FtsError('corrupt', `The checkpoint ${path} is damaged: ${why}.`, {
    field: 'checkpoint',
    value: path,
    remedy:
      'Restore the file from a copy. If you remove it, the run starts again from its first step and loses all progress.',
  });
}

function bytesOf(values: Float32Array): Uint8Array {
  return new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
}
