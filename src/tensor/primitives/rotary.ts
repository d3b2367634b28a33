import type { Tensor } from '../graph.ts';
import { shapeError } from '../shape.ts';

/** Angles by position as tables of cosines, sines and negated sines, each [positions, headDim / 2]. */
export interface RotaryTables {
  cosines: Tensor;
  sines: Tensor;
  negatedSines: Tensor;
}

/**
 * Rotary position embedding (RoFormer, arXiv:2104.09864) of x [batch, length, heads · headDim] in the half-split layout
 * of Hugging Face's Llama; positions [batch, length]. If the tables have fewer columns than half a head, only the first
 * dimensions of each of the `heads` are rotated. dx is the rotation by the negated angle.
 */
export function rotary(x: Tensor, positions: Tensor, tables: RotaryTables, heads?: number): Tensor {
  const { cosines, sines, negatedSines } = tables;
  const width = x.shape[2];
  if (x.shape.length !== 3 || width === undefined || width % (heads ?? 2 * cosines.shape[1]!) !== 0) {
    throw shapeError('rotary', [x.shape, cosines.shape], '[batch, length, heads · headDim] is needed');
  }
  const rotated = 2 * cosines.shape[1]!;
  const partial = heads !== undefined && width !== heads * rotated;
  const attributes: Record<string, number> = partial ? { num_heads: heads, rotary_embedding_dim: rotated } : {};
  const rotate = (value: Tensor, byPositive: boolean): Tensor =>
    x.graph.emit('RotaryEmbedding', [value, positions, cosines, byPositive ? sines : negatedSines], x.shape, {
      attributes,
      domain: 'com.microsoft',
    });
  return x.graph.derivative(rotate(x, true), [x], (d) => [() => rotate(d, false)]);
}
