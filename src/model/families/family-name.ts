/** The families of models that this program computes. Each has a record in `index.ts`. */
export const modelFamilies = [
  'gemma2',
  'gemma3',
  'gpt2',
  'granite',
  'llama',
  'mistral',
  'olmo2',
  'phi3',
  'qwen2',
  'qwen3',
  'smollm3',
] as const;

export type ModelFamily = (typeof modelFamilies)[number];
