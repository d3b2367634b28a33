import type { Tensor } from '../graph.ts';
import { shapeError } from '../shape.ts';
import { gemm, type WeightLayout } from './matrix.ts';

/** Elements of a row that share a scale. */
export const INT4_GROUP = 32;

/** A frozen matrix in 4 bits: `packed` [rows, columns] of int4, `scales` [rows, columns / 32]. */
export interface Int4Matrix {
  packed: Tensor;
  scales: Tensor;
}

/**
 * x times a frozen 4-bit matrix, the base of QLoRA (arXiv:2305.14314). The matrix is unpacked for each product, and
 * again in the backward pass, so that at most one unpacked matrix is in memory. dx = factor · d W.
 */
export function int4Linear(
  x: Tensor,
  matrix: Int4Matrix,
  { layout = 'out-in', bias, factor = 1, biasFactor = 1 }: Int4LinearOptions = {},
): Tensor {
  const { graph } = x;
  const [rows, columns] = matrix.packed.shape as [number, number];
  if (matrix.scales.shape[0] !== rows || matrix.scales.shape[1] !== columns / INT4_GROUP) {
    throw shapeError(
      'int4Linear',
      [matrix.packed.shape, matrix.scales.shape],
      `one scale per ${INT4_GROUP} columns is needed`,
    );
  }
  const unpack = (): Tensor =>
    graph.emit('DequantizeLinear', [matrix.packed, matrix.scales], [rows, columns], {
      attributes: { axis: 1, block_size: INT4_GROUP },
    });
  const outIn = layout === 'out-in';
  const y = gemm(x, unpack(), { transposeB: outIn, factor, addend: bias, addendFactor: biasFactor });
  return graph.derivative(y, [x], (d) => [() => gemm(d, unpack(), { transposeB: !outIn, factor })]);
}

interface Int4LinearOptions {
  layout?: WeightLayout;
  bias?: Tensor | undefined;
  factor?: number;
  biasFactor?: number;
}

/** Rounds symmetrically to 4 bits by groups of a row: two codes per byte, low nibble first, and the groups' scales. */
export function quantizeInt4(values: Float32Array, columns: number): { packed: Uint8Array; scales: Float32Array } {
  const groups = values.length / INT4_GROUP;
  if (columns % INT4_GROUP !== 0)
    throw shapeError('quantizeInt4', [[columns]], `a multiple of ${INT4_GROUP} is needed`);
  const packed = new Uint8Array(values.length / 2);
  const scales = new Float32Array(groups);
  for (let group = 0; group < groups; group++) {
    const from = group * INT4_GROUP;
    let largest = 0;
    for (let i = from; i < from + INT4_GROUP; i++) largest = Math.max(largest, Math.abs(values[i]!));
    const scale = largest / 7;
    scales[group] = scale;
    const inverse = scale === 0 ? 0 : 1 / scale;
    for (let i = from; i < from + INT4_GROUP; i++) {
      const code = Math.max(-8, Math.min(7, Math.round(values[i]! * inverse))) & 15;
      packed[i >> 1]! |= (i & 1) === 0 ? code : code << 4;
    }
  }
  return { packed, scales };
}
