import { familyOf } from '../../model/families/index.ts';
import type { ModelShape } from '../../model/model-config.ts';
import { type WeightFormat, weightBytes } from '../shapes/weight-formats.ts';

export const cacheTypes = ['f32', 'f16', 'bf16', 'fp8', 'q8_0', 'q4_0'] as const;
export type CacheType = (typeof cacheTypes)[number];

const cacheBytesPerValue: Record<CacheType, number> = {
  f32: 4,
  f16: 2,
  bf16: 2,
  fp8: 1,
  q8_0: 34 / 32,
  q4_0: 18 / 32,
};

/**
 * KV cache of one token in bytes: a key and a value per layer and KV head. Grouped-query attention (Ainslie et al.
 * 2023) makes it smaller by the factor heads / kvHeads.
 */
export function cacheBytesPerToken(shape: ModelShape, type: CacheType): number {
  return 2 * shape.layers * shape.kvHeads * shape.headDim * cacheBytesPerValue[type];
}

export interface ServingLoad {
  format: WeightFormat;
  cacheType: CacheType;
  /** Tokens kept per sequence: prompt and completion together. */
  contextTokens: number;
  /** Sequences decoded at the same time. */
  sequences: number;
  /** Most prompt tokens in one forward pass. */
  prefillTokens: number;
}

export interface InferenceMemory {
  weights: number;
  cache: number;
  /** Activations of one prefill chunk, logits and the engine's own buffers. */
  working: number;
  /** Bytes of the runtime before any model is loaded. */
  runtime: number;
  total: number;
}

/** Bytes that serving takes: weights + cache + working buffers + runtime. */
export function inferenceMemory(shape: ModelShape, load: ServingLoad, runtimeBytes: number): InferenceMemory {
  const weights = weightBytes(shape, load.format).total;
  const cache = cacheBytesPerToken(shape, load.cacheType) * load.contextTokens * load.sequences;
  const working = workingBytes(shape, load);
  return { weights, cache, working, runtime: runtimeBytes, total: weights + cache + working + runtimeBytes };
}

/**
 * Peak bytes of FP32 tensors alive at once while one chunk passes through a layer: the residual twice, plus the larger
 * of the feed-forward inner activations (twice with a gate) and the queries, keys and values. Logits of the sampled
 * sequences are added. Attention is assumed fused, so that its scores are never stored (Dao et al. 2022).
 */
function workingBytes(shape: ModelShape, load: ServingLoad): number {
  const chunk = Math.min(load.prefillTokens, load.contextTokens * load.sequences);
  const inner = familyOf(shape).feedForward === 'plain' ? shape.ffnWidth : 2 * shape.ffnWidth;
  const attention = (2 * shape.heads + 2 * shape.kvHeads) * shape.headDim;
  const layer = chunk * (2 * shape.width + Math.max(inner, attention)) * 4;
  const logits = load.sequences * shape.vocabSize * 4 * 2;
  return layer + logits;
}
