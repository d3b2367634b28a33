import { z } from 'zod';
import { uint32 } from '../gguf/gguf-value.ts';
import { count } from './config-fields.ts';
import { rotaryDecoder } from './rotary-decoder/rotary-decoder.ts';

/** Phi-3 and Phi-4 (arXiv:2404.14219): fused projections, LongRoPE, in Phi-4 mini a part of each head rotated. */
export const phi3 = rotaryDecoder({
  family: 'phi3',
  modelTypes: ['phi3'],
  transformersClass: 'Phi3ForCausalLM',
  usual: { qkvBias: false, qkNorm: false, fusedProjections: true },
  config: {
    defaults: { rms_norm_eps: 1e-5 },
    fields: { sliding_window: count.nullish(), partial_rotary_factor: z.number().positive().max(1).default(1) },
    partialRotaryFactor: (raw) => raw.partial_rotary_factor,
    traits: ({ sliding_window: window }) => (window == null ? {} : { slidingWindow: window }),
    toJson: ({ slidingWindow, rotaryDim, headDim, ropeScaling, contextLength }) => ({
      sliding_window: slidingWindow ?? null,
      partial_rotary_factor: rotaryDim === undefined ? 1 : rotaryDim / headDim,
      original_max_position_embeddings:
        ropeScaling?.type === 'longrope' ? ropeScaling.originalContextLength : contextLength,
    }),
  },
  gguf: {
    architecture: 'phi3',
    rotaryPairs: 'halves',
    scaling: ['linear', 'yarn', 'longrope'],
    // llama.cpp wants the key and computes no window: the file is good up to it.
    metadata: () => [['attention.sliding_window', uint32(0)]],
    configFields: (metadata) => ({ sliding_window: metadata.number('attention.sliding_window') || null }),
  },
});
