import { familyOf } from '../../model/families/index.ts';
import type { ModelShape } from '../../model/model-config.ts';

const shape = (
  family: ModelShape['family'],
  [vocabSize, width, layers, heads, kvHeads, ffnWidth, contextLength]: readonly number[],
  tiedEmbeddings: boolean,
  headDim = width! / heads!,
): ModelShape => ({
  family,
  vocabSize: vocabSize!,
  width: width!,
  layers: layers!,
  heads: heads!,
  kvHeads: kvHeads!,
  headDim,
  ffnWidth: ffnWidth!,
  contextLength: contextLength!,
  tiedEmbeddings,
  ...familyOf({ family }).usual,
});

/**
 * Shapes of published models by their Hugging Face id, from each model's `config.json`:
 * [vocabulary, width, layers, heads, KV heads, feed-forward width, context].
 */
export const publishedModels: Readonly<Record<string, ModelShape>> = {
  'openai-community/gpt2': shape('gpt2', [50257, 768, 12, 12, 12, 3072, 1024], true),
  'openai-community/gpt2-xl': shape('gpt2', [50257, 1600, 48, 25, 25, 6400, 1024], true),
  'meta-llama/Llama-2-7b-hf': shape('llama', [32000, 4096, 32, 32, 32, 11008, 4096], false),
  'meta-llama/Llama-2-13b-hf': shape('llama', [32000, 5120, 40, 40, 40, 13824, 4096], false),
  'meta-llama/Llama-2-70b-hf': shape('llama', [32000, 8192, 80, 64, 8, 28672, 4096], false),
  'meta-llama/Llama-3.1-8B': shape('llama', [128256, 4096, 32, 32, 8, 14336, 131072], false),
  'meta-llama/Llama-3.1-70B': shape('llama', [128256, 8192, 80, 64, 8, 28672, 131072], false),
  'meta-llama/Llama-3.1-405B': shape('llama', [128256, 16384, 126, 128, 8, 53248, 131072], false),
  'meta-llama/Llama-3.2-1B': shape('llama', [128256, 2048, 16, 32, 8, 8192, 131072], true),
  'meta-llama/Llama-3.2-3B': shape('llama', [128256, 3072, 28, 24, 8, 8192, 131072], true),
  'microsoft/Phi-3-mini-4k-instruct': shape('llama', [32064, 3072, 32, 32, 32, 8192, 4096], false),
  'TinyLlama/TinyLlama-1.1B-Chat-v1.0': shape('llama', [32000, 2048, 22, 32, 4, 5632, 2048], false),
  'Qwen/Qwen2.5-0.5B': shape('qwen2', [151936, 896, 24, 14, 2, 4864, 32768], true),
  'Qwen/Qwen2.5-1.5B': shape('qwen2', [151936, 1536, 28, 12, 2, 8960, 131072], true),
  'Qwen/Qwen2.5-7B': shape('qwen2', [152064, 3584, 28, 28, 4, 18944, 131072], false),
  'Qwen/Qwen3-0.6B': shape('qwen3', [151936, 1024, 28, 16, 8, 3072, 40960], true, 128),
  'Qwen/Qwen3-8B': shape('qwen3', [151936, 4096, 36, 32, 8, 12288, 40960], false, 128),
};
