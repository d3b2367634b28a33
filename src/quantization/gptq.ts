import { FtsError } from '../errors/fts-error.ts';
import type { QuantizedMatrix } from '../model/quantized-matrix.ts';
import type { MatrixProducts } from '../tensor/matrix-products.ts';
import { inverseCholeskyUpper } from './cholesky.ts';
import { refineCodes } from './refine-codes.ts';
import { codeOf, emptyMatrix, type RoundingGrid, type RoundingSettings, searchedGrid } from './rounding-grid.ts';

export interface GptqSettings extends RoundingSettings {
  /** Share of the Hessian's mean diagonal that is added to its diagonal. */
  damping: number;
  /** Round the inputs with the largest activations first; scales are then fixed before. */
  actOrder: boolean;
}

/** Columns whose errors are spread among themselves before they are spread to all others at once. */
const blockColumns = 128;

/**
 * GPTQ (arXiv:2210.17323): rounds a weight matrix [rows, columns] column by column, and after each moves its error to
 * the columns not yet rounded so that the layer's output on the calibration inputs changes least; then sweeps over the codes once more. `gram` is Σ x xᵀ of
 * those inputs, [columns, columns]. `weights` is not changed.
 */
export function gptq(
  products: MatrixProducts,
  weights: Float32Array,
  rows: number,
  columns: number,
  gram: Float32Array,
  settings: GptqSettings,
  name: string,
): QuantizedMatrix {
  const matrix = emptyMatrix(rows, columns, settings, name);
  const order = columnOrder(gram, columns, settings.actOrder);
  const { upper, dead } = inverseFactor(products, gram, columns, order, settings.damping, name);
  let work = permutedColumns(weights, rows, columns, order);
  for (let column = 0; column < columns; column++) {
    if (dead[order[column]!] === 1) for (let row = 0; row < rows; row++) work[row * columns + column] = 0;
  }
  // With the columns out of order a group is complete only at the end: its scales come from the weights as they were.
  const importance = diagonalImportance(upper, columns, order);
  if (settings.actOrder) chooseStaticGrids(matrix, weights, importance, settings);
  for (let start = 0; start < columns; start += blockColumns) {
    const size = Math.min(blockColumns, columns - start);
    const errors = new Float32Array(rows * size);
    roundBlock(matrix, work, upper, importance, start, size, order, errors, settings);
    const rest = columns - start - size;
    if (rest > 0) work = spreadErrors(products, work, errors, upper, rows, columns, start, size);
  }
  refineCodes(products, matrix, weights, gram, settings.damping);
  return matrix;
}

function columnOrder(gram: Float32Array, columns: number, actOrder: boolean): Int32Array {
  const order = Int32Array.from({ length: columns }, (_, column) => column);
  if (!actOrder) return order;
  return order.sort((a, b) => gram[b * columns + b]! - gram[a * columns + a]! || a - b);
}

/** The factor of the damped Hessian's inverse, in the order given; inputs that never fire are taken out. */
function inverseFactor(
  products: MatrixProducts,
  gram: Float32Array,
  columns: number,
  order: Int32Array,
  damping: number,
  name: string,
): { upper: Float64Array; dead: Uint8Array } {
  let mean = 0;
  const dead = new Uint8Array(columns);
  for (let i = 0; i < columns; i++) {
    const diagonal = gram[i * columns + i]!;
    if (!Number.isFinite(diagonal)) {
      throw new FtsError('invalid-input', `The inputs of ${name} are not finite on the calibration text.`, {
        field: name,
        remedy: 'The model itself is damaged: evaluate it before quantizing.',
      });
    }
    if (diagonal === 0) dead[i] = 1;
    mean += diagonal / columns;
  }
  const h = new Float64Array(columns * columns);
  for (let i = 0; i < columns; i++) {
    const row = order[i]! * columns;
    for (let j = 0; j < columns; j++) h[i * columns + j] = gram[row + order[j]!]!;
    h[i * columns + i]! += damping * mean + (dead[order[i]!] === 1 ? 1 : 0) + (mean === 0 ? 1 : 0);
  }
  return { upper: inverseCholeskyUpper(products, h, columns), dead };
}

/** What an error in each original column costs after compensation: 1 / U_ii². */
function diagonalImportance(upper: Float64Array, columns: number, order: Int32Array): Float64Array {
  const importance = new Float64Array(columns);
  for (let i = 0; i < columns; i++) importance[order[i]!] = upper[i * columns + i]! ** -2;
  return importance;
}

function permutedColumns(weights: Float32Array, rows: number, columns: number, order: Int32Array): Float32Array {
  const out = new Float32Array(rows * columns);
  for (let row = 0; row < rows; row++) {
    for (let i = 0; i < columns; i++) out[row * columns + i] = weights[row * columns + order[i]!]!;
  }
  return out;
}

function chooseStaticGrids(
  matrix: QuantizedMatrix,
  weights: Float32Array,
  importance: Float64Array,
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

/** Rounds the columns [start, start + size) of every row, spreading errors within them; collects the errors. */
function roundBlock(
  matrix: QuantizedMatrix,
  work: Float32Array,
  upper: Float64Array,
  importance: Float64Array,
  start: number,
  size: number,
  order: Int32Array,
  errors: Float32Array,
  settings: GptqSettings,
): void {
  const { rows, columns, bits, groupSize, codes, scales, zeroPoints } = matrix;
  const groups = columns / groupSize;
  const tile = new Float64Array(size * size);
  for (let i = 0; i < size; i++) {
    for (let j = i; j < size; j++) tile[i * size + j] = upper[(start + i) * columns + start + j]!;
  }
  for (let row = 0; row < rows; row++) {
    const line = work.subarray(row * columns + start, row * columns + start + size);
    for (let i = 0; i < size; i++) {
      const column = order[start + i]!;
      const group = row * groups + Math.floor(column / groupSize);
      if (!settings.actOrder && column % groupSize === 0) {
        // The rest of a group longer than the block has not met this block's errors yet: near enough for its scale.
        const from = row * columns + column;
        const chosen = searchedGrid(work, from, from + groupSize, settings, importance, column);
        scales[group] = chosen.scale;
        zeroPoints[group] = chosen.zero;
      }
      const grid: RoundingGrid = { scale: scales[group]!, zero: zeroPoints[group]! };
      const value = line[i]!;
      const code = codeOf(value, grid, bits);
      codes[row * columns + column] = code;
      const error = (value - grid.scale * (code - grid.zero)) / tile[i * size + i]!;
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
  rows: number,
  columns: number,
  start: number,
  size: number,
): Float32Array {
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
  return work;
}
