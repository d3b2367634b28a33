/**
 * Packs unsigned codes of 4 or 8 bits into int32 words along the rows of a matrix [rows, columns]: the k-th code of a
 * word sits at bit `bits` · k. `order[k]` says which of the word's columns that is; left out, they are in order.
 */
export function packRows(
  codes: ArrayLike<number>,
  rows: number,
  columns: number,
  bits: number,
  order?: readonly number[],
): Int32Array {
  const perWord = 32 / bits;
  const words = columns / perWord;
  const out = new Int32Array(rows * words);
  for (let row = 0; row < rows; row++) {
    for (let word = 0; word < words; word++) {
      let packed = 0;
      for (let k = 0; k < perWord; k++) {
        const column = word * perWord + (order === undefined ? k : order[k]!);
        packed |= codes[row * columns + column]! << (bits * k);
      }
      out[row * words + word] = packed;
    }
  }
  return out;
}

/** The inverse of `packRows`. */
export function unpackRows(
  packed: Int32Array,
  rows: number,
  columns: number,
  bits: number,
  order?: readonly number[],
): Uint8Array {
  const perWord = 32 / bits;
  const words = columns / perWord;
  const mask = 2 ** bits - 1;
  const out = new Uint8Array(rows * columns);
  for (let row = 0; row < rows; row++) {
    for (let word = 0; word < words; word++) {
      const value = packed[row * words + word]!;
      for (let k = 0; k < perWord; k++) {
        const column = word * perWord + (order === undefined ? k : order[k]!);
        out[row * columns + column] = (value >>> (bits * k)) & mask;
      }
    }
  }
  return out;
}

/** [rows, columns] to [columns, rows], for codes, zero points, scales and packed words. */
export function transposed<Values extends Uint8Array | Float32Array | Int32Array>(
  values: Values,
  rows: number,
  columns: number,
): Values {
  const out = values.slice() as Values;
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) out[column * rows + row] = values[row * columns + column]!;
  }
  return out;
}
