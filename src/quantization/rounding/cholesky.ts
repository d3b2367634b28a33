import { FtsError } from '../../errors/fts-error.ts';
import type { MatrixProducts } from '../../tensor/matrix-products.ts';

const tile = 128;

/**
 * The upper triangular factor U of the inverse of a symmetric positive definite matrix, H⁻¹ = Uᵀ U, [n, n] in float64,
 * as used by GPTQ (arXiv:2210.17323, step 3). With P the reversal of order and P H P = L Lᵀ, U = P L⁻¹ P: one blocked
 * factorization and one blocked triangular inverse, both mostly matrix products. `h` is overwritten. Throws `internal`
 * if H is not positive definite.
 */
export function inverseCholeskyUpper(products: MatrixProducts, h: Float64Array, n: number): Float64Array {
  // Reversing all values reverses the rows and the columns.
  const factor = cholesky(products, h.reverse(), n);
  return invertLower(products, factor, n).reverse();
}

/** Lower triangular L with A = L Lᵀ; `a` is overwritten and returned. */
function cholesky(products: MatrixProducts, a: Float64Array, n: number): Float64Array {
  for (let start = 0; start < n; start += tile) {
    const size = Math.min(tile, n - start);
    factorTile(a, n, start, size);
    const rest = n - start - size;
    if (rest === 0) break;
    // First the panel below, L21 = A21 L11⁻ᵀ; then the trailing matrix, A22 −= L21 L21ᵀ.
    const inverse = new Float64Array(size * size);
    invertTile(getBlock(a, n, start, start, size, size), size, inverse);
    const panel = new Float64Array(rest * size);
    const below = getBlock(a, n, start + size, start, rest, size);
    products.multiply(below, inverse, { rows: rest, inner: size, columns: size, transposeB: true }, panel);
    putBlock(a, n, start + size, start, rest, size, panel);
    const trailing = getBlock(a, n, start + size, start + size, rest, rest);
    const updated = new Float64Array(rest * rest);
    const shape = { rows: rest, inner: size, columns: rest, transposeB: true, factor: -1 };
    products.multiply(panel, panel, shape, updated, trailing);
    putBlock(a, n, start + size, start + size, rest, rest, updated);
  }
  for (let row = 0; row < n; row++) a.fill(0, row * n + row + 1, (row + 1) * n);
  return a;
}

/** Unblocked factorization of one diagonal tile, in place. */
function factorTile(a: Float64Array, n: number, start: number, size: number): void {
  for (let j = start; j < start + size; j++) {
    let diagonal = a[j * n + j]!;
    for (let k = start; k < j; k++) diagonal -= a[j * n + k]! ** 2;
    if (!(diagonal > 0)) {
      throw new FtsError('internal', 'The Hessian is not positive definite.', {
        field: 'damping',
        remedy: 'Use more damping or more calibration samples.',
      });
    }
    const root = Math.sqrt(diagonal);
    a[j * n + j] = root;
    for (let i = j + 1; i < start + size; i++) {
      let sum = a[i * n + j]!;
      for (let k = start; k < j; k++) sum -= a[i * n + k]! * a[j * n + k]!;
      a[i * n + j] = sum / root;
    }
  }
}

/** L⁻¹ of a lower triangular matrix, tile row by tile row: X21 = −L22⁻¹ (L21 X11). */
function invertLower(products: MatrixProducts, l: Float64Array, n: number): Float64Array {
  const out = new Float64Array(n * n);
  for (let start = 0; start < n; start += tile) {
    const size = Math.min(tile, n - start);
    const inverse = new Float64Array(size * size);
    invertTile(getBlock(l, n, start, start, size, size), size, inverse);
    putBlock(out, n, start, start, size, size, inverse);
    if (start === 0) continue;
    const left = getBlock(l, n, start, 0, size, start);
    const above = getBlock(out, n, 0, 0, start, start);
    const product = new Float64Array(size * start);
    products.multiply(left, above, { rows: size, inner: start, columns: start }, product);
    const solved = new Float64Array(size * start);
    products.multiply(inverse, product, { rows: size, inner: size, columns: start, factor: -1 }, solved);
    putBlock(out, n, start, 0, size, start, solved);
  }
  return out;
}

/** Unblocked inverse of a lower triangular tile. */
function invertTile(l: Float64Array, size: number, out: Float64Array): void {
  for (let column = 0; column < size; column++) {
    out[column * size + column] = 1 / l[column * size + column]!;
    for (let row = column + 1; row < size; row++) {
      let sum = 0;
      for (let k = column; k < row; k++) sum += l[row * size + k]! * out[k * size + column]!;
      out[row * size + column] = -sum / l[row * size + row]!;
    }
  }
}

function getBlock(a: Float64Array, n: number, row: number, column: number, rows: number, columns: number) {
  const out = new Float64Array(rows * columns);
  for (let i = 0; i < rows; i++) {
    const from = (row + i) * n + column;
    out.set(a.subarray(from, from + columns), i * columns);
  }
  return out;
}

function putBlock(
  a: Float64Array,
  n: number,
  row: number,
  column: number,
  rows: number,
  columns: number,
  block: Float64Array,
): void {
  for (let i = 0; i < rows; i++) a.set(block.subarray(i * columns, (i + 1) * columns), (row + i) * n + column);
}
