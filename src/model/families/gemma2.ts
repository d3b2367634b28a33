import { z } from 'zod';
import { float32, uint32 } from '../gguf/gguf-value.ts';
import { count } from './config-fields.ts';
import { rotaryDecoder } from './rotary-decoder/rotary-decoder.ts';
import { isRegular, layerTypes, layerTypesToJson, slidingLayers } from './rotary-decoder/sliding-layers.ts';

const cap = z.number().positive().nullish();
const scaleOf = (scalar: number): number => 1 / Math.sqrt(scalar);

/** Gemma 2 (arXiv:2408.00118): norms around each part, every other layer with a window, soft-capped scores and logits. */
export const gemma2 = rotaryDecoder({
  family: 'gemma2',
  modelTypes: ['gemma2'],
  transformersClass: 'Gemma2ForCausalLM',
  usual: { qkvBias: false, qkNorm: false, norms: 'around', centredNorms: true },
  config: {
    defaults: { head_dim: 256, tie_word_embeddings: true },
    fields: {
      hidden_act: z.string().optional(), // hidden_activation counts
      hidden_activation: z.enum(['gelu_pytorch_tanh']).nullish(),
      query_pre_attn_scalar: z.number().positive().default(256),
      sliding_window: count.default(4096),
      layer_types: layerTypes,
      attn_logit_softcapping: cap.default(50),
      final_logit_softcapping: cap.default(30),
    },
    traits: (raw, { width, layers, headDim }) => ({
      activation: 'gelu-tanh',
      embeddingScale: Math.sqrt(width),
      slidingWindow: raw.sliding_window,
      slidingLayers: slidingLayers(raw.layer_types, { layers, pattern: 2 }),
      ...(raw.query_pre_attn_scalar === headDim ? {} : { attentionScale: scaleOf(raw.query_pre_attn_scalar) }),
      ...(raw.attn_logit_softcapping == null ? {} : { attentionSoftcap: raw.attn_logit_softcapping }),
      ...(raw.final_logit_softcapping == null ? {} : { logitSoftcap: raw.final_logit_softcapping }),
    }),
    toJson: ({
      headDim,
      layers,
      attentionScale,
      attentionSoftcap,
      logitSoftcap,
      slidingWindow,
      slidingLayers: local,
    }) => ({
      hidden_act: 'gelu_pytorch_tanh',
      hidden_activation: 'gelu_pytorch_tanh',
      query_pre_attn_scalar: attentionScale === undefined ? headDim : Math.round(attentionScale ** -2),
      sliding_window: slidingWindow,
      layer_types: layerTypesToJson(layers, local ?? []),
      attn_logit_softcapping: attentionSoftcap ?? null,
      final_logit_softcapping: logitSoftcap ?? null,
    }),
  },
  gguf: {
    architecture: 'gemma2',
    rotaryPairs: 'halves',
    computesWindow: true,
    refusal({ attentionScale, attentionSoftcap, logitSoftcap, slidingLayers: local = [], layers }) {
      if (attentionScale !== undefined) return 'llama.cpp scales the scores of Gemma 2 by 1 / √head_dim only';
      if (attentionSoftcap === undefined || logitSoftcap === undefined) return 'llama.cpp soft-caps Gemma 2 always';
      return isRegular(local, layers, 2) ? undefined : 'llama.cpp gives a window to every other layer of Gemma 2';
    },
    metadata: ({ slidingWindow = 0, attentionSoftcap = 0, logitSoftcap = 0 }) => [
      ['attention.sliding_window', uint32(slidingWindow)],
      ['attn_logit_softcapping', float32(attentionSoftcap)],
      ['final_logit_softcapping', float32(logitSoftcap)],
    ],
    configFields: (metadata) => ({
      sliding_window: metadata.number('attention.sliding_window') ?? 4096,
      attn_logit_softcapping: metadata.number('attn_logit_softcapping') ?? 50,
      final_logit_softcapping: metadata.number('final_logit_softcapping') ?? 30,
      query_pre_attn_scalar: metadata.number('attention.key_length') ?? 256,
    }),
  },
});
