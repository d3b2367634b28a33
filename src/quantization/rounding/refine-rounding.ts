import { roundToHalf } from '../../model/checkpoint/float-formats.ts';
import { dequantizeRows, type QuantizedMatrix } from '../../model/checkpoint/quantized-matrix.ts';
import type { MatrixProducts } from '../../tensor/matrix-products.ts';
import { smallestScale } from './rounding-grid.ts';
import { rowChunks } from './row-chunks.ts';

/** Number of sweeps over all columns; more would change almost nothing. */
const sweeps = 3;
/** Most columns of a block; the gradient of the other columns is updated after each block. */
const mostColumns = 128;

/**
 * Coordinate descent on a quantized matrix (QuantEase, arXiv:2309.01885): each code in turn is set to the value that
 * minimizes the layer's output error tr(ΔW H ΔWᵀ) with all others fixed, then each group's scale likewise. The error
 * never rises. Changes codes and scales of `matrix` in place; `weights` [rows, columns] are the unrounded weights, H a
 * damped Σ x xᵀ [columns, columns].
 */
export function refineRounding(
  products: MatrixProducts,
  matrix: QuantizedMatrix,
  weights: Float32Array,
  gram: Float32Array,
): void {
  const { columns, groupSize } = matrix;
  const size = Math.min(groupSize, mostColumns);
  for (const { from, to } of rowChunks(matrix.rows, columns)) {
    const rows = to - from;
    const wanted = weights.subarray(from * columns, to * columns);
    const difference = dequantizeRows(matrix, from, to);
    for (let i = 0; i < difference.length; i++) difference[i]! -= wanted[i]!;
    let active = new Uint8Array(rows).fill(1);
    for (let sweep = 0; sweep < sweeps && active.includes(1); sweep++) {
      const piece: RowPiece = { first: from, wanted, difference, active, changed: new Uint8Array(rows) };
      for (let start = 0; start < columns; start += size) {
        const shape = { rows, inner: columns, columns: Math.min(size, columns - start), transposeB: true };
        // Half the gradient of the error in these columns: ΔW H. H is symmetric, so its rows serve as its columns.
        const gradient = new Float32Array(rows * shape.columns);
        const factors = gram.subarray(start * columns, (start + shape.columns) * columns);
        products.multiply(difference, factors, shape, gradient);
        const curvature = tileOf(factors, columns, start);
        const hessianLevels = levelsTimesHessian(products, matrix, piece, start, curvature);
        refineBlock(matrix, piece, { start, size: shape.columns, gradient, hessianLevels, curvature });
      }
      active = piece.changed;
    }
  }
}

/** A chunk of rows that are refined together. */
interface RowPiece {
  /** Index of the first row in the matrix. */
  first: number;
  /** The unrounded weights, and `difference`: the rounded minus the unrounded weights; [rows, columns]. */
  wanted: Float32Array;
  difference: Float32Array;
  /** 1 for rows changed by the previous sweep; an unchanged row is finished. */
  active: Uint8Array<ArrayBuffer>;
  changed: Uint8Array<ArrayBuffer>;
}

/** Consecutive columns of some rows: one group per row, or a part of a long group. */
interface ColumnBlock {
  start: number;
  size: number;
  /** Half the error's gradient [rows, size]. */
  gradient: Float32Array;
  /** The levels (codes minus zero point) times H restricted to these columns, [rows, size]. */
  hessianLevels: Float32Array;
  /** H restricted to these columns, [size, size]. */
  curvature: Float32Array;
}

/** One row's weights in a block of columns, each equal to scale · level. */
interface Group {
  scale: number;
  /** Codes minus the zero point. */
  levels: Float64Array;
  least: number;
  most: number;
  /** Half the error's gradient, updated with every change of a level, and its initial value. */
  slopes: Float64Array;
  initialSlopes: Float64Array;
  /** The initial levels times H. */
  initialHessianLevels: Float64Array;
  curvature: Float64Array;
}

function tileOf(rows: Float32Array, columns: number, start: number): Float32Array {
  const size = rows.length / columns;
  const tile = new Float32Array(size * size);
  for (let i = 0; i < size; i++) {
    tile.set(rows.subarray(i * columns + start, i * columns + start + size), i * size);
  }
  return tile;
}

function levelsTimesHessian(
  products: MatrixProducts,
  { columns, groupSize, codes, zeroPoints }: QuantizedMatrix,
  { first, active }: RowPiece,
  start: number,
  curvature: Float32Array,
): Float32Array {
  const size = Math.sqrt(curvature.length);
  const levels = new Float32Array(active.length * size);
  const groups = columns / groupSize;
  for (let row = 0; row < active.length; row++) {
    const zero = zeroPoints[(first + row) * groups + Math.floor(start / groupSize)]!;
    const codesAt = (first + row) * columns + start;
    for (let i = 0; i < size; i++) levels[row * size + i] = codes[codesAt + i]! - zero;
  }
  const hessianLevels = new Float32Array(levels.length);
  products.multiply(levels, curvature, { rows: active.length, inner: size, columns: size }, hessianLevels);
  return hessianLevels;
}

/** Refines a block of columns in the active rows, updates `difference`, and marks changed rows. */
function refineBlock(
  { columns, bits, groupSize, codes, scales, zeroPoints }: QuantizedMatrix,
  { first, wanted, difference, active, changed }: RowPiece,
  { start, size, gradient, hessianLevels, curvature }: ColumnBlock,
): void {
  const groups = columns / groupSize;
  const group: Group = {
    ...{ scale: 0, least: 0, most: 0, curvature: Float64Array.from(curvature) },
    levels: new Float64Array(size),
    slopes: new Float64Array(size),
    initialSlopes: new Float64Array(size),
    initialHessianLevels: new Float64Array(size),
  };
  const { levels, slopes, initialSlopes, initialHessianLevels } = group;
  for (let row = 0; row < active.length; row++) {
    if (active[row] === 0) continue;
    const at = (first + row) * groups + Math.floor(start / groupSize);
    const codesAt = (first + row) * columns + start;
    const zero = zeroPoints[at]!;
    group.scale = scales[at]!;
    if (group.scale === 0) continue;
    group.least = -zero;
    group.most = 2 ** bits - 1 - zero;
    for (let i = 0; i < size; i++) {
      levels[i] = codes[codesAt + i]! - zero;
      slopes[i] = gradient[row * size + i]!;
      initialSlopes[i] = slopes[i]!;
      initialHessianLevels[i] = hessianLevels[row * size + i]!;
    }
    const codesChanged = refineCodes(group);
    const scaleChanged = size === groupSize && refineScale(group);
    if (!codesChanged && !scaleChanged) continue;
    changed[row] = 1;
    scales[at] = group.scale;
    for (let i = 0; i < size; i++) {
      codes[codesAt + i] = levels[i]! + zero;
      const place = row * columns + start + i;
      difference[place] = group.scale * levels[i]! - wanted[place]!;
    }
  }
}

/** Sets each level to its best value with all others fixed. */
function refineCodes({ scale, levels, least, most, slopes, curvature }: Group): boolean {
  const size = levels.length;
  const inverse = 1 / scale;
  let changed = false;
  for (let i = 0; i < size; i++) {
    const own = curvature[i * size + i]!;
    if (own === 0) continue;
    const before = levels[i]!;
    const wanted = Math.round(before - (slopes[i]! / own) * inverse);
    const level = Math.min(most, Math.max(least, wanted));
    if (level === before) continue;
    levels[i] = level;
    changed = true;
    const change = scale * (level - before);
    const factors = i * size;
    for (let k = 0; k < size; k++) slopes[k]! += change * curvature[factors + k]!;
  }
  return changed;
}

/** Sets the scale to the best one for the current levels l: s − (l · g) / (lᵀ H l). */
function refineScale(group: Group): boolean {
  const { scale, levels, slopes, initialSlopes, initialHessianLevels } = group;
  const inverse = 1 / scale;
  let slope = 0;
  let curve = 0;
  for (let i = 0; i < levels.length; i++) {
    const level = levels[i]!;
    slope += level * slopes[i]!;
    // The slopes have changed by H times the change of the levels, times the scale.
    curve += level * (initialHessianLevels[i]! + (slopes[i]! - initialSlopes[i]!) * inverse);
  }
  if (curve <= 0) return false;
  const rounded = roundToHalf(scale - slope / curve);
  const change = rounded - scale;
  if (!(2 * change * slope + change * change * curve < 0) || Math.abs(rounded) < smallestScale) return false;
  group.scale = rounded;
  return true;
}
