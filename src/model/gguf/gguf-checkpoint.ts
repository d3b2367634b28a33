import { FtsError } from '../../errors/fts-error.ts';
import type { CheckpointReader } from '../checkpoint/checkpoint-reader.ts';
import type { ModelConfig } from '../model-config.ts';
import { permuteRows, transpose } from './export-gguf.ts';
import type { GgufReader } from './gguf-reader.ts';
import { type GgufTensor, ggufTensors, rotaryRowOrder } from './tensor-names.ts';

/** A GGUF file read as the checkpoint it was made from: names and layouts of Hugging Face, values dequantized. */
export function ggufCheckpoint(reader: GgufReader, config: ModelConfig): CheckpointReader {
  const tensors = new Map(ggufTensors(config).map((tensor) => [tensor.from, tensor]));
  const find = (name: string): GgufTensor => {
    const tensor = tensors.get(name);
    if (tensor !== undefined) return tensor;
    throw new FtsError('corrupt', `${reader.path} has no tensor for ${name}.`, { field: name, value: reader.path });
  };
  return {
    has: (name) => tensors.has(name) && reader.has(tensors.get(name)!.name),
    info: (name) => {
      const { shape, layout } = find(name);
      return { shape: layout.kind === 'transposed' ? [...shape].reverse() : shape };
    },
    readFloat32: async (name) => {
      const { name: stored, shape, layout } = find(name);
      const values = await reader.readFloat32(stored);
      const [rows, columns] = [shape[0]!, shape[1] ?? 1];
      if (layout.kind === 'same') return values;
      if (layout.kind === 'plus') return values.map((value) => value - layout.by);
      if (layout.kind === 'transposed') return transpose(values, rows, columns);
      return permuteRows(values, inverse(rotaryRowOrder(rows, layout.heads)), columns);
    },
  };
}

function inverse(order: Int32Array): Int32Array {
  const back = new Int32Array(order.length);
  for (const [to, from] of order.entries()) back[from] = to;
  return back;
}
