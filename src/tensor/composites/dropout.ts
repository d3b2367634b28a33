import type { Tensor } from '../graph.ts';
import { multiply } from '../primitives/elementwise.ts';

/**
 * Dropout of rows [rows, width]: x · mask, where the mask (0, or 1 / (1 - rate)) is an input of the graph, filled
 * before each run from the seed and the step, so that it does not depend on threads and can be made again.
 */
export function dropout(x: Tensor, name: string): Tensor {
  return multiply(x, x.graph.input(name, x.shape));
}
