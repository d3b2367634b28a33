import type { Tensor } from '../graph.ts';
import { exp, multiply, subtract } from './elementwise.ts';
import { sum } from './reduction.ts';

/** e^x / Σ e^x over the last axis; dx = y · (d - Σ d·y). */
export function softmax(x: Tensor): Tensor {
  const y = x.graph.emit('Softmax', [x], x.shape, { attributes: { axis: -1 } });
  return x.graph.derivative(y, [x], (d) => [() => multiply(subtract(d, sum(multiply(d, y), [-1], true)), y)]);
}

/** ln softmax(x) over the last axis; dx = d - softmax(x) · Σ d. */
export function logSoftmax(x: Tensor): Tensor {
  const y = x.graph.emit('LogSoftmax', [x], x.shape, { attributes: { axis: -1 } });
  return x.graph.derivative(y, [x], (d) => [() => subtract(d, multiply(exp(y), sum(d, [-1], true)))]);
}
