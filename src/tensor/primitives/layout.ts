import type { Tensor } from '../graph.ts';
import { elementsOf, type Shape, sameShape, shapeError } from '../shape.ts';

// Operations that rearrange elements without changing them.

/** The tensor from which a chain of reshapes started, by reshaped tensor. */
const origins = new WeakMap<Tensor, Tensor>();

/** The same elements in another shape; dx = d in the shape of x. */
export function reshape(x: Tensor, shape: Shape): Tensor {
  if (elementsOf(shape) !== elementsOf(x.shape)) {
    throw shapeError('reshape', [x.shape, shape], 'the number of elements must be equal');
  }
  const { graph } = x;
  // Without recording, a chain of reshapes becomes one reshape from its origin.
  const origin = (graph.recording ? undefined : origins.get(x)) ?? x;
  if (sameShape(origin.shape, shape)) return origin;
  const y = graph.emit('Reshape', [origin, graph.indices(shape)], { shape, type: x.type });
  origins.set(y, origins.get(x) ?? x);
  return graph.derivative(y, [x], (d) => [() => reshape(d, x.shape)]);
}

/** Axis `i` of the result is axis `order[i]` of x; dx = d transposed back. */
export function transpose(x: Tensor, order: readonly number[]): Tensor {
  if (order.toSorted((a, b) => a - b).some((axis, index) => axis !== index) || order.length !== x.shape.length) {
    throw shapeError('transpose', [x.shape, order], 'the order must name every axis once');
  }
  const shape = order.map((axis) => x.shape[axis]!);
  const y = x.graph.emit('Transpose', [x], { shape, type: x.type }, { attributes: { perm: order } });
  return x.graph.derivative(y, [x], (d) => [
    () =>
      transpose(
        d,
        order.map((_, axis) => order.indexOf(axis)),
      ),
  ]);
}

/** Elements `from` (inclusive) to `to` (exclusive) along an axis; dx = d padded with zeros. */
export function slice(x: Tensor, axis: number, from: number, to: number): Tensor {
  const { graph } = x;
  const size = x.shape[axis];
  if (size === undefined || from < 0 || to > size || from >= to) {
    throw shapeError('slice', [x.shape], `axis ${axis} has no range ${from} to ${to}`);
  }
  if (to - from === size) return x;
  const shape = x.shape.with(axis, to - from);
  const y = graph.emit('Slice', [x, graph.indices([from]), graph.indices([to]), graph.indices([axis])], {
    shape,
    type: x.type,
  });
  return graph.derivative(y, [x], (d) => [
    () => {
      const parts: Tensor[] = [];
      if (from > 0) parts.push(zeros(d, x.shape.with(axis, from)));
      parts.push(d);
      if (to < size) parts.push(zeros(d, x.shape.with(axis, size - to)));
      return concat(parts, axis);
    },
  ]);
}

/** Concatenates tensors along an axis; each gets its slice of d. */
export function concat(parts: readonly Tensor[], axis: number): Tensor {
  const [first, ...rest] = parts as [Tensor, ...Tensor[]];
  if (rest.length === 0) return first;
  for (const part of rest) {
    if (part.shape.some((size, at) => at !== axis && size !== first.shape[at])) {
      throw shapeError('concat', [first.shape, part.shape], `all axes but ${axis} must be equal`);
    }
  }
  const shape = first.shape.with(
    axis,
    parts.reduce((total, part) => total + part.shape[axis]!, 0),
  );
  const y = first.graph.emit('Concat', parts, { shape, type: first.type }, { attributes: { axis } });
  return first.graph.derivative(y, parts, (d) => {
    let end = 0;
    return parts.map((part) => {
      const from = end;
      end += part.shape[axis]!;
      const to = end;
      return () => slice(d, axis, from, to);
    });
  });
}

/** Splits into equal parts along an axis. Has no derivative: for use inside derivative rules and composites only. */
export function splitEqually(x: Tensor, axis: number, parts: number): Tensor[] {
  if (parts === 1) return [x];
  const size = x.shape[axis]! / parts;
  if (!Number.isInteger(size)) throw shapeError('split', [x.shape], `axis ${axis} has no ${parts} equal parts`);
  const shape = x.shape.with(axis, size);
  return x.graph.emitMany('Split', [x], Array(parts).fill(shape), {
    attributes: { axis, num_outputs: parts },
  }) as Tensor[];
}

/** Zeros of a shape, shared within a graph. */
export function zeros({ graph }: Tensor, shape: Shape): Tensor {
  return graph.once(`zeros ${shape}`, () => graph.constant(new Float32Array(elementsOf(shape)), shape));
}
