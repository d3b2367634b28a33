import { z } from 'zod';
import { fileToWriteSchema, overwriteField } from '../inputs/file-inputs.ts';
import type { ModelShape } from '../model/model-config.ts';
import { memoryBarsSvg } from '../planning/answer/memory-bar-svg.ts';
import { focusOf, memoryPartSchema, planRowSchema, whatIfSchema } from '../planning/answer/plan-answer.ts';
import { planText } from '../planning/answer/plan-text.ts';
import { parseVariation } from '../planning/fleet/what-if.ts';
import type { Machine } from '../planning/machines/machine.ts';
import { thisMachineId, trainingTypes } from '../planning/machines/measure-machine.ts';
import { compareServing } from '../planning/serving/compare-serving.ts';
import { countParameters } from '../planning/shapes/model-shape.ts';
import { oneDevice, parseParallelism } from '../planning/time/parallelism.ts';
import { compareTraining } from '../planning/training/compare-training.ts';
import {
  optimizers,
  recomputations,
  type TrainingMethod,
  trainingPrecisions,
} from '../planning/training/training-memory.ts';
import { chooseMachines, chooseShape, positiveInteger, servingFields, servingRequest } from './inputs/planning.ts';
import { defineOperation } from './operation.ts';

const inputSchema = z.object({
  model: servingFields.model.describe('A model, folder, config.json, GGUF file, Hugging Face id, or a size such as 8B'),
  purpose: z.enum(['serve', 'train', 'fine-tune']).default('serve'),
  machines: servingFields.machines.describe(`Only these ids (${thisMachineId} is measured); default all`),
  format: servingFields.format.describe('Serving: weight format (Q4_0, Q8_0, BF16, INT4-g128, FP32, …)'),
  cacheType: servingFields.cacheType.describe('Serving: type of the KV cache'),
  context: servingFields.context.describe('Serving: tokens kept per conversation; training: sequence length'),
  batch: positiveInteger.default(1).describe('Serving: conversations at once; training: sequences per micro-batch'),
  prompt: servingFields.prompt.describe('Serving: prompt tokens of a query'),
  completion: servingFields.completion.describe('Serving: completion tokens of a query'),
  ttftMs: z.number().positive().default(500).describe('Serving: longest time to first token'),
  pace: z.number().positive().default(10).describe('Serving: lowest tok/s for one reader'),
  tokens: z.number().positive().optional().describe('Training: tokens in all (default 20 a parameter; fine-tune 1e7)'),
  optimizer: z.enum(optimizers).default('adamw'),
  precision: z.enum(trainingPrecisions).default('bf16-mixed').describe('Training'),
  recompute: z.enum(recomputations).default('none').describe('Training: activations computed again'),
  accumulation: positiveInteger.default(8).describe('Training: micro-batches per update'),
  parallel: z.string().optional().describe('Training: data=8,tensor=2,pipeline=4,zero=3 (default: chosen per machine)'),
  mfu: z.number().positive().max(1).optional().describe('Training: share of the arithmetic peak'),
  method: z.enum(['full', 'lora', 'qlora']).optional().describe('Fine-tuning (default lora)'),
  rank: positiveInteger.default(16).describe('LoRA rank'),
  days: z.number().positive().default(30).describe('Training: days until it should be done'),
  whatIf: z.array(z.string()).default([]).describe('Variations: context=4096,32768 batch=1,8 bits=4,8,16'),
  svg: fileToWriteSchema.optional().describe('Write the memory bars to this SVG file'),
  overwrite: overwriteField,
});
type PlanInput = z.output<typeof inputSchema>;

const outputSchema = z.object({
  model: z.object({ name: z.string(), parameters: z.number(), from: z.string() }),
  purpose: z.enum(['serve', 'train', 'fine-tune']),
  trainableParameters: z.number().optional(),
  flops: z.number().optional(),
  machines: z.array(planRowSchema),
  recommended: z.object({ machine: z.string(), reasons: z.array(z.string()) }).nullable(),
  /** Memory on the recommended machine (or the first), part by part. */
  memory: z.object({ machine: z.string(), usableBytes: z.number(), parts: z.array(memoryPartSchema) }),
  whatIf: z.array(whatIfSchema),
  svg: z.string().nullable(),
});

export const plan = defineOperation({
  name: 'plan',
  title: 'Plan a model’s hardware',
  description:
    'Says what a model needs before anyone rents or buys: memory part by part, which machines of the catalogue (this ' +
    'one measured, data-center GPUs, Akamai Cloud plans, Macs, phones, boards) hold it and by how much they do not, ' +
    'time to first token, tokens per second, training time, and cost, with one machine recommended and why. Use it ' +
    'for any "will it fit", "how fast" or "what will it cost" question. Narrow it with `machines`; vary it with `whatIf`.',
  effect: 'read',
  scope: 'read',
  idempotent: true,
  openWorld: true,
  job: false,
  positionals: ['model'],
  example: 'fts plan Llama-3.1-8B --context 8192 --what-if bits=4,8,16',
  input: inputSchema,
  output: outputSchema,
  async run(input, context) {
    const { name, shape, from } = await chooseShape(input.model, context);
    const serving = input.purpose === 'serve';
    const machines = await chooseMachines(input.machines, context, serving ? undefined : trainingTypes);
    const answer = serving ? servingAnswer(input, shape, machines) : trainingAnswer(input, shape, machines);
    const { machines: answers, ...rest } = answer;
    const bars = answers.map(({ row, parts }) => ({ label: row.machine, parts, usableBytes: row.usableBytes }));
    const title = `${name}: memory to ${input.purpose}`;
    const { svg: given, overwrite } = input;
    const written =
      given === undefined
        ? null
        : await context.files.write({ field: 'svg', given, overwrite }, (file) =>
            file.writeFile(memoryBarsSvg(title, bars)),
          );
    const { row, parts } = focusOf(answer);
    return {
      model: { name, parameters: countParameters(shape).total, from },
      purpose: input.purpose,
      ...rest,
      machines: answers.map((one) => one.row),
      memory: { machine: row.machine, usableBytes: row.usableBytes, parts },
      svg: written?.place ?? null,
    };
  },
  render: planText,
});

function servingAnswer(input: PlanInput, shape: ModelShape, machines: Machine[]) {
  const wanted = { ttftSeconds: input.ttftMs / 1000, tokensPerSecond: input.pace };
  return compareServing(servingRequest(input, shape), machines, wanted, input.whatIf.map(parseVariation));
}

function trainingAnswer(input: PlanInput, shape: ModelShape, machines: Machine[]) {
  const fineTune = input.purpose === 'fine-tune';
  const kind = input.method ?? (fineTune ? 'lora' : 'full');
  const method: TrainingMethod = kind === 'full' ? { kind } : { kind, rank: input.rank };
  const setup = {
    method,
    optimizer: input.optimizer,
    precision: input.precision,
    recomputation: input.recompute,
    fusedAttention: true,
    sequenceTokens: input.context,
    microBatch: input.batch,
    accumulation: input.accumulation,
    parallelism: input.parallel === undefined ? oneDevice : parseParallelism(input.parallel),
  };
  const tokens = input.tokens ?? (fineTune ? 1e7 : 20 * countParameters(shape).total);
  const goal = { deadlineSeconds: input.days * 86_400, parallelismGiven: input.parallel !== undefined };
  const request = { shape, setup, tokens, mfu: input.mfu };
  return compareTraining(request, machines, goal, input.whatIf.map(parseVariation));
}
