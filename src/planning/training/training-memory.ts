import { familyOf } from '../../model/families/index.ts';
import type { ModelShape } from '../../model/model-config.ts';
import { countParameters, parameterTensors } from '../shapes/model-shape.ts';
import { weightBytes } from '../shapes/weight-formats.ts';

export const optimizers = ['adamw', 'adamw-8bit', 'muon', 'sgd-momentum', 'sgd'] as const;
type Optimizer = (typeof optimizers)[number];
export const trainingPrecisions = ['fp32', 'bf16-mixed', 'bf16-mixed-fp32-gradients', 'bf16-pure'] as const;
type TrainingPrecision = (typeof trainingPrecisions)[number];
export const recomputations = ['none', 'selective', 'full'] as const;
type Recomputation = (typeof recomputations)[number];

export type TrainingMethod =
  | { kind: 'full' }
  /** Low-rank adapters on every matrix of the layers (Hu et al. 2021); the base is frozen. */
  | { kind: 'lora'; rank: number }
  /** LoRA with the frozen base in 4-bit NormalFloat (Dettmers et al. 2023). */
  | { kind: 'qlora'; rank: number };

export interface Parallelism {
  data: number;
  tensor: number;
  pipeline: number;
  /**
   * ZeRO stage (Rajbhandari et al. 2020): 1 shards optimizer states over the data-parallel ranks, 2 gradients, 3
   * weights.
   */
  zero: 0 | 1 | 2 | 3;
}

export interface TrainingSetup {
  method: TrainingMethod;
  optimizer: Optimizer;
  precision: TrainingPrecision;
  recomputation: Recomputation;
  /** A fused attention kernel never stores the T × T scores (Dao et al. 2022). */
  fusedAttention: boolean;
  sequenceTokens: number;
  /** Sequences in one forward and backward pass on one data-parallel rank. */
  microBatch: number;
  /** Micro-batches per optimizer step: changes time per step, not memory. */
  accumulation: number;
  parallelism: Parallelism;
}

export interface TrainingMemory {
  weights: number;
  gradients: number;
  optimizer: number;
  activations: number;
  /** Logits and their gradient: the largest tensor of a small model with a large vocabulary. */
  logits: number;
  runtime: number;
  total: number;
}

/** Bytes per parameter by precision: weights, gradients, and an FP32 master copy counted with the optimizer. */
const bytesPerParameter: Record<TrainingPrecision, { weights: number; gradients: number; master: number }> = {
  fp32: { weights: 4, gradients: 4, master: 0 },
  'bf16-mixed': { weights: 2, gradients: 2, master: 4 }, // 16 with AdamW: the ZeRO paper's K = 12 plus 4
  'bf16-mixed-fp32-gradients': { weights: 2, gradients: 4, master: 4 }, // 18 with AdamW (Megatron-LM)
  'bf16-pure': { weights: 2, gradients: 2, master: 0 },
};

/** Bytes of optimizer state for one parameter. */
function optimizerBytes(optimizer: Optimizer, precision: TrainingPrecision, isHiddenMatrix: boolean): number {
  const moment = precision === 'bf16-pure' ? 2 : 4;
  switch (optimizer) {
    case 'adamw':
      return 2 * moment;
    case 'adamw-8bit':
      return 2 * (1 + 4 / 2048); // block-wise: one FP32 scale per 2048 values (Dettmers et al. 2022)
    case 'muon':
      return isHiddenMatrix ? moment : 2 * moment; // momentum only; AdamW for embeddings, head and vectors
    case 'sgd-momentum':
      return moment;
    case 'sgd':
      return 0;
  }
}

/** Parameters of LoRA adapters: rank × (inputs + outputs) for each matrix of the layers. */
export function adapterParameters(shape: ModelShape, rank: number): number {
  return adaptedMatrices(shape).reduce((sum, tensor) => sum + rank * (tensor.rows + tensor.columns), 0);
}

function adaptedMatrices(shape: ModelShape) {
  return parameterTensors(shape).filter((tensor) => tensor.layer !== null && tensor.rows > 1);
}

/**
 * Bytes of one device (the first pipeline stage, the fullest) during a training step.
 * Sources: Rajbhandari et al. 2020 (states, ZeRO), Korthikanti et al. 2022 (activations, recomputation).
 */
export function trainingMemory(shape: ModelShape, setup: TrainingSetup, runtimeBytes: number): TrainingMemory {
  const states = stateBytes(shape, setup);
  const { tensor, pipeline, data, zero } = setup.parallelism;
  const modelShards = tensor * pipeline;
  const sharded = (bytes: number, fromStage: number) => bytes / modelShards / (zero >= fromStage ? data : 1);
  const weights = sharded(states.weights, 3);
  const gradients = sharded(states.gradients, 2);
  const optimizer = sharded(states.optimizer, 1);
  const tokens = setup.sequenceTokens * setup.microBatch;
  // With 1F1B the first stage keeps one micro-batch per stage, each with layers / stages layers, so stages cancel out.
  const activations = (activationBytesPerToken(shape, setup) * tokens) / tensor;
  const logits = (logitBytesPerToken(shape, setup) * tokens) / tensor;
  const total = weights + gradients + optimizer + activations + logits + runtimeBytes;
  return { weights, gradients, optimizer, activations, logits, runtime: runtimeBytes, total };
}

/** Weights, gradients and optimizer states of the whole model in bytes, before any sharding. */
export function stateBytes(
  shape: ModelShape,
  setup: Pick<TrainingSetup, 'method' | 'optimizer' | 'precision'>,
): { weights: number; gradients: number; optimizer: number; trainable: number } {
  const per = bytesPerParameter[setup.precision];
  const counts = countParameters(shape);
  if (setup.method.kind === 'full') {
    const matrices = counts.layers;
    const others = counts.total - matrices;
    const state = (isMatrix: boolean) => optimizerBytes(setup.optimizer, setup.precision, isMatrix) + per.master;
    return {
      weights: counts.total * per.weights,
      gradients: counts.total * per.gradients,
      optimizer: matrices * state(true) + others * state(false),
      trainable: counts.total,
    };
  }
  const trainable = adapterParameters(shape, setup.method.rank);
  const base = setup.method.kind === 'qlora' ? weightBytes(shape, 'NF4').total : counts.total * per.weights;
  return {
    weights: base + trainable * per.weights,
    gradients: trainable * per.gradients,
    optimizer: trainable * (optimizerBytes(setup.optimizer, setup.precision, true) + per.master),
    trainable,
  };
}

/**
 * Bytes per token that the forward pass keeps for the backward pass, counted as in Korthikanti et al. 2022 (section
 * 4.1) without dropout masks, extended to grouped-query attention, SwiGLU and FP32. `selective` recomputes the
 * attention scores; `full` keeps only each layer's input and, while one layer is recomputed, that layer's activations.
 */
function activationBytesPerToken(shape: ModelShape, setup: TrainingSetup): number {
  const bytes = setup.precision === 'fp32' ? 4 : 2;
  const layer = layerActivationValues(shape, setup) * bytes;
  if (setup.recomputation === 'full') return shape.layers * shape.width * bytes + layer;
  return shape.layers * layer;
}

function layerActivationValues(shape: ModelShape, setup: TrainingSetup): number {
  const queryWidth = shape.heads * shape.headDim;
  const kvWidth = shape.kvHeads * shape.headDim;
  const norms = 4 * shape.width; // input and output of both norms
  const attention = 2 * queryWidth + 2 * kvWidth; // q, k, v, and the heads' output
  const feedForward = (familyOf(shape).feedForward === 'plain' ? 2 : 4) * shape.ffnWidth;
  const storesScores = !setup.fusedAttention && setup.recomputation === 'none';
  return norms + attention + feedForward + (storesScores ? 2 * shape.heads * setup.sequenceTokens : 0);
}

function logitBytesPerToken(shape: ModelShape, setup: TrainingSetup): number {
  // The loss is computed in FP32 in every precision: logits, and their gradient, which replaces the probabilities.
  return shape.vocabSize * (setup.precision === 'fp32' ? 8 : 2 + 8);
}
