import { describe, expect, it } from 'vitest';
import { countParameters } from './model-shape.ts';
import { publishedModels } from './published-models.ts';
import { bitsPerWeight, weightBytes } from './weight-formats.ts';

describe('parameter counts of published models, to the parameter', () => {
  it.each([
    ['openai-community/gpt2', 124_439_808],
    ['openai-community/gpt2-xl', 1_557_611_200],
    ['meta-llama/Llama-2-7b-hf', 6_738_415_616],
    ['meta-llama/Llama-2-13b-hf', 13_015_864_320],
    ['meta-llama/Llama-2-70b-hf', 68_976_648_192],
    ['meta-llama/Llama-3.1-8B', 8_030_261_248],
    ['meta-llama/Llama-3.1-70B', 70_553_706_496],
    ['meta-llama/Llama-3.1-405B', 405_853_388_800],
    ['meta-llama/Llama-3.2-1B', 1_235_814_400],
    ['meta-llama/Llama-3.2-3B', 3_212_749_824],
    ['microsoft/Phi-3-mini-4k-instruct', 3_821_079_552],
    ['TinyLlama/TinyLlama-1.1B-Chat-v1.0', 1_100_048_384],
    ['Qwen/Qwen2.5-0.5B', 494_032_768],
    ['Qwen/Qwen2.5-1.5B', 1_543_714_304],
    ['Qwen/Qwen2.5-7B', 7_615_616_512],
    ['Qwen/Qwen3-0.6B', 596_049_920],
    ['Qwen/Qwen3-8B', 8_190_735_360],
  ])('%s has %i parameters', (id, expected) => {
    expect(countParameters(publishedModels[id]!).total).toBe(expected);
  });
});

describe('file sizes', () => {
  // Published sizes of Llama 3.1 8B's GGUF files, in bytes.
  it.each([
    ['FP16', 16_068_890_912],
    ['Q8_0', 8_540_770_784],
    ['Q6_K', 6_596_006_368],
    ['Q5_K_M', 5_732_987_360],
    ['Q4_K_M', 4_920_734_176],
    ['Q4_0', 4_661_211_616],
    ['Q3_K_M', 4_018_917_856],
    ['Q2_K', 3_179_131_360],
  ] as const)('Llama 3.1 8B in %s is within 1 percent of %i bytes', (format, published) => {
    const bytes = weightBytes(publishedModels['meta-llama/Llama-3.1-8B']!, format).total;
    expect(bytes / published).toBeGreaterThan(0.99);
    expect(bytes / published).toBeLessThan(1.01);
  });

  it('includes scales and zero points in the bits of a weight', () => {
    expect(bitsPerWeight('Q4_0')).toBe(4.5);
    expect(bitsPerWeight('Q8_0')).toBe(8.5);
    expect(bitsPerWeight('Q4_K')).toBe(4.5);
    expect(bitsPerWeight('INT4-g128')).toBe(4.15625);
    expect(bitsPerWeight('INT4-g32')).toBe(4.625);
  });
});
