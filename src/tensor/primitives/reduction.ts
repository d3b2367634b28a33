import type { Tensor } from '../graph.ts';
import { shapeError } from '../shape.ts';

/** Sum over `axes` (default: all), which are kept with size 1 if `keepAxes`; dx = d, repeated along the summed axes. */
export function sum(x: Tensor, axes: readonly number[] = x.shape.map((_, axis) => axis), keepAxes = false): Tensor {
  const { graph } = x;
  const summed = new Set(axes.map((axis) => (axis < 0 ? axis + x.shape.length : axis)));
  for (const axis of summed) {
    if (axis < 0 || axis >= x.shape.length) throw shapeError('sum', [x.shape], `there is no axis ${axis}`);
  }
  const kept = x.shape.map((size, axis) => (summed.has(axis) ? 1 : size));
  const shape = keepAxes ? kept : x.shape.filter((_, axis) => !summed.has(axis));
  const y = graph.emit('ReduceSum', [x, graph.indices([...summed])], shape, {
    attributes: { keepdims: keepAxes ? 1 : 0 },
  });
  return graph.derivative(y, [x], (d) => [
    () => {
      const column = keepAxes ? d : graph.emit('Reshape', [d, graph.indices(kept)], kept);
      return graph.emit('Expand', [column, graph.indices(x.shape)], x.shape);
    },
  ]);
}
