import { roundToHalf } from '../../model/checkpoint/float-formats.ts';
import { dequantizeRows, type QuantizedMatrix } from '../../model/checkpoint/quantized-matrix.ts';
import type { MatrixProducts } from '../../tensor/matrix-products.ts';
import { smallestScale } from './rounding-grid.ts';
import { rowChunks } from './row-chunks.ts';

/** Sweeps over all columns; later ones change next to nothing. */
const sweeps = 3;
/** Most columns that change before the gradient of the others follows. */
const mostColumns = 128;

/**
 * Coordinate descent on a quantized matrix (QuantEase, arXiv:2309.01885): each code in turn becomes the one that makes
 * the layer's output error tr(ΔW H ΔWᵀ) least while everything else stays, and then each group's scale likewise. The
 * error can only fall. Changes codes and scales of `matrix` in place; `weights` [rows, columns] is what it stands for,
 * H a damped Σ x xᵀ [columns, columns].
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
    let live = new Uint8Array(rows).fill(1);
    for (let sweep = 0; sweep < sweeps && live.includes(1); sweep++) {
      const piece: RowPiece = { first: from, wanted, difference, live, changed: new Uint8Array(rows) };
      for (let start = 0; start < columns; start += size) {
        const shape = { rows, inner: columns, columns: Math.min(size, columns - start), transposeB: true };
        // Half the gradient of the error in these columns: ΔW H, whose symmetric H has its columns as rows.
        const gradient = new Float32Array(rows * shape.columns);
        const factors = gram.subarray(start * columns, (start + shape.columns) * columns);
        products.multiply(difference, factors, shape, gradient);
        const curvature = tileOf(factors, columns, start);
        const bends = bendsOf(products, matrix, piece, start, curvature);
        refineBlock(matrix, piece, { start, size: shape.columns, gradient, bends, curvature });
      }
      live = piece.changed;
    }
  }
}

/** Rows that are refined together. */
interface RowPiece {
  /** The first one's place in the matrix. */
  first: number;
  /** What they stand for, and what rounding has made of that less it: [rows, columns]. */
  wanted: Float32Array;
  difference: Float32Array;
  /** 1 for rows that the sweep before changed: a row that it did not is at its end. */
  live: Uint8Array<ArrayBuffer>;
  changed: Uint8Array<ArrayBuffer>;
}

/** Neighbouring columns of some rows: one group of each row, or a part of it where groups are long. */
interface ColumnBlock {
  start: number;
  size: number;
  /** Half the error's gradient [rows, size]. */
  gradient: Float32Array;
  /** The levels (codes less their zero point) times H among these columns, [rows, size]. */
  bends: Float32Array;
  /** H among these columns [size, size]. */
  curvature: Float32Array;
}

/** One row's weights in a block of columns: scale · level each. */
interface Group {
  scale: number;
  /** Codes less the zero point. */
  levels: Float64Array;
  least: number;
  most: number;
  /** Half the error's gradient, which follows every change of a level, and as it was before any. */
  slopes: Float64Array;
  firstSlopes: Float64Array;
  /** The levels times H before any change. */
  firstBends: Float64Array;
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

function bendsOf(
  products: MatrixProducts,
  { columns, groupSize, codes, zeroPoints }: QuantizedMatrix,
  { first, live }: RowPiece,
  start: number,
  curvature: Float32Array,
): Float32Array {
  const size = Math.sqrt(curvature.length);
  const levels = new Float32Array(live.length * size);
  const groups = columns / groupSize;
  for (let row = 0; row < live.length; row++) {
    const zero = zeroPoints[(first + row) * groups + Math.floor(start / groupSize)]!;
    const codesAt = (first + row) * columns + start;
    for (let i = 0; i < size; i++) levels[row * size + i] = codes[codesAt + i]! - zero;
  }
  const bends = new Float32Array(levels.length);
  products.multiply(levels, curvature, { rows: live.length, inner: size, columns: size }, bends);
  return bends;
}

/** Refines a block of columns in the live rows; the difference follows, and the rows that changed are marked. */
function refineBlock(
  { columns, bits, groupSize, codes, scales, zeroPoints }: QuantizedMatrix,
  { first, wanted, difference, live, changed }: RowPiece,
  { start, size, gradient, bends, curvature }: ColumnBlock,
): void {
  const groups = columns / groupSize;
  const group: Group = {
    ...{ scale: 0, least: 0, most: 0, curvature: Float64Array.from(curvature) },
    levels: new Float64Array(size),
    slopes: new Float64Array(size),
    firstSlopes: new Float64Array(size),
    firstBends: new Float64Array(size),
  };
  const { levels, slopes, firstSlopes, firstBends } = group;
  for (let row = 0; row < live.length; row++) {
    if (live[row] === 0) continue;
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
      firstSlopes[i] = slopes[i]!;
      firstBends[i] = bends[row * size + i]!;
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

/** Each level becomes the best there is while the others stay. */
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

/** The scale of least error for the levels l as they are: s − (l · g) / (lᵀ H l). */
function refineScale(group: Group): boolean {
  const { scale, levels, slopes, firstSlopes, firstBends } = group;
  const inverse = 1 / scale;
  let slope = 0;
  let bend = 0;
  for (let i = 0; i < levels.length; i++) {
    const level = levels[i]!;
    slope += level * slopes[i]!;
    // What changed levels have added to the slopes is H times their change, times the scale.
    bend += level * (firstBends[i]! + (slopes[i]! - firstSlopes[i]!) * inverse);
  }
  if (bend <= 0) return false;
  const rounded = roundToHalf(scale - slope / bend);
  const change = rounded - scale;
  if (!(2 * change * slope + change * change * bend < 0) || Math.abs(rounded) < smallestScale) return false;
  group.scale = rounded;
  return true;
}
