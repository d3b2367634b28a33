import { rotaryDecoder } from './rotary-decoder/rotary-decoder.ts';
import { unusedWindow } from './rotary-decoder/unused-window.ts';

/** Qwen 3 (arXiv:2505.09388): an RMS norm on every query and key head. */
export const qwen3 = rotaryDecoder({
  family: 'qwen3',
  modelTypes: ['qwen3'],
  transformersClass: 'Qwen3ForCausalLM',
  usual: { qkvBias: false, qkNorm: true },
  config: { fields: unusedWindow, traits: () => ({}), toJson: () => ({ attention_bias: false }) },
  gguf: { architecture: 'qwen3', rotaryPairs: 'halves' },
});
