import type { MatrixProducts } from '../../tensor/matrix-products.ts';
import type { InputHessian } from '../calibration/input-hessian.ts';

/**
 * The unrounded weights [outputs, inputs] whose outputs are closest to the original model's: W + E H⁻¹, the
 * least-squares solution for the output error E = Σ d xᵀ. This compensates for the rounding of earlier layers as far as
 * a linear layer can (GPTAQ, arXiv:2504.02692).
 */
export function correctedWeight(
  products: MatrixProducts,
  weights: Float32Array,
  errorProduct: Float32Array,
  { columns, order, upper }: InputHessian,
): Float32Array {
  const rows = weights.length / columns;
  const ordered = new Float64Array(weights.length);
  for (let at = 0; at < ordered.length; at += columns) {
    for (let i = 0; i < columns; i++) ordered[at + i] = errorProduct[at + order[i]!]!;
  }
  // H⁻¹ = Uᵀ U in the order of the inputs.
  const half = new Float64Array(weights.length);
  products.multiply(ordered, upper, { rows, inner: columns, columns, transposeB: true }, half);
  products.multiply(half, upper, { rows, inner: columns, columns }, ordered);
  const corrected = weights.slice();
  for (let at = 0; at < ordered.length; at += columns) {
    for (let i = 0; i < columns; i++) corrected[at + order[i]!]! += ordered[at + i]!;
  }
  return corrected;
}
