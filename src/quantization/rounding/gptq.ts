import type { QuantizedMatrix } from '../../model/checkpoint/quantized-matrix.ts';
import type { MatrixProducts } from '../../tensor/matrix-products.ts';
import type { InputHessian } from '../calibration/input-hessian.ts';
import { refineRounding } from './refine-rounding.ts';
import { codeOf, emptyMatrix, type RoundingSettings, searchedGrid } from './rounding-grid.ts';
import { rowChunks } from './row-chunks.ts';

export interface GptqSettings extends RoundingSettings {
  /** Round the inputs with the largest activations first; scales are then chosen before rounding. */
  actOrder: boolean;
}

/** Columns of a block. Errors are spread within a block at once, and to all later columns after the block. */
const blockColumns = 32;
/** Longest group that is rounded in one block. */
const mostColumns = 128;

/**
 * GPTQ (arXiv:2210.17323): rounds a weight matrix [rows, columns] column by column. After each column, its error is
 * spread to the columns not yet rounded, so that the layer's output on the calibration inputs changes least. Then codes
 * and scales are refined once more. `weights` is not changed. Rows are independent and processed in chunks.
 */
export function gptq(
  products: MatrixProducts,
  weights: Float32Array,
  rows: number,
  hessian: InputHessian,
  settings: GptqSettings,
  name: string,
): QuantizedMatrix {
  const { columns, order, dead, spread } = hessian;
  const matrix = emptyMatrix(rows, columns, settings, name);
  // If columns are rounded out of order, a group is complete only at the end, so its scale is chosen from the original
  // weights. In order, it is chosen from the group's weights after the earlier columns' errors were spread to them.
  const isStatic = settings.actOrder || matrix.groupSize > mostColumns;
  if (isStatic) chooseStaticGrids(matrix, weights, hessian, settings);
  const width = isStatic ? blockColumns : Math.max(blockColumns, matrix.groupSize);
  for (const { from, to } of rowChunks(rows, columns)) {
    const count = to - from;
    // The rounding errors of the finished columns, each divided by its U_ii; 0 for the others.
    const errors = new Float32Array(count * columns);
    for (let start = 0; start < columns; start += width) {
      const size = Math.min(width, columns - start);
      const block = new Float32Array(count * size);
      for (let row = 0; row < count; row++) {
        for (let i = 0; i < size; i++) {
          const column = order[start + i]!;
          block[row * size + i] = dead[column] === 1 ? 0 : weights[(from + row) * columns + column]!;
        }
      }
      // Spread the errors of the finished columns to this block: W −= E U.
      const corrected = new Float32Array(count * size);
      const factors = spread.subarray(start * columns, (start + size) * columns);
      const shape = { rows: count, inner: columns, columns: size, transposeB: true, factor: -1 };
      products.multiply(errors, factors, shape, corrected, block);
      roundBlock(matrix, from, corrected, hessian, start, errors, isStatic ? undefined : settings);
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

/**
 * Rounds the columns [start, start + size), given as `block` [rows, size], spreading errors within the block, and
 * stores the errors in `errors` [rows, columns]. With `search`, each group's grid is chosen at its first column.
 */
function roundBlock(
  matrix: QuantizedMatrix,
  firstRow: number,
  block: Float32Array,
  { upper, importance, order }: InputHessian,
  start: number,
  errors: Float32Array,
  search: RoundingSettings | undefined,
): void {
  const { columns, bits, groupSize, codes, scales, zeroPoints } = matrix;
  const groups = columns / groupSize;
  const largest = 2 ** bits - 1;
  const rows = errors.length / columns;
  const size = block.length / rows;
  const tile = new Float64Array(size * size);
  for (let i = 0; i < size; i++) {
    for (let j = i; j < size; j++) tile[i * size + j] = upper[(start + i) * columns + start + j]!;
  }
  const line = new Float64Array(size);
  for (let row = 0; row < rows; row++) {
    for (let i = 0; i < size; i++) line[i] = block[row * size + i]!;
    for (let i = 0; i < size; i++) {
      const column = order[start + i]!;
      const group = (firstRow + row) * groups + Math.floor(column / groupSize);
      if (search !== undefined && column % groupSize === 0) {
        const values = Float32Array.from(line.subarray(i, i + groupSize));
        const chosen = searchedGrid(values, 0, groupSize, search, importance, column);
        scales[group] = chosen.scale;
        zeroPoints[group] = chosen.zero;
      }
      const scale = scales[group]!;
      const zero = zeroPoints[group]!;
      const value = line[i]!;
      const code = codeOf(value, scale, zero, largest);
      codes[(firstRow + row) * columns + column] = code;
      const error = (value - scale * (code - zero)) / tile[i * size + i]!;
      errors[row * columns + start + i] = error;
      const factors = i * size;
      for (let j = i + 1; j < size; j++) line[j]! -= error * tile[factors + j]!;
    }
  }
}
