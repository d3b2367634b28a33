import type { MatrixProducts } from '../../tensor/matrix-products.ts';

/** Accumulates Σ aᵀ b over chunks a [rows, left] and b [rows, right] of two long matrices. */
export class SummedProduct {
  readonly #products: MatrixProducts;
  readonly #left: number;
  readonly #right: number;
  #sum: Float32Array<ArrayBuffer>;
  #next: Float32Array<ArrayBuffer>;

  constructor(products: MatrixProducts, left: number, right: number) {
    this.#products = products;
    this.#left = left;
    this.#right = right;
    this.#sum = new Float32Array(left * right);
    this.#next = new Float32Array(left * right);
  }

  add(a: Float32Array, b: Float32Array): void {
    const shape = { rows: this.#left, inner: a.length / this.#left, columns: this.#right, transposeA: true };
    this.#products.multiply(a, b, shape, this.#next, this.#sum);
    [this.#sum, this.#next] = [this.#next, this.#sum];
  }

  /** The first `rows` rows and `columns` columns of the sum; the rest is padding. */
  result(rows = this.#left, columns = this.#right): Float32Array {
    if (columns === this.#right) return this.#sum.slice(0, rows * columns);
    const out = new Float32Array(rows * columns);
    for (let i = 0; i < rows; i++) {
      out.set(this.#sum.subarray(i * this.#right, i * this.#right + columns), i * columns);
    }
    return out;
  }
}
