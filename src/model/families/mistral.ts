import { count } from './config-fields.ts';
import { rotaryDecoder } from './rotary-decoder/rotary-decoder.ts';

/** Mistral (arXiv:2310.06825): Llama with a sliding window in every layer. */
export const mistral = rotaryDecoder({
  family: 'mistral',
  modelTypes: ['mistral'],
  transformersClass: 'MistralForCausalLM',
  usual: { qkvBias: false, qkNorm: false },
  config: {
    fields: { sliding_window: count.nullish() },
    traits: ({ sliding_window: window }) => (window == null ? {} : { slidingWindow: window }),
    toJson: ({ slidingWindow }) => ({ sliding_window: slidingWindow ?? null }),
  },
  // llama.cpp computes it as Llama, which is the same up to the window.
  gguf: { architecture: 'llama', rotaryPairs: 'neighbours', scaling: ['linear', 'llama3', 'yarn'] },
});
