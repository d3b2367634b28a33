import { FtsError } from '../../../errors/fts-error.ts';
import { isStoredOutIn } from '../../architectures/parameter.ts';
import { familyOf } from '../../families/index.ts';
import type { ModelConfig } from '../../model-config.ts';
import type { WeightReader } from '../checkpoint-reader.ts';
import { dequantizeMatrix } from '../quantized-matrix.ts';
import type { SafetensorsReader } from '../safetensors.ts';
import { awqFormat } from './awq-format.ts';
import type { CheckpointFormat, CheckpointFormatName, QuantizedModule } from './checkpoint-format.ts';
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

/** The weights of a model as numbers, whether they are stored quantized or not. */
export function openWeightReader(
  config: ModelConfig,
  quantization: Record<string, unknown> | undefined,
  stored: SafetensorsReader,
): WeightReader {
  if (quantization === undefined) return stored;
  const format = formatOf(quantization);
  const moduleOf = (name: string): string | undefined => {
    const module = name.endsWith('.weight') ? name.slice(0, -'.weight'.length) : undefined;
    return module !== undefined && stored.has(`${module}.${format.marker}`) ? module : undefined;
  };
  const specs = new Map(
    familyOf(config)
      .parameters(config)
      .flatMap((spec) => [spec.source.tensor, spec.source.writtenAs ?? spec.source.tensor].map((name) => [name, spec])),
  );
  const isTurned = (name: string): boolean => specs.has(name) && !isStoredOutIn(specs.get(name)!);
  const moduleNamed = (module: string, tensor: string): QuantizedModule => ({
    name: module,
    isEmbedding: specs.get(tensor)?.role === 'token-embedding',
  });
  const suffix = `.${format.marker}`;
  const isPart = (name: string): boolean => {
    const at = name.lastIndexOf('.');
    return format.parts.includes(name.slice(at + 1)) && stored.has(name.slice(0, at) + suffix);
  };
  return {
    names: () =>
      stored
        .names()
        .filter((name) => name.endsWith(suffix) || !isPart(name))
        .map((name) => (name.endsWith(suffix) ? `${name.slice(0, -suffix.length)}.weight` : name)),
    has: (name) => stored.has(name) || moduleOf(name) !== undefined,
    info: (name) => {
      const module = moduleOf(name);
      if (module === undefined) return stored.info(name);
      const [rows, columns] = format.shape(moduleNamed(module, name), stored, quantization);
      return { shape: isTurned(name) ? [columns, rows] : [rows, columns] };
    },
    readFloat32: async (name) => {
      const module = moduleOf(name);
      if (module === undefined) return stored.readFloat32(name);
      const matrix = await format.read(moduleNamed(module, name), stored, quantization);
      const values = dequantizeMatrix(matrix);
      return isTurned(name) ? transposed(values, matrix.rows, matrix.columns) : values;
    },
  };
}

function formatOf({ quant_method: method }: Record<string, unknown>): CheckpointFormat {
  const format = Object.hasOwn(formats, String(method)) ? formats[String(method) as CheckpointFormatName] : undefined;
  if (format !== undefined) return format;
  throw new FtsError('invalid-input', `Weights quantized with "${String(method)}" are not supported.`, {
    field: 'quant_method',
    value: method,
    remedy: `Use a model that is not quantized, or one in ${Object.keys(formats).join(', ')}.`,
  });
}
