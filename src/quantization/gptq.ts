import type { QuantizedMatrix } from '../model/quantized-matrix.ts';
import type { MatrixProducts } from '../tensor/matrix-products.ts';
import type { InputHessian } from './input-hessian.ts';
import { refineRounding } from './refine-rounding.ts';
import { codeOf, emptyMatrix, type RoundingSettings, searchedGrid } from './rounding-grid.ts';
import { rowChunks } from './row-chunks.ts';

export interface GptqSettings extends RoundingSettings {
  /** The inputs come in the order of their activations: scales are then fixed before. */
  actOrder: boolean;
}

/** Columns whose errors are spread among themselves before they are spread to all others at once. */
const blockColumns = 128;

/**
 * GPTQ (arXiv:2210.17323): rounds a weight matrix [rows, columns] column by column, and after each moves its error to
 * the columns not yet rounded so that the layer's output on the calibration inputs changes least; then refines codes
 * and scales once more. `weights` is not changed. Rows do not depend on each other and go through in pieces.
 */
export function gptq(
  products: MatrixProducts,
  weights: Float32Array,
  rows: number,
  hessian: InputHessian,
  settings: GptqSettings,
  name: string,
): QuantizedMatrix {
  const { columns, order, dead, upper } = hessian;
  const matrix = emptyMatrix(rows, columns, settings, name);
  // With the columns out of order a group is complete only at the end: its scales come from the weights as they were.
  if (settings.actOrder) chooseStaticGrids(matrix, weights, hessian, settings);
  for (const { from, to } of rowChunks(rows, columns)) {
    const count = to - from;
    const work = new Float32Array(count * columns);
    for (let row = 0; row < count; row++) {
      for (let i = 0; i < columns; i++) {
        const column = order[i]!;
        work[row * columns + i] = dead[column] === 1 ? 0 : weights[(from + row) * columns + column]!;
      }
    }
    for (let start = 0; start < columns; start += blockColumns) {
      const size = Math.min(blockColumns, columns - start);
      const errors = new Float32Array(count * size);
      roundBlock(matrix, from, work, hessian, start, size, errors, settings);
      if (start + size < columns) spreadErrors(products, work, errors, upper, columns, start, size);
    }
  }
  refineRounding(products, matrix, weights, hessian.gram);
  return matrix;
}

function chooseStaticGrids(
  matrix: QuantizedMatrix,
  weights: Float32Array,
  { importance }: InputHessian,
  settings: RoundingSettings,
): void {
  const { groupSize, columns, scales, zeroPoints } = matrix;
  const groups = columns / groupSize;
  for (let group = 0; group < scales.length; group++) {
    const firstColumn = (group % groups) * groupSize;
    const from = group * groupSize;
    const grid = searchedGrid(weights, from, from + groupSize, settings, importance, firstColumn);
    scales[group] = grid.scale;
    zeroPoints[group] = grid.zero;
  }
}

/** Rounds the columns [start, start + size) of the rows of `work`, spreading errors within them; collects the errors. */
function roundBlock(
  matrix: QuantizedMatrix,
  firstRow: number,
  work: Float32Array,
  { upper, importance, order }: InputHessian,
  start: number,
  size: number,
  errors: Float32Array,
  settings: GptqSettings,
): void {
  const { columns, bits, groupSize, codes, scales, zeroPoints } = matrix;
  const groups = columns / groupSize;
  const largest = 2 ** bits - 1;
  const tile = new Float64Array(size * size);
  for (let i = 0; i < size; i++) {
    for (let j = i; j < size; j++) tile[i * size + j] = upper[(start + i) * columns + start + j]!;
  }
  for (let row = 0; row < errors.length / size; row++) {
    const line = work.subarray(row * columns + start, row * columns + start + size);
    for (let i = 0; i < size; i++) {
      const column = order[start + i]!;
      const group = (firstRow + row) * groups + Math.floor(column / groupSize);
      if (!settings.actOrder && column % groupSize === 0) {
        // The rest of a group longer than the block has not met this block's errors yet: near enough for its scale.
        const from = row * columns + column;
        const chosen = searchedGrid(work, from, from + groupSize, settings, importance, column);
        scales[group] = chosen.scale;
        zeroPoints[group] = chosen.zero;
      }
      const scale = scales[group]!;
      const zero = zeroPoints[group]!;
      const value = line[i]!;
      const code = codeOf(value, scale, zero, largest);
      codes[(firstRow + row) * columns + column] = code;
      const error = (value - scale * (code - zero)) / tile[i * size + i]!;
      errors[row * size + i] = error;
      const factors = i * size;
      for (let j = i + 1; j < size; j++) line[j]! -= error * tile[factors + j]!;
    }
  }
}

/** Moves the errors of a block to all columns after it: W −= E U, one matrix product. */
function spreadErrors(
  products: MatrixProducts,
  work: Float32Array,
  errors: Float32Array,
  upper: Float64Array,
  columns: number,
  start: number,
  size: number,
): void {
  const rows = errors.length / size;
  const from = start + size;
  const rest = columns - from;
  const factors = new Float32Array(size * rest);
  for (let i = 0; i < size; i++) {
    for (let j = 0; j < rest; j++) factors[i * rest + j] = upper[(start + i) * columns + from + j]!;
  }
  const remaining = new Float32Array(rows * rest);
  for (let row = 0; row < rows; row++) {
    remaining.set(work.subarray(row * columns + from, (row + 1) * columns), row * rest);
  }
  const updated = new Float32Array(rows * rest);
  products.multiply(errors, factors, { rows, inner: size, columns: rest, factor: -1 }, updated, remaining);
  for (let row = 0; row < rows; row++) {
    work.set(updated.subarray(row * rest, (row + 1) * rest), row * columns + from);
  }
}
