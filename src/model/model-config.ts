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
    }
  /** YaRN (arXiv:2309.00071). */
  | { type: 'yarn'; factor: number; betaFast: number; betaSlow: number; originalContextLength: number }
  /** LongRoPE (arXiv:2402.13753): a divisor for each frequency, others beyond the original context. */
  | {
      type: 'longrope';
      shortFactors: readonly number[];
      longFactors: readonly number[];
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
  /** The attention's output projection has a bias too. */
  attentionOutputBias?: true;
  /** The three matrices of the feed-forward layer have biases. */
  ffnBias?: true;
  /** GPT-2 without biases (nanoGPT's recipes); its files have biases of zero. */
  biases?: false;
  /** RMS norm over each query and key head (Qwen 3), or over all of a projection at once (OLMo 2). */
  qkNorm: boolean | 'whole';
  /** Where the norms of a block stand: after each part, or before and after it. Absent means before. */
  norms?: 'after' | 'around';
  /** Query, key and value are one matrix in files, and so are gate and up (Phi-3). */
  fusedProjections?: true;
  /** Files keep the weights of norms less 1 (Gemma). */
  centredNorms?: true;
}

/** All that a model's graph, its files and its planner need to know of it. */
export interface ModelConfig extends ModelShape {
  normEpsilon: number;
  /** Base of the rotary frequencies; absent where positions are learned (GPT-2). */
  ropeTheta?: number;
  ropeScaling?: RopeScaling;
  /** Local rotary base of the layers with a sliding window (Gemma 3), which no scaling stretches. */
  localRopeTheta?: number;
  /** So many dimensions of each head are rotated; absent means all. */
  rotaryDim?: number;
  /** Layers whose queries and keys are not rotated (SmolLM3). */
  unrotatedLayers?: readonly number[];
  /** Attention sees so many positions back, its own included. */
  slidingWindow?: number;
  /** The layers with that window; absent means all. */
  slidingLayers?: readonly number[];
  /** Factor of the scores; absent means 1 / √headDim. */
  attentionScale?: number;
  /** Scores are squeezed to ± this by tanh (Gemma 2). */
  attentionSoftcap?: number;
  /** So are the logits. */
  logitSoftcap?: number;
  embeddingScale?: number;
  /** Factor of what each part of a block adds to the residual stream. */
  residualScale?: number;
  logitScale?: number;
  /**
   * What the family's own activation is replaced by. GPT-2: the exact GELU for its tanh approximation; gated
   * feed-forward layers: that approximation for SiLU.
   */
  activation?: 'gelu' | 'gelu-tanh';
  bosTokenId?: number;
  eosTokenIds: number[];
  padTokenId?: number;
}
