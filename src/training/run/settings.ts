import { z } from 'zod';

const count = z.int().positive();
const fraction = z.number().min(0).max(1);

/** Settings of a training run. Every field has a default that suits a small model; unknown fields are errors. */
export const trainSettingsSchema = z.strictObject({
  /** Optimizer steps; default: as many as `epochs` takes. */
  steps: count.optional(),
  /** Passes over the data, used if `steps` is not given. */
  epochs: z.number().positive().default(1),
  /** Sequences in a micro-batch. */
  batchSize: count.default(8),
  /** Tokens in a sequence. */
  contextLength: count.default(256),
  /** Micro-batches whose gradients are summed for one optimizer step. */
  gradientAccumulation: count.default(1),
  learningRate: z.number().positive().default(1e-3),
  /** Final learning rate of the schedule, as a share of `learningRate`. */
  finalLearningRateFraction: fraction.default(0.1),
  schedule: z.enum(['cosine', 'linear', 'wsd', 'constant']).default('cosine'),
  warmupSteps: z.int().nonnegative().default(100),
  /** Share of the steps during which `wsd` decays. */
  decayFraction: fraction.default(0.2),
  weightDecay: z.number().nonnegative().default(0.1),
  beta1: z.number().min(0).lt(1).default(0.9),
  beta2: z.number().min(0).lt(1).default(0.99),
  epsilon: z.number().positive().default(1e-8),
  /** Largest global norm of the gradient; 0 switches clipping off. */
  gradientClip: z.number().nonnegative().default(1),
  dropout: z.number().min(0).lt(1).default(0),
  seed: z.int().default(1337),
  /** Steps between evaluations on the validation data; there is always one after the last step. */
  evaluateEvery: count.default(250),
  /** Steps between checkpoints, in addition to one at the end and one when the run is stopped. */
  checkpointEvery: count.default(250),
  /** Steps between sample texts; 0 for none. */
  sampleEvery: z.int().nonnegative().default(0),
  samplePrompt: z.string().default(''),
  sampleTokens: count.default(64),
  /** Stop if the loss exceeds its running mean by this factor, or is not a number. */
  divergenceFactor: z.number().gt(1).default(4),
  /** Which weights become the model: those with the lowest validation loss, or the last. */
  keep: z.enum(['best', 'last']).default('best'),
  /** `full`: all weights; `lora`: low-rank factors with frozen weights; `qlora`: LoRA with the base in 4 bits. */
  method: z.enum(['full', 'lora', 'qlora']).default('full'),
  loraRank: count.default(8),
  loraAlpha: z.number().positive().default(16),
  /** Suffixes of the names of the linear layers to adapt; default: all layers. */
  loraTargets: z.array(z.string()).min(1).optional(),
  /** Standard deviation of new weights: 0.02 as in GPT-2 and Llama, or a larger one that suits narrow models. */
  initialization: z.enum(['standard', 'small']).default('standard'),
  /** Keep only each layer's input for the backward pass and recompute the rest: less memory, a third more time. */
  recomputeActivations: z.boolean().default(false),
  /** Type of the weights in the model's files; computation is always in FP32. */
  dtype: z.enum(['float32', 'bfloat16', 'float16']).default('float32'),
});

export type TrainSettings = z.output<typeof trainSettingsSchema>;
