import { z } from 'zod';
import { count } from './config-fields.ts';
import { rotaryDecoder } from './rotary-decoder/rotary-decoder.ts';
import { unusedWindow } from './rotary-decoder/unused-window.ts';

const flags = z.array(z.union([z.literal(0), z.literal(1)])).nullish();

/** SmolLM3 (Hugging Face, 2025): Llama whose every fourth layer rotates nothing. */
export const smollm3 = rotaryDecoder({
  family: 'smollm3',
  modelTypes: ['smollm3'],
  transformersClass: 'SmolLM3ForCausalLM',
  usual: { qkvBias: false, qkNorm: false },
  config: {
    defaults: { tie_word_embeddings: true, rope_theta: 2_000_000 },
    fields: { ...unusedWindow, no_rope_layers: flags, no_rope_layer_interval: count.default(4) },
    traits: ({ no_rope_layers: rotated, no_rope_layer_interval: interval }, { layers }) => ({
      unrotatedLayers: rotated == null ? everyNth(layers, interval) : numbersOf(rotated, (flag) => flag === 0),
    }),
    toJson: ({ layers, unrotatedLayers = [] }) => ({
      use_sliding_window: false,
      attention_bias: false,
      mlp_bias: false,
      no_rope_layers: Array.from({ length: layers }, (_, layer) => (unrotatedLayers.includes(layer) ? 0 : 1)),
      no_rope_layer_interval: 4,
    }),
  },
  gguf: {
    architecture: 'smollm3',
    rotaryPairs: 'neighbours',
    refusal: ({ layers, unrotatedLayers }) =>
      JSON.stringify(unrotatedLayers) === JSON.stringify(everyNth(layers, 4))
        ? undefined
        : 'llama.cpp leaves every fourth layer of SmolLM3 without rotation, and no other',
  },
});

function everyNth(layers: number, interval: number): number[] {
  return numbersOf(Array.from({ length: layers }), (_, layer) => (layer + 1) % interval === 0);
}

function numbersOf<Value>(values: readonly Value[], holds: (value: Value, index: number) => boolean): number[] {
  return values.flatMap((value, index) => (holds(value, index) ? [index] : []));
}
