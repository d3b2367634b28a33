import { dequantizeMatrix, type QuantizedMatrix } from '../model/quantized-matrix.ts';
import type { MatrixProducts } from '../tensor/matrix-products.ts';

/** Sweeps over all columns; later ones change next to nothing. */
const sweeps = 3;

/**
 * Coordinate descent on the codes of a quantized matrix (QuantEase, arXiv:2309.01885): each code in turn becomes the one
 * that makes the layer's output error tr(ΔW H ΔWᵀ) least while all others stay. The error can only fall. Changes
 * `matrix.codes` in place. H is `inputGram` with a share `damping` of its mean diagonal added.
 */
export function refineCodes(
  products: MatrixProducts,
  matrix: QuantizedMatrix,
  weights: Float32Array,
  inputGram: Float32Array,
  damping: number,
): void {
  const { rows, columns, bits, groupSize, codes, scales, zeroPoints } = matrix;
  const gram = dampedGram(inputGram, columns, damping);
  const groups = columns / groupSize;
  const largest = 2 ** bits - 1;
  const difference = dequantizeMatrix(matrix);
  for (let i = 0; i < difference.length; i++) difference[i]! -= weights[i]!;
  // Half the gradient of the error: G = ΔW H, kept up to date with every code that changes.
  const gradient = new Float32Array(rows * columns);
  products.multiply(difference, gram, { rows, inner: columns, columns }, gradient);
  for (let row = 0; row < rows; row++) {
    const line = gradient.subarray(row * columns, (row + 1) * columns);
    for (let sweep = 0; sweep < sweeps; sweep++) {
      let changed = false;
      for (let column = 0; column < columns; column++) {
        const curvature = gram[column * columns + column]!;
        const group = row * groups + Math.floor(column / groupSize);
        const scale = scales[group]!;
        if (curvature === 0 || scale === 0) continue;
        const at = row * columns + column;
        const value = scale * (codes[at]! - zeroPoints[group]!);
        const wanted = Math.round((value - line[column]! / curvature) / scale) + zeroPoints[group]!;
        const code = wanted < 0 ? 0 : Math.min(wanted, largest);
        if (code === codes[at]) continue;
        const step = scale * (code - codes[at]!);
        codes[at] = code;
        changed = true;
        const from = column * columns;
        for (let k = 0; k < columns; k++) line[k]! += step * gram[from + k]!;
      }
      if (!changed) break;
    }
  }
}

/** What is not known from few samples counts as unrelated. */
function dampedGram(gram: Float32Array, columns: number, damping: number): Float32Array {
  let mean = 0;
  for (let i = 0; i < columns; i++) mean += gram[i * columns + i]! / columns;
  const damped = gram.slice();
  for (let i = 0; i < columns; i++) damped[i * columns + i]! += damping * mean;
  return damped;
}
