import { z } from 'zod';
import { rotaryDecoder } from './rotary-decoder/rotary-decoder.ts';

/** Llama (arXiv:2302.13971, 2407.21783). */
export const llama = rotaryDecoder({
  family: 'llama',
  modelTypes: ['llama'],
  transformersClass: 'LlamaForCausalLM',
  usual: { qkvBias: false, qkNorm: false },
  config: {
    fields: { attention_bias: z.boolean().default(false), mlp_bias: z.boolean().default(false) },
    traits: ({ attention_bias: attention, mlp_bias: ffn }) => ({
      ...(attention ? { qkvBias: true, attentionOutputBias: true } : {}),
      ...(ffn ? { ffnBias: true } : {}),
    }),
    toJson: ({ attentionOutputBias, ffnBias }) => ({
      attention_bias: attentionOutputBias === true,
      mlp_bias: ffnBias === true,
    }),
  },
  gguf: { architecture: 'llama', rotaryPairs: 'neighbours', scaling: ['linear', 'llama3', 'yarn'] },
});
