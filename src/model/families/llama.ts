import { z } from 'zod';
import { FtsError } from '../../errors/fts-error.ts';
import { parseWith } from '../../errors/parse-with.ts';
import { rotaryDecoder } from './rotary-decoder/rotary-decoder.ts';

const windowSchema = z.looseObject({ model_type: z.string(), sliding_window: z.unknown().optional() });

/** Llama (arXiv:2302.13971, 2407.21783), and Mistral without a sliding window. */
export const llama = rotaryDecoder({
  family: 'llama',
  modelTypes: ['llama', 'mistral'],
  transformersClass: 'LlamaForCausalLM',
  usual: { qkvBias: false, qkNorm: false },
  refuse(json) {
    const { model_type: modelType, sliding_window: window } = parseWith(windowSchema, json, 'config.json');
    if (modelType === 'mistral' && window !== null && window !== undefined) {
      throw new FtsError('invalid-input', 'Sliding-window attention is not supported.', {
        field: 'sliding_window',
        value: window,
        remedy: 'Use a model with full attention.',
      });
    }
  },
  configFields: { attention_bias: false, mlp_bias: false },
  gguf: { architecture: 'llama', rotaryPairs: 'neighbours' },
});
