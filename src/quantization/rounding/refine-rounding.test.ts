import { afterAll, expect, it } from 'vitest';
import { roundToHalf } from '../../model/checkpoint/float-formats.ts';
import { dequantizeMatrix, type QuantizedMatrix } from '../../model/checkpoint/quantized-matrix.ts';
import { mulberry32 } from '../../random/mulberry32.ts';
import { MatrixProducts } from '../../tensor/matrix-products.ts';
import { dampedGram, inputHessian } from '../calibration/input-hessian.ts';
import { quadraticError } from './awq.ts';
import { gptq } from './gptq.ts';
import { refineRounding } from './refine-rounding.ts';
import { roundToNearest } from './rounding-grid.ts';

const products = new MatrixProducts();
afterAll(() => products.close());

const [rows, columns] = [24, 192];
const random = mulberry32(3);
const uniform = (length: number): Float32Array => Float32Array.from({ length }, () => 2 * random() - 1);
const weights = uniform(rows * columns);
/** Σ x xᵀ of 400 inputs with correlated neighbours, some of them large. */
const gram = ((): Float32Array => {
  const sum = new Float32Array(columns * columns);
  for (let sample = 0; sample < 400; sample++) {
    const noise = uniform(columns);
    const x = noise.map((value, i) => (value + 2 * noise[i >> 3]!) * (i % 29 === 0 ? 6 : 1));
    for (let i = 0; i < columns; i++) for (let j = 0; j < columns; j++) sum[i * columns + j]! += x[i]! * x[j]!;
  }
  return sum;
})();
const damped = dampedGram(gram, columns, 0.01);

function errorOf(matrix: QuantizedMatrix): number {
  const difference = dequantizeMatrix(matrix);
  for (let i = 0; i < difference.length; i++) difference[i]! -= weights[i]!;
  return quadraticError(products, difference, rows, columns, damped);
}

it.each([
  [4, 32, true],
  [4, 64, false],
  [4, 'channel', true],
  [8, 32, true],
] as const)(
  '%i bits, groups of %s, symmetric %s: refining lowers the error and stays on the grid',
  (bits, groupSize, symmetric) => {
    const matrix = roundToNearest(weights, rows, columns, { bits, groupSize, symmetric }, 'w');
    const before = errorOf(matrix);
    refineRounding(products, matrix, weights, damped);
    expect(errorOf(matrix)).toBeLessThan((bits === 4 ? 0.5 : 0.9) * before);
    expect(Math.max(...matrix.codes)).toBeLessThan(2 ** bits);
    for (const scale of matrix.scales) expect(roundToHalf(scale)).toBe(scale);
  },
);

it('does not change an exact matrix', () => {
  const settings = { bits: 4, groupSize: 32, symmetric: true } as const;
  const matrix = roundToNearest(weights, rows, columns, settings, 'w');
  const exact = structuredClone(matrix);
  refineRounding(products, matrix, dequantizeMatrix(matrix), damped);
  expect(matrix).toEqual(exact);
});

it('GPTQ reaches less than half the error of rounding to nearest, in either order of columns', () => {
  const settings = { bits: 4, groupSize: 32, symmetric: true } as const;
  const nearest = errorOf(roundToNearest(weights, rows, columns, settings, 'w'));
  for (const actOrder of [true, false]) {
    const hessian = inputHessian(products, gram, columns, { damping: 0.01, actOrder }, 'w');
    expect(errorOf(gptq(products, weights, rows, hessian, { ...settings, actOrder }, 'w'))).toBeLessThan(nearest / 2);
  }
});
