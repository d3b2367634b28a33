import type { ModelConfig } from '../../src/model/model-config.ts';

/** nanoGPT's character model for CPUs (its README, "I only have a macbook"), without biases and dropout. */
export const shakespeareModel: ModelConfig = {
  family: 'gpt2',
  vocabSize: 65,
  width: 128,
  layers: 4,
  heads: 4,
  kvHeads: 4,
  headDim: 32,
  ffnWidth: 512,
  contextLength: 64,
  normEpsilon: 1e-5,
  tiedEmbeddings: true,
  qkvBias: true,
  biases: false,
  activation: 'gelu',
  qkNorm: false,
  eosTokenIds: [],
};

export const shakespeareBatch = { batch: 12, length: 64 };

/** Its optimizer; the peak learning rate is 1e-3. */
export const shakespeareAdamW = { beta1: 0.9, beta2: 0.99, epsilon: 1e-8, weightDecay: 0.1 };
