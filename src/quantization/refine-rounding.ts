import { roundToHalf } from '../model/float-formats.ts';
import { dequantizeRows, type QuantizedMatrix } from '../model/quantized-matrix.ts';
import type { MatrixProducts } from '../tensor/matrix-products.ts';
import { rowChunks } from './row-chunks.ts';

/** Sweeps over all columns; later ones change next to nothing. */
const sweeps = 3;
/** Columns whose codes change before the gradient of all others follows, in one matrix product. */
const blockColumns = 128;

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
  const { columns } = matrix;
  for (const { from, to } of rowChunks(matrix.rows, columns)) {
    const rows = to - from;
    const difference = dequantizeRows(matrix, from, to);
    for (let i = 0; i < difference.length; i++) difference[i]! -= weights[from * columns + i]!;
    // Half the gradient of the error: G = ΔW H, kept up to date with everything that changes.
    let gradient = new Float32Array(rows * columns);
    let next = new Float32Array(rows * columns);
    products.multiply(difference, gram, { rows, inner: columns, columns }, gradient);
    for (let sweep = 0; sweep < sweeps; sweep++) {
      let changed = false;
      for (let start = 0; start < columns; start += blockColumns) {
        const size = Math.min(blockColumns, columns - start);
        const step = new Float32Array(rows * size);
        if (!refineBlock(matrix, from, gradient, gram, start, size, step)) continue;
        changed = true;
        const factors = gram.subarray(start * columns, (start + size) * columns);
        products.multiply(step, factors, { rows, inner: size, columns }, next, gradient);
        [gradient, next] = [next, gradient];
      }
      if (!changed) break;
    }
  }
}

/** Refines the columns [start, start + size) of the rows that `step` has; `step` gets the change of their values. */
function refineBlock(
  matrix: QuantizedMatrix,
  firstRow: number,
  gradient: Float32Array,
  gram: Float32Array,
  start: number,
  size: number,
  step: Float32Array,
): boolean {
  const { columns, groupSize } = matrix;
  const groups = columns / groupSize;
  const rows = step.length / size;
  const tile = new Float64Array(size * size);
  for (let i = 0; i < size; i++) {
    for (let j = 0; j < size; j++) tile[i * size + j] = gram[(start + i) * columns + start + j]!;
  }
  const line = new Float64Array(size);
  let changed = false;
  for (let row = 0; row < rows; row++) {
    const at = row * columns + start;
    for (let i = 0; i < size; i++) line[i] = gradient[at + i]!;
    const steps = step.subarray(row * size, (row + 1) * size);
    for (let from = 0; from < size; ) {
      const group = (firstRow + row) * groups + Math.floor((start + from) / groupSize);
      const to = Math.min(size, (Math.floor((start + from) / groupSize) + 1) * groupSize - start);
      const codesAt = (firstRow + row) * columns + start;
      if (refineCodes(matrix, group, codesAt, from, to, tile, size, line, steps)) changed = true;
      const isWhole = to - from === groupSize;
      if (isWhole && refineScale(matrix, group, codesAt, from, to, tile, size, line, steps)) changed = true;
      from = to;
    }
  }
  return changed;
}

function refineCodes(
  { bits, codes, scales, zeroPoints }: QuantizedMatrix,
  group: number,
  codesAt: number,
  from: number,
  to: number,
  tile: Float64Array,
  size: number,
  line: Float64Array,
  steps: Float32Array,
): boolean {
  const scale = scales[group]!;
  if (scale === 0) return false;
  const zero = zeroPoints[group]!;
  const largest = 2 ** bits - 1;
  let changed = false;
  for (let i = from; i < to; i++) {
    const curvature = tile[i * size + i]!;
    if (curvature === 0) continue;
    const before = codes[codesAt + i]!;
    const wanted = Math.round(before - zero - line[i]! / curvature / scale) + zero;
    const code = wanted < 0 ? 0 : wanted > largest ? largest : wanted;
    if (code === before) continue;
    codes[codesAt + i] = code;
    changed = true;
    const change = scale * (code - before);
    steps[i]! += change;
    const factors = i * size;
    for (let k = 0; k < size; k++) line[k]! += change * tile[factors + k]!;
  }
  return changed;
}

/** The scale of least error for a group's codes as they are: s − (l · g) / (lᵀ H l), l being the codes less the zero. */
function refineScale(
  { codes, scales, zeroPoints }: QuantizedMatrix,
  group: number,
  codesAt: number,
  from: number,
  to: number,
  tile: Float64Array,
  size: number,
  line: Float64Array,
  steps: Float32Array,
): boolean {
  const scale = scales[group]!;
  if (scale === 0) return false;
  const zero = zeroPoints[group]!;
  let slope = 0;
  let curvature = 0;
  for (let i = from; i < to; i++) {
    const level = codes[codesAt + i]! - zero;
    if (level === 0) continue;
    slope += level * line[i]!;
    let sum = 0;
    for (let k = from; k < to; k++) sum += tile[i * size + k]! * (codes[codesAt + k]! - zero);
    curvature += level * sum;
  }
  if (curvature <= 0) return false;
  const rounded = roundToHalf(scale - slope / curvature);
  const change = rounded - scale;
  if (!(2 * change * slope + change * change * curvature < 0) || Math.abs(rounded) < 2 ** -14) return false;
  scales[group] = rounded;
  for (let i = from; i < to; i++) {
    const level = codes[codesAt + i]! - zero;
    if (level === 0) continue;
    steps[i]! += change * level;
    const factors = i * size;
    for (let k = 0; k < size; k++) line[k]! += change * level * tile[factors + k]!;
  }
  return true;
}
