import { FtsError } from '../../errors/fts-error.ts';
import type { WeightLayout } from '../../tensor/primitives/matrix.ts';
import { elementsOf, type Shape, sameShape, showShape } from '../../tensor/shape.ts';

/** What a parameter is for: quantizers and memory formulas treat these differently. */
export type ParameterRole =
  | 'token-embedding'
  | 'position-embedding'
  | 'query'
  | 'key'
  | 'value'
  | 'attention-output'
  | 'ffn-gate'
  | 'ffn-up'
  | 'ffn-down'
  | 'output-head'
  | 'norm'
  | 'bias'
  | 'adapter';

/** Where a parameter's numbers are in a Hugging Face checkpoint. */
export interface ParameterSource {
  tensor: string;
  /** The name under which the tensor is written where that is another; it is read under both. */
  writtenAs?: string;
  /** The parameter is the tensor plus this. */
  plus?: number;
  /** A checkpoint without this tensor has zeros there. */
  absentMeansZeros?: true;
  shape: Shape;
  /** The parameter is the transposed tensor. */
  transposed: boolean;
  /** The parameter is a range of the tensor's last axis (GPT-2 keeps query, key and value in one). */
  columns?: readonly [number, number];
  /** The parameter is a range of the tensor's first axis (an adapter's second factor for such a part). */
  rows?: readonly [number, number];
}

/** One trainable array: its shape as the graph wants it, and its place in the checkpoint. */
export interface ParameterSpec {
  name: string;
  role: ParameterRole;
  /** Shape in the graph; the first axis may be padded beyond the source's. */
  shape: Shape;
  source: ParameterSource;
  /** How its product is written, for the weight of a linear layer. */
  layout?: WeightLayout;
  /** Weight decay applies to matrices, not to norms and biases. */
  decay: boolean;
  initial: 'zeros' | 'ones' | { normalDeviation: number };
}

/**
 * Rows of a matrix with one tile more where the length is a multiple of 1024: a stride of a multiple of 4 KB would put
 * all rows in the same cache sets. The added rows stay zero in training.
 */
export function paddedRows(rows: number): number {
  return rows % 1024 === 0 ? rows + 16 : rows;
}

/** Whether a parameter is the weight of a linear layer: what adapters attach to and 4 bits apply to, tables apart. */
export function isLinear({ layout, role }: ParameterSpec): boolean {
  return layout !== undefined && !isTable(role);
}

/** Whether a parameter has a row for each token of the vocabulary: the token embedding and the output layer. */
export function isTable(role: ParameterRole): boolean {
  return role === 'token-embedding' || role === 'output-head';
}

/** The parameter that hidden states are multiplied with at the end: the token embedding where the two are tied. */
export function outputTable(specs: readonly ParameterSpec[]): ParameterSpec {
  const head = specs.find(({ role }) => role === 'output-head');
  return head ?? specs.find(({ role }) => role === 'token-embedding')!;
}

/** The rows of the checkpoint's matrix [out, in] that a linear weight has, and its columns, padding not counted. */
export function outAndIn({ source, layout }: ParameterSpec): [out: number, inputs: number] {
  const [first, last] = source.shape as [number, number];
  const rows = source.rows === undefined ? first : source.rows[1] - source.rows[0];
  const columns = source.columns === undefined ? last : source.columns[1] - source.columns[0];
  return isStoredOutIn({ source, layout }) ? [rows, columns] : [columns, rows];
}

/** Whether the checkpoint keeps a linear weight as [out, in]. */
export function isStoredOutIn({ source, layout }: Pick<ParameterSpec, 'source' | 'layout'>): boolean {
  return (layout !== 'in-out') !== source.transposed;
}

/** Numbers of a parameter, padding not counted. */
export function parameterCount({ source: { shape, columns, rows } }: ParameterSpec): number {
  const count = elementsOf(shape);
  if (rows !== undefined) return (count / shape[0]!) * (rows[1] - rows[0]);
  return columns === undefined ? count : (count / shape.at(-1)!) * (columns[1] - columns[0]);
}

/** Copies a checkpoint tensor (or its part) into a parameter's array. Throws `corrupt` when the shape is another. */
export function fromCheckpoint(spec: ParameterSpec, shape: Shape, values: Float32Array, into: Float32Array): void {
  const { source } = spec;
  if (!sameShape(shape, source.shape)) {
    throw new FtsError('corrupt', `${source.tensor} has shape ${showShape(shape)}, not ${showShape(source.shape)}.`, {
      field: source.tensor,
      value: showShape(shape),
      remedy: 'The weights do not belong to this config.json: restore the pair.',
    });
  }
  into.fill(0);
  if (isWhole(source)) {
    into.set(values);
    const { plus } = source;
    if (plus !== undefined) for (let i = 0; i < values.length; i++) into[i]! += plus;
    return;
  }
  eachElement(spec, (inCheckpoint, inParameter) => {
    into[inParameter] = values[inCheckpoint]!;
  });
}

/** The inverse of `fromCheckpoint`; `into` is the whole checkpoint tensor. */
export function toCheckpoint(spec: ParameterSpec, values: Float32Array, into: Float32Array): void {
  const { source } = spec;
  if (isWhole(source)) {
    into.set(values.subarray(0, elementsOf(source.shape)));
    const { plus } = source;
    if (plus !== undefined) for (let i = 0; i < into.length; i++) into[i]! -= plus;
    return;
  }
  eachElement(spec, (inCheckpoint, inParameter) => {
    into[inCheckpoint] = values[inParameter]!;
  });
}

function isWhole({ transposed, columns, rows }: ParameterSource): boolean {
  return !transposed && columns === undefined && rows === undefined;
}

function eachElement({ source }: ParameterSpec, visit: (inCheckpoint: number, inParameter: number) => void): void {
  const width = source.shape.at(-1)!;
  const [firstRow, endRow] = source.rows ?? [0, elementsOf(source.shape) / width];
  const [firstColumn, endColumn] = source.columns ?? [0, width];
  const [rows, columns] = [endRow - firstRow, endColumn - firstColumn];
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      const inParameter = source.transposed ? column * rows + row : row * columns + column;
      visit((firstRow + row) * width + firstColumn + column, inParameter);
    }
  }
}

/** The parameters of each checkpoint tensor: one, or the parts of a fused one. */
export function bySource<Spec extends ParameterSpec>(specs: readonly Spec[]): Map<string, Spec[]> {
  const sources = new Map<string, Spec[]>();
  for (const spec of specs) {
    const parts = sources.get(spec.source.tensor);
    if (parts === undefined) sources.set(spec.source.tensor, [spec]);
    else parts.push(spec);
  }
  return sources;
}
