import type { ModelShape } from '../../model/model-config.ts';
import { countParameters } from '../shapes/model-shape.ts';

/**
 * Floating-point operations of a forward pass over `newTokens` that follow `pastTokens` cached ones: 2 per multiplied
 * parameter and token, and 4 × layers × heads × headDim per attended pair of positions (QKᵀ and the weighted sum of
 * values; Kaplan et al. 2020, Chowdhery et al. 2022 appendix B). `outputs` is the number of tokens for which the output
 * head is computed: all in training, only the last in a prefill.
 */
export function forwardFlops(shape: ModelShape, newTokens: number, pastTokens = 0, outputs = newTokens): number {
  const counts = countParameters(shape);
  const pairs = newTokens * pastTokens + (newTokens * (newTokens + 1)) / 2;
  return 2 * counts.layers * newTokens + 2 * counts.head * outputs + attentionFlopsPerPair(shape) * pairs;
}

/** Operations of attention for one pair of a query and a key position, over all layers. */
export function attentionFlopsPerPair(shape: ModelShape): number {
  return 4 * shape.layers * shape.heads * shape.headDim;
}

/**
 * Operations of one training sequence: one forward pass, a backward pass that costs two (gradients of the inputs and of
 * the weights), and another forward pass with full recomputation. Frozen weights (LoRA) need no weight gradients: 2 + 2
 * operations per parameter and token instead of 2 + 4.
 */
export function trainingFlops(
  shape: ModelShape,
  sequenceTokens: number,
  options: { recompute: boolean; frozenBase: boolean },
): number {
  const passes = 1 + (options.frozenBase ? 1 : 2) + (options.recompute ? 1 : 0);
  return passes * forwardFlops(shape, sequenceTokens);
}
