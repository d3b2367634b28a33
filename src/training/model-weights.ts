import { FtsError } from '../errors/fts-error.ts';
import { architectureOf } from '../model/architectures/architecture.ts';
import { fromCheckpoint, type ParameterSpec, toCheckpoint } from '../model/architectures/parameter.ts';
import type { CheckpointReader } from '../model/checkpoint-reader.ts';
import { float32ToBfloat16, float32ToHalf } from '../model/float-formats.ts';
import type { ModelConfig } from '../model/model-config.ts';
import type { TensorSource } from '../model/safetensors.ts';
import { elementsOf } from '../tensor/shape.ts';

/** Prefixes under which checkpoints of the same model keep their tensors. */
const PREFIXES = ['', 'transformer.'];

/** Reads every parameter from a checkpoint. Throws `corrupt` naming a tensor that is missing or misshapen. */
export async function readModelWeights(
  specs: readonly ParameterSpec[],
  reader: CheckpointReader,
  into: (name: string) => Float32Array,
): Promise<void> {
  let cached: { tensor: string; values: Float32Array } | undefined;
  for (const spec of specs) {
    const { tensor } = spec.source;
    const stored = PREFIXES.map((prefix) => prefix + tensor).find((name) => reader.has(name));
    if (stored === undefined) {
      throw new FtsError('corrupt', `The checkpoint has no tensor ${tensor}.`, {
        field: tensor,
        remedy: 'Check that config.json and the weights belong together and that no shard is missing.',
      });
    }
    if (cached?.tensor !== stored) cached = { tensor: stored, values: await reader.readFloat32(stored) };
    fromCheckpoint(spec, reader.info(stored).shape, cached.values, into(spec.name));
  }
}

/** The tensors of a Hugging Face checkpoint, made from the parameters one at a time. */
export function modelWeightSources(
  config: ModelConfig,
  values: (name: string) => Float32Array | Promise<Float32Array>,
  dtype: 'float32' | 'bfloat16' | 'float16',
): TensorSource[] {
  const bySource = new Map<string, ParameterSpec[]>();
  // A model without biases is stored as one whose biases are zero: the format has no other word for it.
  const { biases: _, ...complete } = config;
  for (const spec of architectureOf(config).parameters(complete)) {
    bySource.set(spec.source.tensor, [...(bySource.get(spec.source.tensor) ?? []), spec]);
  }
  const present = new Set(
    architectureOf(config)
      .parameters(config)
      .map(({ name }) => name),
  );
  const prefix = config.family === 'gpt2' ? 'transformer.' : '';
  return [...bySource].map(([tensor, specs]) => {
    const { shape } = specs[0]!.source;
    const name = tensor.startsWith('lm_head') ? tensor : prefix + tensor;
    const read = async (): Promise<ArrayBufferView> => {
      const whole = new Float32Array(elementsOf(shape));
      for (const spec of specs) if (present.has(spec.name)) toCheckpoint(spec, await values(spec.name), whole);
      if (dtype === 'bfloat16') return float32ToBfloat16(whole);
      return dtype === 'float16' ? float32ToHalf(whole) : whole;
    };
    return { name, dtype: ({ float32: 'F32', bfloat16: 'BF16', float16: 'F16' } as const)[dtype], shape, read };
  });
}
