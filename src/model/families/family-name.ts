/** The families of models that this program computes. Each has a record in `index.ts`. */
export const modelFamilies = ['gpt2', 'llama', 'mistral', 'qwen2', 'qwen3'] as const;

export type ModelFamily = (typeof modelFamilies)[number];
