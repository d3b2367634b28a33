import { rotaryDecoder } from './rotary-decoder/rotary-decoder.ts';
import { unusedWindow } from './rotary-decoder/unused-window.ts';

/** Qwen 2 and 2.5 (arXiv:2407.10671): biases on query, key and value. */
export const qwen2 = rotaryDecoder({
  family: 'qwen2',
  modelTypes: ['qwen2'],
  transformersClass: 'Qwen2ForCausalLM',
  usual: { qkvBias: true, qkNorm: false },
  config: { fields: unusedWindow, traits: () => ({}), toJson: () => ({ use_sliding_window: false }) },
  gguf: { architecture: 'qwen2', rotaryPairs: 'halves' },
});
