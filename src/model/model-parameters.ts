import { FtsError } from '../errors/fts-error.ts';
import { elementsOf } from '../tensor/shape.ts';
import { bySource, fromCheckpoint, type ParameterSpec, toCheckpoint } from './architectures/parameter.ts';
import { requireTensors } from './check-checkpoint.ts';
import { type CheckpointReader, checkpointName, type WeightReader } from './checkpoint/checkpoint-reader.ts';
import { float32ToBfloat16, storedHalf } from './checkpoint/float-formats.ts';
import type { TensorSource } from './checkpoint/safetensors.ts';
import { familyOf } from './families/index.ts';
import type { ModelConfig } from './model-config.ts';

/** A model's numbers in the layout of its graphs, by parameter name. */
export interface ModelParameters {
  specs: readonly ParameterSpec[];
  arrays: ReadonlyMap<string, Float32Array>;
}

/** The same where each array is only asked for: it may be made at that moment. */
export interface ParameterSource {
  specs: readonly ParameterSpec[];
  arrays: Pick<ReadonlyMap<string, Float32Array>, 'get'>;
}

/** Parameters whose arrays may be given up one by one. */
export interface OwnParameters extends ModelParameters {
  arrays: Map<string, Float32Array>;
}

/** Reads all parameters into new arrays. Throws as `readParameters` does. */
export async function loadParameters(config: ModelConfig, weights: CheckpointReader): Promise<OwnParameters> {
  await requireTensors(config, weights);
  const specs = familyOf(config).parameters(config);
  const arrays = new Map(specs.map((spec) => [spec.name, new Float32Array(elementsOf(spec.shape))]));
  await readParameters(specs, weights, (name) => arrays.get(name)!);
  return { specs, arrays };
}

/**
 * Reads parameters into given arrays, a checkpoint tensor once where it holds several that follow each other. Throws
 * `corrupt` naming a tensor that is missing or has another shape.
 */
export async function readParameters(
  specs: readonly ParameterSpec[],
  weights: CheckpointReader,
  into: (name: string) => Float32Array,
): Promise<void> {
  let read: { tensor: string; values: Float32Array } | undefined;
  for (const spec of specs) {
    const tensor = checkpointName(weights, spec.source);
    if (spec.source.absentMeansZeros === true && !weights.has(tensor)) {
      into(spec.name).fill(0);
      continue;
    }
    if (!weights.has(tensor)) {
      throw new FtsError('corrupt', `The checkpoint has no tensor ${spec.source.tensor}.`, {
        field: spec.source.tensor,
        remedy: 'Check that config.json and the weights belong together and that no shard is missing.',
      });
    }
    if (read?.tensor !== tensor) read = { tensor, values: await weights.readFloat32(tensor) };
    fromCheckpoint(spec, weights.info(tensor).shape, read.values, into(spec.name));
  }
}

/** The parameters as checkpoint tensors, in memory: the inverse of `loadParameters`. */
export function toWeightReader({ specs, arrays }: ParameterSource): WeightReader {
  const sources = bySource(specs);
  return {
    names: () => [...sources.keys()],
    has: (name) => sources.has(name),
    info: (name) => ({ shape: sources.get(name)![0]!.source.shape }),
    readFloat32: async (name) => {
      const parts = sources.get(name)!;
      const values = new Float32Array(elementsOf(parts[0]!.source.shape));
      for (const spec of parts) toCheckpoint(spec, arrays.get(spec.name)!, values);
      return values;
    },
  };
}

/** The tensors of a Hugging Face checkpoint, made from the parameters one at a time as they are written. */
export function checkpointTensors(
  config: ModelConfig,
  values: (name: string) => Float32Array | Promise<Float32Array>,
  dtype: 'float32' | 'bfloat16' | 'float16',
): TensorSource[] {
  const { parameters, asStored } = familyOf(config);
  const present = new Set(parameters(config).map(({ name }) => name));
  return [...bySource(parameters(asStored(config)))].map(([tensor, specs]) => {
    const { shape, writtenAs } = specs[0]!.source;
    const read = async (): Promise<ArrayBufferView> => {
      const whole = new Float32Array(elementsOf(shape));
      for (const spec of specs) if (present.has(spec.name)) toCheckpoint(spec, await values(spec.name), whole);
      if (dtype === 'bfloat16') return float32ToBfloat16(whole);
      return dtype === 'float16' ? storedHalf(whole, tensor) : whole;
    };
    return {
      name: writtenAs ?? tensor,
      dtype: ({ float32: 'F32', bfloat16: 'BF16', float16: 'F16' } as const)[dtype],
      shape,
      read,
    };
  });
}
