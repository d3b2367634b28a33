import { createHash } from 'node:crypto';
import { z } from 'zod';
import { FtsError } from '../../errors/fts-error.ts';
import { parseJsonWith } from '../../errors/parse-with.ts';
import { float32Source, SafetensorsReader, writeSafetensors } from '../../model/checkpoint/safetensors.ts';
import type { ParameterState } from '../optimizer/parameter-state.ts';

const progressSchema = z.object({
  /** Steps that are done. */
  step: z.int().nonnegative(),
  /** Counted tokens and seconds so far. */
  tokens: z.number(),
  seconds: z.number(),
  /** Digest of everything that the result depends on: settings, model, data. */
  digest: z.string(),
  /** Running mean of the training loss. */
  meanLoss: z.number().nullable(),
  best: z.object({ step: z.int(), loss: z.number() }).nullable(),
  validationLoss: z.number().nullable(),
});

/** Where a run stands: all that, with weights and moments, makes its continuation the same to the bit. */
export type RunProgress = z.output<typeof progressSchema>;

const REGIONS = ['weights', 'firstMoments', 'secondMoments'] as const;
type StoredRegion = (typeof REGIONS)[number];

/** Writes weights and moments with the run's progress, whole or not at all, with a checksum over the numbers. */
export async function saveCheckpoint(path: string, state: ParameterState, progress: RunProgress): Promise<void> {
  await save(path, state, REGIONS, progress);
}

/** Writes the weights alone: what `best` keeps. */
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
 * Reads a checkpoint into the state and returns its progress, or undefined when there is none. A file that is cut
 * short, altered or of another model throws `corrupt` and changes nothing that matters: the run has not begun.
 */
export async function loadCheckpoint(path: string, state: ParameterState): Promise<RunProgress | undefined> {
  return load(path, state, REGIONS);
}

/** Reads what `saveWeights` wrote. */
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
    if (hash.digest('hex') !== reader.metadata.sha256) throw damaged(path, 'its checksum does not fit');
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
      'Restore the file from a copy. Removing it starts the run again from its first step: what was trained so far is lost.',
  });
}

function bytesOf(values: Float32Array): Uint8Array {
  return new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
}
