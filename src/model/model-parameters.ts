import { elementsOf } from '../tensor/shape.ts';
import { architectureOf } from './architectures/architecture.ts';
import { fromCheckpoint, type ParameterSpec, toCheckpoint } from './architectures/parameter.ts';
import type { CheckpointReader } from './checkpoint-reader.ts';
import type { ModelConfig } from './model-config.ts';

/** A checkpoint that can list what it holds. */
export interface WeightReader extends CheckpointReader {
  names(): string[];
}

/** A model's numbers in the layout of its graphs, by parameter name. */
export interface ModelParameters {
  specs: readonly ParameterSpec[];
  arrays: ReadonlyMap<string, Float32Array>;
}

/** Hugging Face writes GPT-2 with and without this prefix. */
const gpt2Prefix = 'transformer.';

/** The name that a checkpoint uses for a tensor. */
export function checkpointName(weights: Pick<CheckpointReader, 'has'>, name: string): string {
  return !weights.has(name) && weights.has(gpt2Prefix + name) ? gpt2Prefix + name : name;
}

/** Reads all parameters, each checkpoint tensor once. Throws `corrupt` for a missing tensor or another shape. */
export async function loadParameters(config: ModelConfig, weights: CheckpointReader): Promise<ModelParameters> {
  const specs = architectureOf(config).parameters(config);
  const arrays = new Map<string, Float32Array>();
  let tensor = '';
  let values: Float32Array = new Float32Array(0);
  for (const spec of specs) {
    const array = new Float32Array(elementsOf(spec.shape));
    arrays.set(spec.name, array);
    const name = checkpointName(weights, spec.source.tensor);
    if (isAbsentBias(name, weights)) continue; // nanoGPT's GPT-2 has none: zero
    if (name !== tensor) {
      values = await weights.readFloat32(name);
      tensor = name;
    }
    fromCheckpoint(spec, weights.info(name).shape, values, array);
  }
  return { specs, arrays };
}

function isAbsentBias(name: string, weights: CheckpointReader): boolean {
  return name.endsWith('.bias') && !weights.has(name) && weights.has(name.replace(/bias$/, 'weight'));
}

/** The parameters as checkpoint tensors, in memory: the inverse of `loadParameters`. */
export function toWeightReader({ specs, arrays }: ModelParameters): WeightReader {
  const sources = new Map<string, ParameterSpec[]>();
  for (const spec of specs) {
    const parts = sources.get(spec.source.tensor);
    if (parts === undefined) sources.set(spec.source.tensor, [spec]);
    else parts.push(spec);
  }
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
