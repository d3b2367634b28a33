import { FtsError } from '../../errors/fts-error.ts';
import type { Work } from '../../runtime/progress.ts';
import { rotaryFactors } from '../architectures/rotary-angles.ts';
import { checkpointName } from '../checkpoint/checkpoint-reader.ts';
import { refuseNonFinite } from '../checkpoint/finite-values.ts';
import type { QuantizedMatrix } from '../checkpoint/quantized-matrix.ts';
import { familyOf } from '../families/index.ts';
import type { ModelConfig } from '../model-config.ts';
import type { Tokenizer } from '../tokenizer/tokenizer.ts';
import { blockType, type GgmlType, quantizeBlocks, tensorBytes } from './block-types.ts';
import { modelMetadata } from './model-metadata.ts';
import { packMatrix, typeOfMatrix } from './pack-matrix.ts';
import { type GgufTensor, ggufTensors, rotaryRowOrder } from './tensor-names.ts';
import { type GgufTensorSource, writeGguf } from './write-gguf.ts';

/** Where an export takes a model's numbers from. Names are those of the checkpoint. */
export interface ExportedWeights {
  has(name: string): boolean;
  /** Values as the checkpoint has them. */
  readFloat32(name: string): Promise<Float32Array>;
  /** The quantized matrix [out, in] of a weight that a method has quantized. */
  quantized?(name: string): QuantizedMatrix | undefined;
}

export interface GgufExport {
  /** `general.name` */
  name: string;
  config: ModelConfig;
  /** Without one the file has no vocabulary: llama.cpp then takes and gives token ids only. */
  tokenizer?: Tokenizer | undefined;
  weights: ExportedWeights;
  /** Type of the matrices that no method has quantized; a function decides for each. */
  type: GgmlType | ((tensor: GgufTensor) => GgmlType);
}

export interface GgufArtifact {
  path: string;
  bytes: number;
  /** Bits of storage per parameter, scales and unquantized tensors included. */
  bitsPerWeight: number;
  /** Tensors that could not take the wanted type, and why they are F16. */
  fallbacks: string[];
}

/**
 * Writes a model as a GGUF file for llama.cpp and Ollama. Vectors and positions stay F32. A matrix whose rows are not
 * whole blocks of its type is stored as F16 and named in `fallbacks`.
 */
export async function exportGguf(path: string, model: GgufExport, work?: Work): Promise<GgufArtifact> {
  refuseOtherMathematics(model.config);
  const wanted = model.type;
  const typeFor = typeof wanted === 'function' ? wanted : () => wanted;
  const fallbacks: string[] = [];
  const sources = ggufTensors(model.config).map((tensor): GgufTensorSource => {
    const from = checkpointName(model.weights, { ...tensor, tensor: tensor.from });
    const quantized = model.weights.quantized?.(from);
    const asked = typeOfTensor(tensor, quantized, typeFor);
    const type = fits(asked, tensor) ? asked : 'F16';
    if (type !== asked) {
      fallbacks.push(`${tensor.name}: rows of ${tensor.shape.at(-1)} are not whole blocks of ${asked}, stored as F16`);
    }
    return {
      name: tensor.name,
      type,
      shape: tensor.shape,
      read: async () =>
        quantized !== undefined && type === asked
          ? packMatrix(permuteMatrix(quantized, tensor), type)
          : quantizeBlocks(type, await readValues({ ...tensor, from }, model.weights), from),
    };
  });
  sources.splice(1, 0, ...Object.entries(rotaryFactors(model.config)).map(rotaryFactorsTensor));
  const metadata = modelMetadata(model, mostCommonType(sources));
  const bytes = await writeGguf(path, metadata, sources, work);
  const parameters = sources.reduce((sum, { shape }) => sum + elements(shape), 0);
  const dataBytes = sources.reduce((sum, { type, shape }) => sum + tensorBytes(blockType(type), shape), 0);
  return { path, bytes, bitsPerWeight: (dataBytes * 8) / parameters, fallbacks };
}

function refuseOtherMathematics(config: ModelConfig): void {
  const reason = familyOf(config).gguf.refusal(config);
  if (reason === undefined) return;
  throw new FtsError('invalid-input', `This model has no GGUF file: ${reason}.`, {
    field: 'config.json',
    value: config.family,
    remedy: 'Serve it in another format (safetensors with vLLM).',
  });
}

function typeOfTensor(
  tensor: GgufTensor,
  quantized: QuantizedMatrix | undefined,
  typeFor: (tensor: GgufTensor) => GgmlType,
): GgmlType {
  if (tensor.role === 'vector' || tensor.role === 'positions') return 'F32';
  return quantized === undefined ? typeFor(tensor) : typeOfMatrix(quantized);
}

function fits(type: GgmlType, { shape }: GgufTensor): boolean {
  return shape.at(-1)! % blockType(type).blockValues === 0;
}

function elements(shape: readonly number[]): number {
  return shape.reduce((product, side) => product * side, 1);
}

/** The type that most parameters have: what `general.file_type` names. */
function mostCommonType(sources: readonly GgufTensorSource[]): GgmlType {
  const counts = new Map<GgmlType, number>();
  for (const { type, shape } of sources) counts.set(type, (counts.get(type) ?? 0) + elements(shape));
  return [...counts].sort((a, b) => b[1] - a[1])[0]![0];
}

function rotaryFactorsTensor([name, factors]: [string, Float32Array]): GgufTensorSource {
  return {
    name,
    type: 'F32',
    shape: [factors.length],
    read: () => quantizeBlocks('F32', factors),
  };
}

async function readValues(tensor: GgufTensor, weights: ExportedWeights): Promise<Float32Array> {
  if (tensor.optional === true && !weights.has(tensor.from)) return new Float32Array(elements(tensor.shape));
  const values = await weights.readFloat32(tensor.from);
  refuseNonFinite(tensor.from, values);
  if (values.length !== elements(tensor.shape)) {
    throw new FtsError('corrupt', `${tensor.from} has ${values.length} values, not ${elements(tensor.shape)}.`, {
      field: tensor.from,
      remedy: 'The weights do not belong to this config.json: restore the pair.',
    });
  }
  const [rows, columns] = [tensor.shape[0]!, tensor.shape[1] ?? 1];
  const { layout } = tensor;
  switch (layout.kind) {
    case 'same':
      return values;
    case 'transposed':
      return transpose(values, columns, rows);
    case 'plus':
      return values.map((value) => value + layout.by);
    case 'rotary':
      return permuteRows(values, rotaryRowOrder(rows, layout.heads), columns);
  }
}

/** [rows, columns] to [columns, rows]. */
export function transpose(values: Float32Array, rows: number, columns: number): Float32Array {
  const out = new Float32Array(values.length);
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) out[column * rows + row] = values[row * columns + column]!;
  }
  return out;
}

function permuteMatrix(matrix: QuantizedMatrix, { layout }: GgufTensor): QuantizedMatrix {
  if (layout.kind !== 'rotary') return matrix; // quantized matrices are [out, in] already
  const order = rotaryRowOrder(matrix.rows, layout.heads);
  const groups = matrix.columns / matrix.groupSize;
  return {
    ...matrix,
    codes: permuteRows(matrix.codes, order, matrix.columns),
    scales: permuteRows(matrix.scales, order, groups),
    zeroPoints: permuteRows(matrix.zeroPoints, order, groups),
  };
}

/** Row `to` of the result is row `order[to]` of the values. */
export function permuteRows<Values extends Float32Array | Uint8Array>(
  values: Values,
  order: Int32Array,
  columns: number,
): Values {
  const out = values.slice() as Values;
  for (const [to, from] of order.entries()) {
    out.set(values.subarray(from * columns, (from + 1) * columns) as Float32Array & Uint8Array, to * columns);
  }
  return out;
}
