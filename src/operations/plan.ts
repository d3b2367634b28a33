import { z } from 'zod';
import {
  type Candidate,
  compareServing,
  compareTraining,
  type Recommendation,
  recommendServing,
  recommendTraining,
} from '../planning/compare-machines.ts';
import { cacheTypes, type ServingLoad } from '../planning/inference-memory.ts';
import type { Machine } from '../planning/machine.ts';
import { thisMachineId, trainingTypes } from '../planning/measure-machine.ts';
import { type BarPart, memoryBarText } from '../planning/memory-bar.ts';
import { memoryBarsSvg } from '../planning/memory-bar-svg.ts';
import { countParameters } from '../planning/model-shape.ts';
import { planServing, type ServingPlan } from '../planning/plan-serving.ts';
import type { TrainingPlan } from '../planning/plan-training.ts';
import { bytesText, countText, durationText, usdText } from '../planning/quantity-text.ts';
import type { ResolvedShape } from '../planning/resolve-shape.ts';
import {
  optimizers,
  recomputations,
  type TrainingMethod,
  type TrainingSetup,
  trainingPrecisions,
} from '../planning/training-memory.ts';
import { parseWeightFormat } from '../planning/weight-formats.ts';
import { combinations, parseVariation } from '../planning/what-if.ts';
import { writeFileAtomic } from '../store/atomic-file.ts';
import { defineOperation } from './operation.ts';
import { chooseMachines, chooseShape } from './planning-inputs.ts';

const positive = z.number().int().positive();

const inputSchema = z.object({
  model: z
    .string()
    .min(1)
    .describe(
      'A model of this registry, a folder or config.json, a Hugging Face id (Llama-3.1-8B), or a size such as 8B',
    ),
  purpose: z.enum(['serve', 'train', 'fine-tune']).default('serve').describe('What it is to be used for'),
  machines: z
    .array(z.string())
    .default([])
    .describe(`Only these machines (ids of the catalogue, or ${thisMachineId}); all when left out`),
  format: z.string().default('Q4_K_M').describe('Serving: weight format (Q4_0, Q8_0, BF16, INT4-g128, FP32, …)'),
  cacheType: z.enum(cacheTypes).default('f16').describe('Serving: type of the KV cache'),
  context: positive.default(4096).describe('Serving: tokens kept per conversation; training: sequence length'),
  batch: positive.default(1).describe('Serving: conversations at once; training: sequences per micro-batch'),
  prompt: positive.default(1024).describe('Serving: prompt tokens of a typical query'),
  completion: positive.default(256).describe('Serving: completion tokens of a typical query'),
  ttftMs: z.number().positive().default(500).describe('Serving: longest acceptable time to first token'),
  pace: z.number().positive().default(10).describe('Serving: lowest acceptable tok/s for one reader'),
  tokens: z
    .number()
    .positive()
    .optional()
    .describe('Training: tokens in all (default: 20 per parameter; fine-tuning 1e7)'),
  optimizer: z.enum(optimizers).default('adamw').describe('Training: optimizer'),
  precision: z.enum(trainingPrecisions).default('bf16-mixed').describe('Training: number formats'),
  recompute: z
    .enum(recomputations)
    .default('none')
    .describe('Training: activations computed again in the backward pass'),
  accumulation: positive.default(8).describe('Training: micro-batches per optimizer step'),
  method: z.enum(['full', 'lora', 'qlora']).optional().describe('Fine-tuning method (default: lora for fine-tune)'),
  rank: positive.default(16).describe('LoRA rank'),
  days: z.number().positive().default(30).describe('Training: days after which it should be done'),
  whatIf: z.array(z.string()).default([]).describe('Variations: context=4096,32768 batch=1,8 bits=4,8,16'),
  svg: z.string().optional().describe('Also write the memory bars to this SVG file'),
});
type PlanInput = z.output<typeof inputSchema>;

const partSchema = z.object({ label: z.string(), bytes: z.number() });
const money = z.number().nullable();

const rowSchema = z.object({
  machine: z.string(),
  name: z.string(),
  fits: z.boolean(),
  devices: z.number(),
  memoryBytes: z.number(),
  usableBytes: z.number(),
  /** Negative: what is missing. */
  headroomBytes: z.number(),
  serving: z
    .object({
      ttftSeconds: z.number(),
      prefillTokensPerSecond: z.number(),
      tokensPerSecondAlone: z.number(),
      tokensPerSecondBatched: z.number(),
      mostSequences: z.number(),
      usdPerHour: money,
      usdPerMillionIn: money,
      usdPerMillionOut: money,
      usdPerQuery: money,
    })
    .optional(),
  training: z
    .object({ devicesNeeded: z.number().nullable(), tokensPerSecond: z.number(), seconds: z.number(), rentUsd: money })
    .optional(),
});
type Row = z.output<typeof rowSchema>;

const outputSchema = z.object({
  model: z.object({ name: z.string(), parameters: z.number(), from: z.string() }),
  purpose: z.enum(['serve', 'train', 'fine-tune']),
  trainableParameters: z.number().optional(),
  flops: z.number().optional(),
  machines: z.array(rowSchema),
  recommended: z.object({ machine: z.string(), reasons: z.array(z.string()) }).nullable(),
  /** Memory on the recommended machine (or the first), part by part. */
  memory: z.object({ machine: z.string(), usableBytes: z.number(), parts: z.array(partSchema) }),
  whatIf: z.array(
    z.object({
      setting: z.string(),
      machine: z.string(),
      memoryBytes: z.number(),
      fits: z.boolean(),
      ttftSeconds: z.number().nullable(),
      tokensPerSecond: z.number().nullable(),
      usdPerQuery: money,
    }),
  ),
  svg: z.string().nullable(),
});
type PlanOutput = z.output<typeof outputSchema>;

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
    const resolved = await chooseShape(input.model, context);
    const machines = await chooseMachines(
      input.machines,
      context,
      input.purpose === 'serve' ? undefined : trainingTypes,
    );
    const result =
      input.purpose === 'serve' ? servingAnswer(input, resolved, machines) : trainingAnswer(input, resolved, machines);
    if (input.svg !== undefined) {
      const bars = result.bars.map(({ row, parts }) => ({
        label: row.machine,
        parts,
        usableBytes: row.usableBytes,
      }));
      await writeFileAtomic(input.svg, memoryBarsSvg(`${resolved.name}: memory to ${input.purpose}`, bars));
    }
    return { ...result.output, svg: input.svg ?? null };
  },
  render: (output) => renderPlan(output),
});

interface Answer {
  output: Omit<PlanOutput, 'svg'>;
  bars: { row: Row; parts: BarPart[] }[];
}

function servingAnswer(input: PlanInput, resolved: ResolvedShape, machines: Machine[]): Answer {
  const { shape } = resolved;
  const load: ServingLoad = {
    format: parseWeightFormat(input.format),
    cacheType: input.cacheType,
    contextTokens: input.context,
    sequences: input.batch,
    prefillTokens: 512,
  };
  const request = {
    shape,
    load,
    promptTokens: Math.min(input.prompt, input.context),
    completionTokens: Math.min(input.completion, input.context),
  };
  const candidates = compareServing(request, machines);
  const recommended = recommendServing(candidates, {
    ttftSeconds: input.ttftMs / 1000,
    tokensPerSecond: input.pace,
  });
  const bars = candidates.map((candidate) => ({ row: servingRow(candidate), parts: servingParts(candidate.plan) }));
  const shown = bars.find(({ row }) => row.machine === recommended?.machineId) ?? bars[0]!;
  const focus = machines.find(({ id }) => id === shown.row.machine)!;
  const whatIf = combinations(input.whatIf.map(parseVariation))
    .filter((settings) => Object.keys(settings).length > 0)
    .map((settings) => {
      const varied: ServingLoad = {
        ...load,
        ...(settings.context === undefined ? {} : { contextTokens: Number(settings.context) }),
        ...(settings.batch === undefined ? {} : { sequences: Number(settings.batch) }),
        ...(settings.bits === undefined ? {} : { format: parseWeightFormat(String(settings.bits)) }),
      };
      const planned = planServing({ ...request, load: varied, machine: focus });
      return {
        setting: settingText(settings),
        machine: focus.id,
        memoryBytes: planned.memory.total,
        fits: planned.fits,
        ttftSeconds: planned.ttftSeconds,
        tokensPerSecond: planned.tokensPerSecondBatched,
        usdPerQuery: planned.cost?.perQuery ?? null,
      };
    });
  return { output: { ...common(input, resolved, bars, recommended), whatIf }, bars };
}

function trainingAnswer(input: PlanInput, resolved: ResolvedShape, machines: Machine[]): Answer {
  const { shape } = resolved;
  const fineTune = input.purpose === 'fine-tune';
  const setup: TrainingSetup = {
    method: methodOf(input.method ?? (fineTune ? 'lora' : 'full'), input.rank),
    optimizer: input.optimizer,
    precision: input.precision,
    recomputation: input.recompute,
    fusedAttention: true,
    sequenceTokens: input.context,
    microBatch: input.batch,
    accumulation: input.accumulation,
    parallelism: { data: 1, tensor: 1, pipeline: 1, zero: 0 },
  };
  const tokens = input.tokens ?? (fineTune ? 1e7 : 20 * countParameters(shape).total);
  const candidates = compareTraining({ shape, setup, tokens }, machines, input.days * 86_400);
  const recommended = recommendTraining(candidates, input.days * 86_400);
  const bars = candidates.map((candidate) => ({ row: trainingRow(candidate), parts: trainingParts(candidate.plan) }));
  const first = candidates[0]!.plan;
  const focus = candidates.find(({ machine }) => machine.id === recommended?.machineId) ?? candidates[0]!;
  const whatIf = combinations(input.whatIf.map(parseVariation))
    .filter((settings) => Object.keys(settings).length > 0)
    .map((settings) => {
      const varied: TrainingSetup = {
        ...setup,
        ...(settings.context === undefined ? {} : { sequenceTokens: Number(settings.context) }),
        ...(settings.batch === undefined ? {} : { microBatch: Number(settings.batch) }),
        ...(settings.bits === undefined ? {} : { precision: settings.bits === 'FP32' ? 'fp32' : 'bf16-mixed' }),
      };
      const [candidate] = compareTraining({ shape, setup: varied, tokens }, [focus.machine], input.days * 86_400);
      return {
        setting: settingText(settings),
        machine: focus.machine.id,
        memoryBytes: candidate!.plan.memory.total,
        fits: candidate!.plan.fits,
        ttftSeconds: null,
        tokensPerSecond: candidate!.plan.tokensPerSecond,
        usdPerQuery: null,
      };
    });
  return {
    output: {
      ...common(input, resolved, bars, recommended),
      trainableParameters: first.trainableParameters,
      flops: first.flops,
      whatIf,
    },
    bars,
  };
}

function methodOf(kind: TrainingMethod['kind'], rank: number): TrainingMethod {
  return kind === 'full' ? { kind } : { kind, rank };
}

function settingText(settings: Record<string, unknown>): string {
  return Object.entries(settings)
    .map(([dial, value]) => `${dial}=${value}`)
    .join(' ');
}

function common(
  input: PlanInput,
  resolved: ResolvedShape,
  bars: Answer['bars'],
  recommended: Recommendation | null,
): Omit<PlanOutput, 'svg' | 'whatIf'> {
  const shown = bars.find(({ row }) => row.machine === recommended?.machineId) ?? bars[0]!;
  return {
    model: { name: resolved.name, parameters: countParameters(resolved.shape).total, from: resolved.from },
    purpose: input.purpose,
    machines: bars.map(({ row }) => row),
    recommended: recommended === null ? null : { machine: recommended.machineId, reasons: recommended.reasons },
    memory: { machine: shown.row.machine, usableBytes: shown.row.usableBytes, parts: shown.parts },
  };
}

function servingRow({ machine, plan: planned }: Candidate<ServingPlan>): Row {
  return {
    machine: machine.id,
    name: machine.name,
    fits: planned.fits,
    devices: planned.devices,
    memoryBytes: planned.memory.total,
    usableBytes: planned.usableBytes,
    headroomBytes: planned.headroomBytes,
    serving: {
      ttftSeconds: planned.ttftSeconds,
      prefillTokensPerSecond: planned.prefillTokensPerSecond,
      tokensPerSecondAlone: planned.tokensPerSecondAlone,
      tokensPerSecondBatched: planned.tokensPerSecondBatched,
      mostSequences: planned.mostSequences,
      usdPerHour: planned.usdPerHour,
      usdPerMillionIn: planned.cost?.perMillionIn ?? null,
      usdPerMillionOut: planned.cost?.perMillionOut ?? null,
      usdPerQuery: planned.cost?.perQuery ?? null,
    },
  };
}

function servingParts({ memory }: ServingPlan): BarPart[] {
  return [
    { label: 'weights', bytes: memory.weights },
    { label: 'KV cache', bytes: memory.cache },
    { label: 'working', bytes: memory.working },
    { label: 'runtime', bytes: memory.runtime },
  ];
}

function trainingRow({ machine, plan: planned }: Candidate<TrainingPlan>): Row {
  return {
    machine: machine.id,
    name: machine.name,
    fits: planned.fits,
    devices: planned.devices,
    memoryBytes: planned.memory.total,
    usableBytes: planned.usableBytesPerDevice,
    headroomBytes: planned.headroomBytes,
    training: {
      devicesNeeded: planned.devicesNeeded,
      tokensPerSecond: planned.tokensPerSecond,
      seconds: planned.seconds,
      rentUsd: planned.rentUsd,
    },
  };
}

function trainingParts({ memory }: TrainingPlan): BarPart[] {
  return [
    { label: 'weights', bytes: memory.weights },
    { label: 'gradients', bytes: memory.gradients },
    { label: 'optimizer', bytes: memory.optimizer },
    { label: 'activations', bytes: memory.activations },
    { label: 'logits', bytes: memory.logits },
    { label: 'runtime', bytes: memory.runtime },
  ];
}

function renderPlan(output: PlanOutput): string {
  const { model, purpose, memory, recommended } = output;
  const lines = [
    `${model.name}: ${countText(model.parameters)} parameters (${model.from}), to ${purpose}`,
    '',
    columns(
      purpose === 'serve'
        ? ['machine', 'memory', 'fits', 'first token', 'tok/s', 'batched', '$/hour', '$/M out', '$/query']
        : ['machine', 'devices', 'memory each', 'fits', 'tok/s', 'time', 'rent'],
      output.machines.map((row) => (row.serving ? servingCells(row, row.serving) : trainingCells(row, row.training!))),
    ),
    '',
    `Memory on ${memory.machine}:`,
    memoryBarText(memory.parts, memory.usableBytes),
  ];
  if (output.whatIf.length > 0) {
    lines.push(
      '',
      `What if, on ${output.whatIf[0]!.machine}:`,
      columns(
        ['setting', 'memory', 'fits', 'first token', 'tok/s', '$/query'],
        output.whatIf.map((row) => [
          row.setting,
          bytesText(row.memoryBytes),
          row.fits ? 'yes' : 'no',
          row.ttftSeconds === null ? '-' : durationText(row.ttftSeconds),
          row.tokensPerSecond === null ? '-' : rate(row.tokensPerSecond),
          row.usdPerQuery === null ? '-' : usdText(row.usdPerQuery),
        ]),
      ),
    );
  }
  lines.push('');
  if (recommended === null)
    lines.push('No machine of the catalogue holds it: use fewer bits, a smaller context, or more devices.');
  else lines.push(`Recommended: ${recommended.machine}`, ...recommended.reasons.map((reason) => `  - ${reason}`));
  if (output.svg !== null) lines.push('', `Memory bars written to ${output.svg}`);
  return lines.join('\n');
}

function servingCells(row: Row, serving: NonNullable<Row['serving']>): string[] {
  return [
    row.machine,
    bytesText(row.memoryBytes),
    fitText(row),
    durationText(serving.ttftSeconds),
    rate(serving.tokensPerSecondAlone),
    rate(serving.tokensPerSecondBatched),
    serving.usdPerHour === null ? '-' : usdText(serving.usdPerHour),
    serving.usdPerMillionOut === null ? '-' : usdText(serving.usdPerMillionOut),
    serving.usdPerQuery === null ? '-' : usdText(serving.usdPerQuery),
  ];
}

function trainingCells(row: Row, training: NonNullable<Row['training']>): string[] {
  return [
    row.machine,
    String(row.devices),
    bytesText(row.memoryBytes),
    fitText(row),
    rate(training.tokensPerSecond),
    durationText(training.seconds),
    training.rentUsd === null ? '-' : usdText(training.rentUsd),
  ];
}

function fitText(row: Row): string {
  return row.fits ? `yes, ${bytesText(row.headroomBytes)} free` : `no, ${bytesText(Math.abs(row.headroomBytes))} short`;
}

function rate(perSecond: number): string {
  return perSecond >= 1000 ? countText(perSecond) : perSecond.toFixed(perSecond >= 10 ? 0 : 1);
}

function columns(head: string[], rows: string[][]): string {
  const all = [head, ...rows];
  const widths = head.map((_, column) => Math.max(...all.map((row) => row[column]!.length)));
  return all
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column]!))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}
