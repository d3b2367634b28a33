import type { Tensor } from '../graph.ts';
import { broadcast, type Shape, sameShape, shapeError } from '../shape.ts';
import { reshape } from './layout.ts';
import { sum } from './reduction.ts';

// Arithmetic with NumPy's broadcasting, and functions of one argument.

/** a + b; da = d, db = d, summed over broadcast axes. */
export function add(a: Tensor, b: Tensor): Tensor {
  return binary('Add', a, b, (d) => [() => d, () => d]);
}

/** a - b; da = d, db = -d. */
export function subtract(a: Tensor, b: Tensor): Tensor {
  return binary('Sub', a, b, (d) => [() => d, () => negate(d)]);
}

/** a · b; da = d · b, db = d · a. */
export function multiply(a: Tensor, b: Tensor): Tensor {
  return binary('Mul', a, b, (d) => [() => multiply(d, b), () => multiply(d, a)]);
}

/** a / b; da = d / b, db = -d · a / b². */
export function divide(a: Tensor, b: Tensor): Tensor {
  return binary('Div', a, b, (d, y) => [() => divide(d, b), () => negate(divide(multiply(d, y), b))]);
}

/**
 * x + y · factors in one pass: x and y [.., width], factors [.., 1]. Has no derivative, so it may be used only inside
 * derivative rules and composites.
 */
export function addScaledRows(x: Tensor, y: Tensor, factors: Tensor): Tensor {
  if (!sameShape(x.shape, y.shape) || !sameShape(factors.shape, x.shape.with(-1, 1))) {
    throw shapeError('addScaledRows', [x.shape, y.shape, factors.shape], 'one factor per row is needed');
  }
  return x.graph.emit('GatedAdd', [x, y, factors], x.shape, { domain: 'com.microsoft' });
}

/** factor · x. */
export function scale(x: Tensor, factor: number): Tensor {
  return multiply(x, x.graph.scalar(factor));
}

/** -x; dx = -d. */
export function negate(x: Tensor): Tensor {
  return unary('Neg', x, (d) => negate(d));
}

/** eˣ; dx = d · eˣ. */
export function exp(x: Tensor): Tensor {
  return unary('Exp', x, (d, y) => multiply(d, y));
}

/** ln x; dx = d / x. */
export function log(x: Tensor): Tensor {
  return unary('Log', x, (d) => divide(d, x));
}

/** √x; dx = d / (2√x). */
export function sqrt(x: Tensor): Tensor {
  return unary('Sqrt', x, (d, y) => scale(divide(d, y), 0.5));
}

/** 1 / (1 + e⁻ˣ); dx = d · y · (1 - y). */
export function sigmoid(x: Tensor): Tensor {
  return unary('Sigmoid', x, (d, y) => multiply(d, multiply(y, subtract(x.graph.scalar(1), y))));
}

/** tanh x; dx = d · (1 - y²). */
export function tanh(x: Tensor): Tensor {
  return unary('Tanh', x, (d, y) => multiply(d, subtract(x.graph.scalar(1), multiply(y, y))));
}

/** The error function; dx = d · 2/√π · e^(-x²). */
export function erf(x: Tensor): Tensor {
  return unary('Erf', x, (d) => multiply(d, scale(exp(negate(multiply(x, x))), 2 / Math.sqrt(Math.PI))));
}

function unary(operator: string, x: Tensor, rule: (d: Tensor, y: Tensor) => Tensor): Tensor {
  const y = x.graph.emit(operator, [x], x.shape);
  return x.graph.derivative(y, [x], (d) => [() => rule(d, y)]);
}

function binary(
  operator: string,
  a: Tensor,
  b: Tensor,
  rule: (d: Tensor, y: Tensor) => readonly [() => Tensor, () => Tensor],
): Tensor {
  const y = a.graph.emit(operator, [a, b], broadcast(operator, a.shape, b.shape));
  return a.graph.derivative(y, [a, b], (d) => {
    const [left, right] = rule(d, y);
    return [() => unbroadcast(left(), a.shape), () => unbroadcast(right(), b.shape)];
  });
}

/** Sums over the axes along which `shape` was broadcast. */
function unbroadcast(adjoint: Tensor, shape: Shape): Tensor {
  if (sameShape(adjoint.shape, shape)) return adjoint;
  const lead = adjoint.shape.length - shape.length;
  const axes = adjoint.shape.flatMap((size, axis) =>
    axis < lead || (shape[axis - lead] === 1 && size > 1) ? [axis] : [],
  );
  return reshape(sum(adjoint, axes), shape);
}
