import { z } from 'zod';
import { float32 } from '../gguf/gguf-value.ts';
import { rotaryDecoder } from './rotary-decoder/rotary-decoder.ts';

const factor = z.number().positive().default(1);

/** Granite 3 (IBM, 2024): Llama with factors for embeddings, scores, residual stream and logits. */
export const granite = rotaryDecoder({
  family: 'granite',
  modelTypes: ['granite'],
  transformersClass: 'GraniteForCausalLM',
  usual: { qkvBias: false, qkNorm: false },
  config: {
    fields: {
      embedding_multiplier: factor,
      attention_multiplier: factor,
      residual_multiplier: factor,
      logits_scaling: factor,
    },
    traits: (raw) => ({
      embeddingScale: raw.embedding_multiplier,
      attentionScale: raw.attention_multiplier,
      residualScale: raw.residual_multiplier,
      logitScale: 1 / raw.logits_scaling,
    }),
    toJson: ({ embeddingScale = 1, attentionScale = 1, residualScale = 1, logitScale = 1 }) => ({
      embedding_multiplier: embeddingScale,
      attention_multiplier: attentionScale,
      residual_multiplier: residualScale,
      logits_scaling: 1 / logitScale,
      attention_bias: false,
      mlp_bias: false,
    }),
  },
  gguf: {
    architecture: 'granite',
    rotaryPairs: 'neighbours',
    scaling: ['linear', 'llama3', 'yarn'],
    metadata: ({ embeddingScale = 1, attentionScale = 1, residualScale = 1, logitScale = 1 }) => [
      ['embedding_scale', float32(embeddingScale)],
      ['attention.scale', float32(attentionScale)],
      ['residual_scale', float32(residualScale)],
      ['logit_scale', float32(1 / logitScale)],
    ],
    configFields: (metadata) => ({
      embedding_multiplier: metadata.number('embedding_scale') ?? 1,
      attention_multiplier: metadata.required('attention.scale'),
      residual_multiplier: metadata.number('residual_scale') ?? 1,
      logits_scaling: metadata.number('logit_scale') ?? 1,
    }),
  },
});
