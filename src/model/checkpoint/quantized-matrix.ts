import { FtsError } from '../../errors/fts-error.ts';

/**
 * A weight matrix [rows = out, columns = in] in whole numbers: w = scale · (code − zero point), with one scale and zero
 * point per row and group of consecutive columns. The form in which methods give and formats take it.
 */
export interface QuantizedMatrix {
  rows: number;
  columns: number;
  bits: 4 | 8;
  /** Columns that share a scale; `columns` is one scale per row. */
  groupSize: number;
  /** Zero points are all the middle code (8 or 128). */
  symmetric: boolean;
  /** [rows, columns], 0 to 2^bits − 1. */
  codes: Uint8Array;
  /** [rows, groups]; every value is a binary16 number, so that no format has to round it again. */
  scales: Float32Array;
  /** [rows, groups]. */
  zeroPoints: Uint8Array;
  /** The group of each column, where they are not consecutive (GPTQ's activation order). */
  groupOfColumn?: Int32Array;
}

/** Groups per row. Throws `invalid-input` where the group size does not divide the columns. */
export function groupsPerRow(columns: number, groupSize: number, name: string): number {
  if (Number.isInteger(groupSize) && groupSize > 0 && columns % groupSize === 0) return columns / groupSize;
  throw new FtsError('invalid-input', `The group size ${groupSize} does not divide the ${columns} inputs of ${name}.`, {
    field: 'groupSize',
    value: groupSize,
    remedy: `Use a divisor of ${columns}, or "channel" for one scale per output.`,
  });
}

/** The values that a quantized matrix stands for, [rows, columns]. */
export function dequantizeMatrix(matrix: QuantizedMatrix): Float32Array {
  return dequantizeRows(matrix, 0, matrix.rows);
}

/** The values of the rows from `from` up to `to`. */
export function dequantizeRows(matrix: QuantizedMatrix, from: number, to: number): Float32Array {
  const { columns, groupSize, codes, scales, zeroPoints } = matrix;
  const out = new Float32Array((to - from) * columns);
  const groups = columns / groupSize;
  const { groupOfColumn } = matrix;
  if (groupOfColumn !== undefined) {
    for (let row = from; row < to; row++) {
      for (let column = 0; column < columns; column++) {
        const group = row * groups + groupOfColumn[column]!;
        const at = row * columns + column;
        out[at - from * columns] = scales[group]! * (codes[at]! - zeroPoints[group]!);
      }
    }
    return out;
  }
  const first = from * columns;
  for (let group = from * groups; group < to * groups; group++) {
    const scale = scales[group]!;
    const zero = zeroPoints[group]!;
    const at = group * groupSize;
    for (let i = at; i < at + groupSize; i++) out[i - first] = scale * (codes[i]! - zero);
  }
  return out;
}
