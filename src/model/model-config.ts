import type { ModelFamily } from './families/family-name.ts';

/** How rotary frequencies are stretched for contexts longer than the model was trained on. */
export type RopeScaling =
  | { type: 'linear'; factor: number }
  | {
      type: 'llama3';
      factor: number;
      lowFrequencyFactor: number;
      highFrequencyFactor: number;
      originalContextLength: number;
    };

/** What fixes a decoder-only transformer's parameters and its work: a part of every configuration. */
export interface ModelShape {
  family: ModelFamily;
  vocabSize: number;
  /** Width of the residual stream (hidden size). */
  width: number;
  layers: number;
  /** Query heads. */
  heads: number;
  /** Key and value heads; fewer than `heads` means grouped-query attention. */
  kvHeads: number;
  headDim: number;
  ffnWidth: number;
  /** Longest sequence in tokens. */
  contextLength: number;
  /** The output projection is the token embedding. */
  tiedEmbeddings: boolean;
  qkvBias: boolean;
  /** GPT-2 without biases (nanoGPT's recipes); its files have biases of zero. */
  biases?: false;
  /** RMS norm over each query and key head (Qwen 3). */
  qkNorm: boolean;
}

/** All that a model's graph, its files and its planner need to know of it. */
export interface ModelConfig extends ModelShape {
  normEpsilon: number;
  /** Base of the rotary frequencies; absent where positions are learned (GPT-2). */
  ropeTheta?: number;
  ropeScaling?: RopeScaling;
  /** GPT-2 with the exact GELU; absent means its tanh approximation, `gelu_new`. */
  activation?: 'gelu';
  bosTokenId?: number;
  eosTokenIds: number[];
  padTokenId?: number;
}
