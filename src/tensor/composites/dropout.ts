import type { Tensor } from '../graph.ts';
import { multiply } from '../primitives/elementwise.ts';

/**
 * Dropout of rows [rows, width]: x · mask. The mask (0, or 1 / (1 - rate)) is an input of the graph, filled before each
 * run from the seed and the step, so that it is reproducible and independent of threads.
 */
export function dropout(x: Tensor, name: string): Tensor {
  return multiply(x, x.graph.input(name, x.shape));
}
