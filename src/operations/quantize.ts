import { rm } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { z } from 'zod';
import { FtsError } from '../errors/fts-error.ts';
import { fileOrOtherSchema, textOf } from '../inputs/file-inputs.ts';
import { modelNameSchema } from '../inputs/names.ts';
import { artifactName } from '../jobs/job-store.ts';
import { exportGguf } from '../model/gguf/export-gguf.ts';
import { type ModelDirectory, openModelDirectory } from '../model/model-directory.ts';
import { Tokenizer } from '../model/tokenizer/tokenizer.ts';
import { generateOperatorDataset } from '../operator/dataset.ts';
import { operatorRecipe } from '../operator/recipe.ts';
import type { LayerReport } from '../quantization/blocks/quantized-part.ts';
import { type CalibrationText, readCalibrationTexts } from '../quantization/calibration/calibration.ts';
import { chooseSettings } from '../quantization/choose-settings.ts';
import { type QuantizeInput, quantize as quantizeModel } from '../quantization/quantize.ts';
import { type QuantizationSettings, quantizationSettingsSchema } from '../quantization/settings.ts';
import { placeArtifacts } from '../registry/place-artifacts.ts';
import { stagingPath } from '../registry/place-model.ts';
import { artifactSchema, type Model } from '../registry/registry-records.ts';
import { refuseTakenArtifact } from '../registry/taken-name.ts';
import type { OperationContext, Services } from '../services/context.ts';
import { replacingInputs, replacingOf } from './inputs/replacing.ts';
import { defineOperation } from './operation.ts';

const plainTypes = { f32: 'F32', f16: 'F16', bf16: 'BF16', q8_0: 'Q8_0', q4_0: 'Q4_0', q4_1: 'Q4_1' } as const;
const layouts = ['gptq', 'awq', 'compressed-tensors'] as const;
const formatNames = [...(Object.keys(plainTypes) as (keyof typeof plainTypes)[]), ...layouts] as const;
type Format = (typeof formatNames)[number];

/** The settings that a user may turn; format and method are chosen above them. */
const { method: _, format: __, ...tuning } = quantizationSettingsSchema.shape;

const inputSchema = z.object({
  model: modelNameSchema.describe('Name of the model'),
  formats: z
    .array(z.enum(formatNames))
    .min(1)
    .default(['q4_0', 'gptq'])
    .describe('GGUF (f32 to q4_1) or safetensors layouts for vLLM and Transformers'),
  method: z
    .enum(['gptq', 'awq', 'rtn', 'auto'])
    .default('gptq')
    .describe('How weights are chosen; auto tries all on held-out text. q8_0 is always rounded to nearest'),
  calibration: fileOrOtherSchema
    .optional()
    .describe('Text or JSON-lines file like what the model will read; "self" for its own samples'),
  ...tuning,
  budget: z.number().positive().optional().describe('auto: most bits per weight, scales included'),
  ...replacingInputs,
});
type Input = z.output<typeof inputSchema>;

export const quantize = defineOperation({
  name: 'quantize',
  title: 'Quantize a model',
  description:
    'Makes smaller artifacts of a model for serving: INT4 by GPTQ (default), AWQ or rounding, INT8, or unquantized GGUF. `method: auto` lets held-out text decide. The model itself is never changed. Stopped, it resumes layer by layer.',
  effect: 'write',
  scope: 'train',
  idempotent: true,
  openWorld: false,
  job: true,
  writes: ({ model, formats }) => formats.map((format) => artifactName(model, format)),
  check: (input, services) => refuseTaken(input, services, undefined),
  positionals: ['model'],
  example: 'fts quantize operator --formats q4_0 gptq --method gptq',
  input: inputSchema,
  output: z.object({
    artifacts: z.array(artifactSchema),
    /** Why `auto` chose what it chose. */
    reason: z.string().optional(),
    /** Layer that lost most, by relative squared error of its outputs on the calibration text. `fts.json` has all. */
    worstLayer: z.object({ name: z.string(), bits: z.number(), relativeError: z.number() }).optional(),
  }),
  async run(input, context) {
    refuseContradictions(input);
    refuseTaken(input, context, context.jobId);
    const { registry } = context;
    const model = registry.model(input.model);
    const directory = await openModelDirectory(model.directory);
    try {
      const isPlain = (format: Format): format is keyof typeof plainTypes =>
        format in plainTypes && (!format.startsWith('q4') || (input.method === 'rtn' && !isTuned(input)));
      const plain = input.formats.filter(isPlain);
      for (const [done, format] of plain.entries()) {
        context.report({ stage: 'export', done, total: plain.length, unit: 'items' });
        await exportPlain(model, directory, format, input, context);
      }
      const learned = input.formats.filter((format) => !isPlain(format));
      const { settings, reason } = await settingsFor(input, learned, model, directory, context);
      const layers: LayerReport[] = [];
      for (const run of runsFor(learned, settings)) {
        layers.push(...(await quantizeWith(model, directory, run, input, reason, context)));
      }
      const artifacts = input.formats.map((format) => registry.artifact(`${input.model}:${format}`));
      const worst = worstOf(layers);
      return {
        artifacts,
        ...(reason === undefined ? {} : { reason }),
        ...(worst === undefined ? {} : { worstLayer: worst }),
      };
    } finally {
      await directory.close();
    }
  },
});

function refuseContradictions({ bits, formats, packTables }: Input): void {
  if (packTables && !formats.includes('compressed-tensors')) {
    throw new FtsError('invalid-input', 'Only compressed-tensors can pack the token embedding.', {
      field: 'packTables',
      value: packTables,
      remedy: 'Add compressed-tensors to formats; GGUF files quantize the embedding anyway.',
    });
  }
  const four = formats.find((format) => format.startsWith('q4'));
  if (bits === 4 || four === undefined) return;
  throw new FtsError('invalid-input', `${four} holds 4 bits per weight, not ${bits}.`, {
    field: 'formats',
    value: four,
    remedy: 'Take q8_0, gptq or compressed-tensors.',
  });
}

function tokenizerOf({ tokenizer, path }: ModelDirectory, calibration: string): Tokenizer {
  if (tokenizer !== undefined) return Tokenizer.fromFiles(tokenizer);
  throw new FtsError('invalid-input', `${path} has no tokenizer to read ${calibration} with.`, {
    field: 'calibration',
    value: calibration,
    remedy: 'Put tokenizer.json into the model folder, or use `--calibration self`.',
  });
}

/** Rounding to nearest with settings that llama.cpp's own Q4_0 does not have. */
function isTuned({ embeddingBits, keep, groupSize }: Input): boolean {
  return embeddingBits !== undefined || keep.length > 0 || groupSize !== 32;
}

function worstOf(layers: readonly LayerReport[]): (LayerReport & { relativeError: number }) | undefined {
  const measured = layers.flatMap(({ relativeError, ...layer }) =>
    relativeError === undefined ? [] : [{ ...layer, relativeError }],
  );
  return measured.sort((a, b) => b.relativeError - a.relativeError)[0];
}

function refuseTaken(input: Input, { registry }: Services, jobId: string | undefined): void {
  for (const format of input.formats) {
    refuseTakenArtifact(registry, `${input.model}:${format}`, replacingOf(input, { jobId }));
  }
}

/** A GGUF file of the model without learning from data: unquantized, or rounded to nearest. */
async function exportPlain(
  model: Model,
  directory: ModelDirectory,
  format: keyof typeof plainTypes,
  input: Input,
  context: OperationContext,
): Promise<void> {
  const { config, weights, tokenizer: files } = directory;
  const tokenizer = files === undefined ? undefined : Tokenizer.fromFiles(files);
  const target = join(model.directory, `${model.name}-${format}.gguf`);
  const staged = stagingPath(target);
  try {
    const { bytes, bitsPerWeight, fallbacks } = await exportGguf(
      staged,
      { name: model.name, config, tokenizer, weights, type: plainTypes[format] },
      { signal: context.signal, report: () => {} },
    );
    const settings = { method: 'rtn', fallbacks };
    const artifact = { id: `${model.name}:${format}`, model: model.name, format, path: staged, bytes, bitsPerWeight };
    const made = { staged, target, artifacts: [{ ...artifact, settings }] };
    placeArtifacts(context.registry, model, made, replacingOf(input, context));
  } finally {
    await rm(staged, { force: true });
  }
}

/** The settings of the learned formats; with `auto`, those that held-out text speaks for. */
async function settingsFor(
  input: Input,
  learned: readonly Format[],
  model: Model,
  directory: ModelDirectory,
  context: OperationContext,
): Promise<{ settings: QuantizationSettings; reason: string | undefined }> {
  const { method } = input;
  const own = Object.fromEntries(Object.keys(tuning).map((key) => [key, input[key as keyof typeof tuning]]));
  const base = quantizationSettingsSchema.parse({ ...own, method: method === 'auto' ? 'gptq' : method });
  if (method !== 'auto' || learned.length === 0) return { settings: base, reason: undefined };
  const text = await calibrationFor(input, model, directory, context);
  const budget = input.budget === undefined ? {} : { bitsPerWeight: input.budget };
  const chosen = await chooseSettings(model.directory, text, base, budget, context);
  return { settings: chosen.settings, reason: chosen.reason };
}

/** One run for each combination of zero-point convention and safetensors layout; every run also gives a GGUF file. */
function runsFor(learned: readonly Format[], settings: QuantizationSettings) {
  const runs = new Map<string, { settings: QuantizationSettings; formats: Format[] }>();
  const chosenLayouts = learned.filter((format) => (layouts as readonly string[]).includes(format));
  for (const format of [...chosenLayouts, ...learned.filter((other) => !chosenLayouts.includes(other))]) {
    const isLayout = chosenLayouts.includes(format);
    const isSymmetric = format === 'q4_1' ? false : format === 'q4_0' ? true : settings.symmetric;
    const shared = [...runs.values()].find((run) => !isLayout && run.settings.symmetric === isSymmetric);
    if (shared !== undefined) {
      shared.formats.push(format);
      continue;
    }
    const layout = isLayout ? (format as (typeof layouts)[number]) : 'gptq';
    const bits = settings.bits === 4 ? '' : `-int${settings.bits}`;
    const folder = `${layout}-${isSymmetric ? 'symmetric' : 'asymmetric'}${bits}`;
    runs.set(folder, { settings: { ...settings, symmetric: isSymmetric, format: layout }, formats: [format] });
  }
  return [...runs].map(([folder, run]) => ({ folder, ...run }));
}

async function quantizeWith(
  model: Model,
  directory: ModelDirectory,
  run: { folder: string; settings: QuantizationSettings; formats: Format[] },
  input: Input,
  reason: string | undefined,
  context: OperationContext,
): Promise<LayerReport[]> {
  const { settings } = run;
  const target = join(model.directory, `${settings.method}-${run.folder}`);
  const staged = stagingPath(target);
  const calibration = settings.method === 'rtn' ? undefined : await calibrationFor(input, model, directory, context);
  try {
    const summary = await quantizeModel(
      {
        model: model.directory,
        output: staged,
        workFolder: join(model.directory, `.${basename(target)}.quantizing`),
        name: model.name,
        settings,
        ...(calibration === undefined ? {} : { calibration }),
        ...(reason === undefined ? {} : { reason }),
      },
      context,
    );
    const artifacts = summary.artifacts
      .filter(({ format }) => (run.formats as string[]).includes(format))
      .map(({ format, path, bytes, bitsPerWeight, fallbacks }) => ({
        id: `${model.name}:${format}`,
        model: model.name,
        format,
        path,
        bytes,
        bitsPerWeight,
        settings: { ...settings, fallbacks, ...(reason === undefined ? {} : { reason }) },
      }));
    placeArtifacts(context.registry, model, { staged, target, artifacts }, replacingOf(input, context));
    return summary.layers;
  } finally {
    await rm(staged, { recursive: true, force: true });
  }
}

/** The user's file, the model's own samples, or what the model was trained on where that can be made again. */
async function calibrationFor(
  input: Input,
  model: Model,
  directory: ModelDirectory,
  { registry, files }: OperationContext,
): Promise<NonNullable<QuantizeInput['calibration']>> {
  if (input.calibration !== undefined && textOf(input.calibration) !== 'self') {
    const path = files.read('calibration', input.calibration);
    return readCalibrationTexts(path, tokenizerOf(directory, path));
  }
  const isOperator = model.run !== null && registry.run(model.run).kind === 'operator';
  return isOperator && input.calibration === undefined ? operatorTexts() : 'self';
}

/** Training examples of the operator model: another part of its generated data than the one it is tested on. */
function operatorTexts(): CalibrationText[] {
  const data = { ...operatorRecipe.data, trainExamples: 2000, validationExamples: 0, testExamples: 0 };
  return generateOperatorDataset(data).train.map(({ prompt, completion }) => ({ prompt, completion }));
}
