import { expect, it } from 'vitest';
import { Graph } from '../graph.ts';
import { evaluate } from '../program.ts';
import { productOverRows } from './matrix.ts';

const numbers = (count: number, seed: number): Float32Array =>
  Float32Array.from({ length: count }, (_, i) => Math.sin(i * 1.7 + seed));

it.each([
  ['turned by the kernel', 5, 40, 24],
  ['with the first operand turned before', 5, 40, 144],
  ['with the second operand and the product turned', 200, 600, 144],
])('multiplies over rows %s', (_, rows, columnsOfA, columnsOfB) => {
  const graph = new Graph();
  const a = numbers(rows * columnsOfA, 1);
  const b = numbers(rows * columnsOfB, 2);
  const product = productOverRows(graph.input('a', [rows, columnsOfA]), graph.input('b', [rows, columnsOfB]), 0.5);
  expect(product.shape).toEqual([columnsOfA, columnsOfB]);
  graph.output('product', product);
  const found = evaluate(graph, { a, b }).product!;
  const worst = found.reduce((most, value, index) => {
    const [i, j] = [Math.floor(index / columnsOfB), index % columnsOfB];
    let sum = 0;
    for (let row = 0; row < rows; row++) sum += a[row * columnsOfA + i]! * b[row * columnsOfB + j]!;
    return Math.max(most, Math.abs(value - 0.5 * sum));
  }, 0);
  expect(worst).toBeLessThan(1e-4);
});
