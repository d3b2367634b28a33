import { mergeInto } from '../../model/architectures/adapter.ts';
import { parameterCount } from '../../model/architectures/parameter.ts';
import { requireTensors } from '../../model/check-checkpoint.ts';
import type { ModelFamily } from '../../model/families/family-name.ts';
import { familyOf } from '../../model/families/index.ts';
import { openModelDirectory, writeModelDirectory } from '../../model/model-directory.ts';
import { checkpointTensors, readParameters } from '../../model/model-parameters.ts';
import { elementsOf } from '../../tensor/shape.ts';
import { readAdapter } from './read-adapter.ts';

/**
 * Merges a PEFT adapter into its base model and writes the result as a new model. Returns the model's family and
 * parameters, and the number of changed weight matrices.
 */
export async function mergeAdapter(
  basePath: string,
  adapterPath: string,
  output: { path: string; name: string; dtype: 'float32' | 'bfloat16' | 'float16' },
): Promise<{ family: ModelFamily; parameters: number; adapted: number }> {
  const base = await openModelDirectory(basePath);
  try {
    await requireTensors(base.config, base.weights);
    const specs = familyOf(base.config).parameters(base.config);
    const { pairs, values } = await readAdapter(adapterPath, specs);
    const byWeight = new Map(pairs.map((pair) => [pair.weight.name, pair]));
    const merged = async (name: string): Promise<Float32Array> => {
      const spec = specs.find((candidate) => candidate.name === name)!;
      const weight = new Float32Array(elementsOf(spec.shape));
      await readParameters([spec], base.weights, () => weight);
      const pair = byWeight.get(name);
      if (pair !== undefined) {
        mergeInto(weight, pair, values.get(pair.a.name)!, values.get(pair.b.name)!, pair.factor);
      }
      return weight;
    };
    await writeModelDirectory(output.path, {
      config: base.config,
      dtype: output.dtype,
      weights: checkpointTensors(base.config, merged, output.dtype),
      ...(base.tokenizer === undefined ? {} : { tokenizer: base.tokenizer }),
      ...(base.generationConfig === undefined ? {} : { generationConfig: base.generationConfig }),
      provenance: {
        name: output.name,
        createdAt: new Date().toISOString(),
        madeBy: 'merge-lora',
        parent: base.provenance?.name ?? basePath,
        settings: { adapter: adapterPath },
      },
    });
    const parameters = specs.reduce((sum, spec) => sum + parameterCount(spec), 0);
    return { family: base.config.family, parameters, adapted: pairs.length };
  } finally {
    await base.close();
  }
}
