import type { AttributeValue } from '../../runtime/onnxruntime/model-encoder.ts';
import type { Tensor } from '../graph.ts';
import { shapeError } from '../shape.ts';
import { reshape, transpose } from './layout.ts';

/** The order of a weight matrix's axes in memory. */
export type WeightLayout = 'out-in' | 'in-out';

interface LinearOptions {
  layout?: WeightLayout;
  bias?: Tensor | undefined;
  /** Factor of the product. */
  factor?: number;
  /** Factor of the bias. */
  biasFactor?: number;
}

/**
 * y = factor · x Wᵀ + biasFactor · bias for x [rows, in], W [out, in] (or [in, out] in the layout `in-out`), bias
 * [out]. dx = factor · d W; dW = factor · dᵀ x; dbias = biasFactor · Σ d. The weight gradient's matrix product is
 * fastest with more rows than columns, so choose `in-out` if in > out.
 */
export function linear(x: Tensor, weight: Tensor, options: LinearOptions = {}): Tensor {
  const { layout = 'out-in', bias, factor = 1, biasFactor = 1 } = options;
  const outIn = layout === 'out-in';
  const y = gemm(x, weight, { transposeB: outIn, factor, addend: bias, addendFactor: biasFactor });
  const inputs = bias === undefined ? [x, weight] : [x, weight, bias];
  return x.graph.derivative(y, inputs, (d) => [
    () => gemm(d, weight, { transposeB: !outIn, factor }),
    () => (outIn ? productOverRows(d, x, factor) : productOverRows(x, d, factor)),
    () => columnSums(d, biasFactor),
  ]);
}

/**
 * Batched product over the last two axes of a and b, each optionally transposed: factor · a b. Leading axes are equal.
 * da = factor · d bᵀ; db = factor · aᵀ d.
 */
export function matmul(a: Tensor, b: Tensor, transposeA = false, transposeB = false, factor = 1): Tensor {
  const rank = a.shape.length;
  const [rowsOfA, inner] = matrix(a, transposeA);
  const [rowsOfB, columns] = matrix(b, transposeB);
  if (
    inner !== rowsOfB ||
    rank !== b.shape.length ||
    a.shape.slice(0, -2).some((size, axis) => size !== b.shape[axis])
  ) {
    throw shapeError('matmul', [a.shape, b.shape], 'the inner and the leading axes must be equal');
  }
  const attributes: Record<string, AttributeValue> = {};
  if (transposeA) attributes.transA = 1;
  if (transposeB) attributes.transB = 1;
  if (factor !== 1) attributes.alpha = { float: factor };
  const shape = [...a.shape.slice(0, -2), rowsOfA, columns];
  const y = a.graph.emit('FusedMatMul', [a, b], shape, { attributes, domain: 'com.microsoft' });
  return a.graph.derivative(y, [a, b], (d) => [
    () => (transposeA ? matmul(b, d, transposeB, true, factor) : matmul(d, b, false, !transposeB, factor)),
    () => (transposeB ? matmul(d, a, true, transposeA, factor) : matmul(a, d, !transposeA, false, factor)),
  ]);
}

interface GemmOptions {
  transposeA?: boolean;
  transposeB?: boolean;
  factor?: number;
  /** A row added to every row of the product. */
  addend?: Tensor | undefined;
  addendFactor?: number;
}

/** factor · A B + addendFactor · addend for matrices. Has no derivative; `linear` has. */
export function gemm(a: Tensor, b: Tensor, options: GemmOptions = {}): Tensor {
  const { transposeA = false, transposeB = false, factor = 1, addend, addendFactor = 1 } = options;
  const [rows, inner] = matrix(a, transposeA);
  const [innerOfB, columns] = matrix(b, transposeB);
  if (a.shape.length !== 2 || b.shape.length !== 2 || inner !== innerOfB) {
    throw shapeError('gemm', [a.shape, b.shape], 'two matrices with equal inner axes are needed');
  }
  if (addend !== undefined && (addend.shape.length !== 1 || addend.shape[0] !== columns)) {
    throw shapeError('gemm', [b.shape, addend.shape], 'the addend must have one element per column');
  }
  const attributes: Record<string, AttributeValue> = {};
  if (transposeA) attributes.transA = 1;
  if (transposeB) attributes.transB = 1;
  if (factor !== 1) attributes.alpha = { float: factor };
  if (addend !== undefined && addendFactor !== 1) attributes.beta = { float: addendFactor };
  return a.graph.emit('Gemm', addend === undefined ? [a, b] : [a, b, addend], [rows, columns], { attributes });
}

/** Columns of a product that the kernel computes for each read of the first operand. */
const KERNEL_COLUMNS = 128;

/**
 * factor · aᵀ b, the sum over rows (tokens) of which every weight gradient consists. The kernel transposes an operand
 * while reading it, and reads it again for every 128 columns of the product. For wider products, transposing it once in
 * a separate pass costs far less. Either the first operand is transposed, or the second and then the product, whichever
 * moves fewer elements.
 */
export function productOverRows(a: Tensor, b: Tensor, factor = 1): Tensor {
  const [tokens, rows, columns] = [a.shape[0]!, a.shape[1]!, b.shape[1]!];
  if (columns <= KERNEL_COLUMNS) return gemm(a, b, { transposeA: true, factor });
  const transposed = (x: Tensor): Tensor => x.graph.once(`transposed ${x.name}`, () => transpose(x, [1, 0]));
  if ((tokens + rows) * columns < tokens * rows) return transpose(gemm(transposed(b), a, { factor }), [1, 0]);
  return gemm(transposed(a), b, { factor });
}

/** factor · Σ over rows, computed as a product with a constant row because that is faster than a reduction. */
function columnSums(x: Tensor, factor: number): Tensor {
  const [rows, columns] = x.shape as [number, number];
  const { graph } = x;
  const row = graph.once(`row of ${rows} ${factor}`, () =>
    graph.constant(new Float32Array(rows).fill(factor), [1, rows]),
  );
  return reshape(graph.emit('MatMul', [row, x], [1, columns]), [columns]);
}

/** Rows and columns of the last two axes, swapped if transposed. */
function matrix({ shape }: Tensor, transposed: boolean): [number, number] {
  const [rows, columns] = shape.slice(-2) as [number, number];
  return transposed ? [columns, rows] : [rows, columns];
}
