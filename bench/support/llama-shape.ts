import type { ModelConfig } from '../../src/model/model-config.ts';

/** A Llama with heads of 64, 4,096 tokens and a context of 256, but for what is given. */
export function llamaShape(layers: number, width: number, changes: Partial<ModelConfig> = {}): ModelConfig {
  return {
    family: 'llama',
    vocabSize: 4096,
    width,
    layers,
    heads: width / 64,
    kvHeads: width / 64,
    headDim: 64,
    ffnWidth: Math.round((width * 8) / 3),
    contextLength: 256,
    normEpsilon: 1e-5,
    ropeTheta: 10_000,
    tiedEmbeddings: false,
    qkvBias: false,
    qkNorm: false,
    eosTokenIds: [],
    ...changes,
  };
}
