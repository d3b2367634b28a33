import { z } from 'zod';
import { uint32 } from '../gguf/gguf-value.ts';
import { count } from './config-fields.ts';
import { rotaryDecoder } from './rotary-decoder/rotary-decoder.ts';
import { isRegular, layerTypes, layerTypesToJson, slidingLayers } from './rotary-decoder/sliding-layers.ts';

const nestedRope = z.looseObject({
  rope_parameters: z.strictObject({
    full_attention: z.record(z.string(), z.unknown()),
    sliding_attention: z.strictObject({
      rope_type: z.literal('default').optional(),
      rope_theta: z.number().positive(),
    }),
  }),
});

/** Gemma 3's text model (arXiv:2503.19786): five layers of six with a window and a rotary base of their own. */
export const gemma3 = rotaryDecoder({
  family: 'gemma3',
  modelTypes: ['gemma3_text'],
  transformersClass: 'Gemma3ForCausalLM',
  usual: { qkvBias: false, qkNorm: true, norms: 'around', centredNorms: true },
  config: {
    defaults: { head_dim: 256, tie_word_embeddings: true, rope_theta: 1_000_000 },
    // Transformers 5 has the two rotary bases in one place.
    prepare(json) {
      const nested = nestedRope.safeParse(json);
      if (!nested.success) return json;
      const { full_attention: full, sliding_attention: sliding } = nested.data.rope_parameters;
      const { rope_theta: _, ...rest } = json;
      return { ...rest, rope_parameters: full, rope_local_base_freq: sliding.rope_theta };
    },
    fields: {
      hidden_act: z.string().optional(), // hidden_activation counts
      hidden_activation: z.enum(['gelu_pytorch_tanh']).nullish(),
      query_pre_attn_scalar: z.number().positive().default(256),
      sliding_window: count.default(4096),
      sliding_window_pattern: count.nullish(),
      layer_types: layerTypes,
      rope_local_base_freq: z.number().positive().default(10_000),
    },
    traits: (raw, { width, layers, headDim }) => ({
      activation: 'gelu-tanh',
      embeddingScale: Math.sqrt(width),
      slidingWindow: raw.sliding_window,
      slidingLayers: slidingLayers(raw.layer_types, { layers, pattern: raw.sliding_window_pattern ?? 6 }),
      localRopeTheta: raw.rope_local_base_freq,
      ...(raw.query_pre_attn_scalar === headDim ? {} : { attentionScale: 1 / Math.sqrt(raw.query_pre_attn_scalar) }),
    }),
    toJson: ({ headDim, layers, attentionScale, slidingWindow, slidingLayers: local, localRopeTheta }) => ({
      hidden_act: 'gelu_pytorch_tanh',
      hidden_activation: 'gelu_pytorch_tanh',
      query_pre_attn_scalar: attentionScale === undefined ? headDim : Math.round(attentionScale ** -2),
      sliding_window: slidingWindow,
      layer_types: layerTypesToJson(layers, local ?? []),
      rope_local_base_freq: localRopeTheta,
    }),
  },
  gguf: {
    architecture: 'gemma3',
    rotaryPairs: 'halves',
    computesWindow: true,
    refusal({ attentionScale, localRopeTheta, slidingLayers: local = [], layers }) {
      if (attentionScale !== undefined) return 'llama.cpp scales the scores of Gemma 3 by 1 / √head_dim only';
      if (localRopeTheta !== 10_000) return 'llama.cpp has a local rotary base of 10,000 for Gemma 3 only';
      return isRegular(local, layers, 6) ? undefined : 'llama.cpp gives a window to five of six layers of Gemma 3';
    },
    metadata: ({ slidingWindow = 0 }) => [['attention.sliding_window', uint32(slidingWindow)]],
    configFields: (metadata) => ({
      sliding_window: metadata.number('attention.sliding_window') ?? 4096,
      query_pre_attn_scalar: metadata.number('attention.key_length') ?? 256,
    }),
  },
});
