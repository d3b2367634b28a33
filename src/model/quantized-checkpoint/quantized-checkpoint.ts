import { FtsError } from '../../errors/fts-error.ts';
import { isStoredOutIn } from '../architectures/parameter.ts';
import { familyOf } from '../families/index.ts';
import type { ModelDirectory } from '../model-directory.ts';
import type { WeightReader } from '../model-parameters.ts';
import { dequantizeMatrix } from '../quantized-matrix.ts';
import { awqFormat } from './awq-format.ts';
import type { CheckpointFormat, CheckpointFormatName } from './checkpoint-format.ts';
import { compressedTensorsFormat } from './compressed-tensors-format.ts';
import { gptqFormat } from './gptq-format.ts';
import { transposed } from './int-packing.ts';

const formats: Record<CheckpointFormatName, CheckpointFormat> = {
  gptq: gptqFormat,
  awq: awqFormat,
  'compressed-tensors': compressedTensorsFormat,
};

export function checkpointFormat(name: CheckpointFormatName): CheckpointFormat {
  return formats[name];
}

/** The weights of a model directory as numbers, whether it is quantized or not. */
export function openWeightReader(
  model: Pick<ModelDirectory, 'config' | 'quantizationConfig' | 'weights'>,
): WeightReader {
  const { config, quantizationConfig, weights } = model;
  if (quantizationConfig === undefined) return weights;
  const method = String(quantizationConfig.quant_method);
  const format = Object.hasOwn(formats, method) ? formats[method as CheckpointFormatName] : undefined;
  if (format === undefined) {
    throw new FtsError('invalid-input', `Weights quantized with "${method}" are not supported.`, {
      field: 'quant_method',
      value: method,
      remedy: `Use a model that is not quantized, or one in ${Object.keys(formats).join(', ')}.`,
    });
  }
  const moduleOf = (name: string): string | undefined => {
    const module = name.endsWith('.weight') ? name.slice(0, -'.weight'.length) : undefined;
    return module !== undefined && weights.has(`${module}.${format.marker}`) ? module : undefined;
  };
  const specs = familyOf(config).parameters(config);
  const read = async (name: string): Promise<{ shape: number[]; values: Float32Array }> => {
    const spec = specs.find(({ source }) => source.tensor === name || source.writtenAs === name);
    const module = { name: moduleOf(name)!, isEmbedding: spec?.role === 'token-embedding' };
    const matrix = await format.read(module, weights, quantizationConfig);
    const values = dequantizeMatrix(matrix);
    return spec !== undefined && !isStoredOutIn(spec)
      ? { shape: [matrix.columns, matrix.rows], values: transposed(values, matrix.rows, matrix.columns) }
      : { shape: [matrix.rows, matrix.columns], values };
  };
  const shapes = new Map<string, number[]>();
  const suffix = `.${format.marker}`;
  return {
    names: () =>
      weights
        .names()
        .filter((name) => name.endsWith(suffix) || !moduleHasMarker(name, suffix, weights.has.bind(weights)))
        .map((name) => (name.endsWith(suffix) ? `${name.slice(0, -suffix.length)}.weight` : name)),
    has: (name) => weights.has(name) || moduleOf(name) !== undefined,
    info: (name) => {
      const shape = shapes.get(name);
      return shape === undefined ? weights.info(name) : { shape };
    },
    readFloat32: async (name) => {
      if (moduleOf(name) === undefined) return weights.readFloat32(name);
      const { shape, values } = await read(name);
      shapes.set(name, shape);
      return values;
    },
  };
}

/** Whether a tensor (scales, zero points, …) belongs to a quantized module. */
function moduleHasMarker(name: string, suffix: string, has: (name: string) => boolean): boolean {
  return has(name.slice(0, name.lastIndexOf('.')) + suffix);
}
