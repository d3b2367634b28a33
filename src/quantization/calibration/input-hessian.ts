import { FtsError } from '../../errors/fts-error.ts';
import type { MatrixProducts } from '../../tensor/matrix-products.ts';
import { inverseCholeskyUpper } from '../rounding/cholesky.ts';

/** Σ x xᵀ of a layer's inputs plus `damping` times its mean diagonal, which reduces the effect of too few samples. */
export function dampedGram(gram: Float32Array, columns: number, damping: number): Float32Array {
  let mean = 0;
  for (let i = 0; i < columns; i++) mean += gram[i * columns + i]! / columns;
  const damped = gram.slice();
  for (let i = 0; i < columns; i++) damped[i * columns + i]! += mean === 0 ? 1 : damping * mean;
  return damped;
}

/** Input statistics for GPTQ, shared by all weight matrices with the same inputs. */
export interface InputHessian {
  columns: number;
  /** The damped Σ x xᵀ [columns, columns]. */
  gram: Float32Array;
  /** The inputs in the order in which they are rounded. */
  order: Int32Array;
  /** The upper factor of the inverse in that order, float64 [columns, columns]. */
  upper: Float64Array;
  /** Its transpose in float32, without the diagonal: row j holds the factors by which errors are spread to column j. */
  spread: Float32Array;
  /** 1 for inputs that are always zero, whose weights have no effect. */
  dead: Uint8Array;
  /** The cost of an error in each input's weight after compensation: 1 / U_ii². */
  importance: Float64Array;
}

/** Throws `invalid-input` if the inputs of `name` are not finite. */
export function inputHessian(
  products: MatrixProducts,
  inputGram: Float32Array,
  columns: number,
  { damping, actOrder }: { damping: number; actOrder: boolean },
  name: string,
): InputHessian {
  const dead = new Uint8Array(columns);
  for (let i = 0; i < columns; i++) {
    const diagonal = inputGram[i * columns + i]!;
    if (!Number.isFinite(diagonal)) {
      throw new FtsError('invalid-input', `The inputs of ${name} are not finite on the calibration text.`, {
        field: name,
        remedy: 'The model itself is damaged: evaluate it before quantizing.',
      });
    }
    if (diagonal === 0) dead[i] = 1;
  }
  const gram = dampedGram(inputGram, columns, damping);
  const order = Int32Array.from({ length: columns }, (_, column) => column);
  if (actOrder) order.sort((a, b) => gram[b * columns + b]! - gram[a * columns + a]! || a - b);
  const h = new Float64Array(columns * columns);
  for (let i = 0; i < columns; i++) {
    const row = order[i]! * columns;
    for (let j = 0; j < columns; j++) h[i * columns + j] = gram[row + order[j]!]!;
  }
  const upper = inverseCholeskyUpper(products, h, columns);
  const importance = new Float64Array(columns);
  for (let i = 0; i < columns; i++) importance[order[i]!] = upper[i * columns + i]! ** -2;
  const spread = new Float32Array(columns * columns);
  for (let j = 0; j < columns; j++) {
    for (let i = 0; i < j; i++) spread[j * columns + i] = upper[i * columns + j]!;
  }
  return { columns, gram, order, upper, spread, dead, importance };
}
