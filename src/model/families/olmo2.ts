import { rotaryDecoder } from './rotary-decoder/rotary-decoder.ts';

/** OLMo 2 (arXiv:2501.00656): norms after each part, and one over all queries and all keys. */
export const olmo2 = rotaryDecoder({
  family: 'olmo2',
  modelTypes: ['olmo2'],
  transformersClass: 'Olmo2ForCausalLM',
  usual: { qkvBias: false, qkNorm: 'whole', norms: 'after' },
  config: {
    defaults: { rms_norm_eps: 1e-5 },
    fields: {},
    traits: () => ({}),
    toJson: () => ({ attention_bias: false }),
  },
  gguf: { architecture: 'olmo2', rotaryPairs: 'halves' },
});
