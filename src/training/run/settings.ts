import { z } from 'zod';

const count = z.int().positive();
const fraction = z.number().min(0).max(1);

/** How a model is trained. Every field has a default that suits a small model; unknown fields are errors. */
export const trainSettingsSchema = z.strictObject({
  /** Optimizer steps; left out, `epochs` says how long. */
  steps: count.optional(),
  /** Passes over the data, when `steps` is left out. */
  epochs: z.number().positive().default(1),
  /** Sequences in a micro-batch. */
  batchSize: count.default(8),
  /** Tokens in a sequence. */
  contextLength: count.default(256),
  /** Micro-batches whose gradients are summed for one step. */
  gradientAccumulation: count.default(1),
  learningRate: z.number().positive().default(1e-3),
  /** What the schedule ends at, as a share of `learningRate`. */
  finalLearningRateFraction: fraction.default(0.1),
  schedule: z.enum(['cosine', 'linear', 'wsd', 'constant']).default('cosine'),
  warmupSteps: z.int().nonnegative().default(100),
  /** The share of the steps in which `wsd` decays. */
  decayFraction: fraction.default(0.2),
  weightDecay: z.number().nonnegative().default(0.1),
  beta1: z.number().min(0).lt(1).default(0.9),
  beta2: z.number().min(0).lt(1).default(0.99),
  epsilon: z.number().positive().default(1e-8),
  /** Largest global norm of the gradient; 0 switches clipping off. */
  gradientClip: z.number().nonnegative().default(1),
  dropout: z.number().min(0).lt(1).default(0),
  seed: z.int().default(1337),
  /** Steps between evaluations on the validation data; the last step is always followed by one. */
  evaluateEvery: count.default(250),
  /** Steps between checkpoints, beside one at the end and one when the run is stopped. */
  checkpointEvery: count.default(250),
  /** Steps between sample texts; 0 for none. */
  sampleEvery: z.int().nonnegative().default(0),
  samplePrompt: z.string().default(''),
  sampleTokens: count.default(64),
  /** Stop when the loss is so many times its running mean (or not a number). */
  divergenceFactor: z.number().gt(1).default(4),
  /** Which weights the model gets: those of the lowest validation loss, or the last. */
  keep: z.enum(['best', 'last']).default('best'),
  /** All weights; low-rank factors beside frozen weights (LoRA); the same over a base in 4 bits (QLoRA). */
  method: z.enum(['full', 'lora', 'qlora']).default('full'),
  loraRank: count.default(8),
  loraAlpha: z.number().positive().default(16),
  /** Last parts of the names of the linear layers to adapt; left out, all of them. */
  loraTargets: z.array(z.string()).min(1).optional(),
  /** Deviation of new weights: 0.02 as GPT-2 and Llama have it, or the wider one that suits narrow models. */
  initialization: z.enum(['standard', 'small']).default('standard'),
  /** Keep only each layer's input for the backward pass and compute the rest again: less memory, a third more time. */
  recomputeActivations: z.boolean().default(false),
  /** How weights are stored in the model's files; computing is always FP32. */
  dtype: z.enum(['float32', 'bfloat16', 'float16']).default('float32'),
});

export type TrainSettings = z.output<typeof trainSettingsSchema>;
