import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { FtsError } from '../errors/fts-error.ts';
import { parseWith } from '../errors/parse-with.ts';
import { fileToReadSchema, modelOrFileSchema, textOf } from '../inputs/file-inputs.ts';
import { newModelNameSchema } from '../inputs/names.ts';
import { modelName } from '../jobs/job-store.ts';
import { openModelDirectory } from '../model/model-directory.ts';
import { durationText } from '../planning/answer/quantity-text.ts';
import { placeModel, stagingPath } from '../registry/place-model.ts';
import { refuseTakenModel } from '../registry/taken-name.ts';
import type { OperationContext, Services } from '../services/context.ts';
import { dataTraining } from '../training/recipes/data-training.ts';
import { operatorTraining } from '../training/recipes/operator-training.ts';
import { trainSettingsSchema } from '../training/run/settings.ts';
import { train as trainModel } from '../training/run/train.ts';
import { modelFolder } from '../workflows/models/model-folder.ts';
import { replacingInputs, replacingOf } from './inputs/replacing.ts';
import { defineOperation } from './operation.ts';

const count = z.number().int().positive();

const inputSchema = z.strictObject({
  recipe: z.enum(['operator', 'data']).default('operator').describe('`operator`, or `data` to train on your own file'),
  name: newModelNameSchema.optional().describe('Name of the model (default: the recipe’s)'),
  data: fileToReadSchema
    .optional()
    .describe('A .txt file, or a .jsonl file with text, prompt and completion, or messages on each line'),
  base: modelOrFileSchema.optional().describe('Model to go on from: its name or a folder'),
  method: z.enum(['full', 'lora', 'qlora']).optional().describe('All weights, LoRA, or LoRA over a base in 4 bits'),
  steps: count.optional().describe('Optimizer steps (default: the recipe’s; with data, one epoch)'),
  epochs: z.number().positive().optional().describe('Passes over the data'),
  batchSize: count.optional().describe('Sequences in a micro-batch'),
  contextLength: count.optional().describe('Tokens in a sequence'),
  gradientAccumulation: count.optional().describe('Micro-batches summed for one step'),
  learningRate: z.number().positive().optional().describe('Peak learning rate'),
  schedule: z.enum(['cosine', 'linear', 'wsd', 'constant']).optional().describe('How the rate falls'),
  warmupSteps: z.number().int().nonnegative().optional().describe('Steps in which it rises'),
  weightDecay: z.number().nonnegative().optional(),
  dropout: z.number().min(0).lt(1).optional(),
  loraRank: count.optional(),
  loraAlpha: z.number().positive().optional().describe('The adapter is scaled by alpha / rank'),
  loraTargets: z.array(z.string()).min(1).optional().describe('Linear layers to adapt, such as q_proj (default: all)'),
  layers: count.default(6).describe('Of a new model, as the next three'),
  width: count.default(384),
  heads: count.default(6),
  vocabSize: count.default(4096),
  validationFraction: z.number().min(0).max(0.5).default(0.1).describe('Share of the data that is held out'),
  evaluateEvery: count.optional().describe('Steps between evaluations'),
  checkpointEvery: count.optional().describe('Steps between checkpoints'),
  sampleEvery: z.number().int().nonnegative().optional().describe('Steps between sample texts; 0 for none'),
  samplePrompt: z.string().optional().describe('What sample texts begin with'),
  initialization: z
    .enum(['standard', 'small'])
    .optional()
    .describe('How new weights start (default: small for your own data)'),
  recomputeActivations: z.boolean().optional().describe('Less memory for a third more time'),
  dtype: z.enum(['float32', 'bfloat16', 'float16']).optional().describe('How the model’s weights are stored'),
  seed: z.number().int().optional(),
  ...replacingInputs,
  settings: z
    .record(z.string(), z.unknown())
    .optional()
    .describe('Rarer ones by name, such as gradientClip, beta2, keep'),
});

type Input = z.output<typeof inputSchema>;

export const train = defineOperation({
  name: 'train',
  title: 'Train a model',
  description:
    'Trains a language model on this machine and registers it. Recipe `operator` makes the small model that turns plain requests into Akamai operations (about two minutes). Recipe `data` trains on your own text or JSONL file: from scratch, or from a `base` model with all weights, LoRA or QLoRA. Stopped, it resumes from its last checkpoint.',
  effect: 'write',
  scope: 'train',
  idempotent: false,
  openWorld: false,
  job: true,
  writes: (input) => {
    const name = nameOf(input);
    return name === undefined ? [] : [modelName(name)];
  },
  check: (input, services) => refuseTaken(input, services, undefined),
  positionals: ['recipe'],
  example: 'fts train data --data notes.txt --name notes --steps 500',
  input: inputSchema,
  output: z.object({
    run: z.string(),
    model: z.string(),
    parameters: z.number(),
    trainedParameters: z.number(),
    steps: z.number(),
    tokens: z.number(),
    trainingLoss: z.number(),
    validationLoss: z.number().nullable(),
    tokensPerSecond: z.number(),
    seconds: z.number(),
    /** Where metrics, checkpoints and the drawn loss curve are. */
    runPath: z.string(),
    modelPath: z.string(),
  }),
  render({ run, model, parameters, trainedParameters, steps, trainingLoss, validationLoss, ...rest }) {
    const trained = trainedParameters === parameters ? '' : `, of which ${whole(trainedParameters)} trained`;
    const heldOut = validationLoss === null ? '' : `, validation loss ${validationLoss.toFixed(4)}`;
    return [
      `Model ${model}: ${whole(parameters)} parameters${trained}, in ${rest.modelPath}`,
      `${whole(steps)} steps over ${whole(rest.tokens)} tokens in ${durationText(rest.seconds)}, ${whole(rest.tokensPerSecond)} tok/s`,
      `Training loss ${trainingLoss.toFixed(4)}${heldOut} (nats per token)`,
      `Loss curve: ${join(rest.runPath, 'loss.png')}   Run: ${run}`,
      `Next: fts quantize ${model}`,
    ].join('\n');
  },
  async run(input, context) {
    const { home, registry, jobId } = context;
    const run = jobId ?? `run-${Date.now().toString(36)}`;
    const runFolder = join(home.runs, run);
    const name = nameOf(input);
    if (name === undefined) throw missing('name', 'Give the new model a name.');
    refuseTaken(input, context, jobId);
    const { tokenizer, parent, close, ...prepared } = await prepare(input, context);
    const directory = join(home.models, name);
    const staged = stagingPath(directory);
    try {
      const record = { id: run, model: name, kind: input.recipe, directory: runFolder, settings: prepared.settings };
      registry.saveRun({ ...record, summary: null });
      const provenance = { name, runId: run, ...(parent === null ? {} : { parent }) };
      const output = { path: staged, tokenizer, provenance };
      const trained = await trainModel({ ...prepared, runFolder, output }, context);
      const summary = { ...trained, modelPath: directory };
      const { family } = prepared.config;
      const made = { name, directory, family, parameters: summary.parameters, parent, run };
      placeModel(registry, { model: made, staged }, replacingOf(input, context));
      registry.saveRun({ ...record, summary: { ...summary } });
      return { run, model: name, ...summary, runPath: runFolder };
    } finally {
      await rm(staged, { recursive: true, force: true });
      await close();
    }
  },
});

function refuseTaken(input: Input, { registry, home }: Services, jobId: string | undefined): void {
  const name = nameOf(input);
  if (name !== undefined) refuseTakenModel(registry, name, join(home.models, name), replacingOf(input, { jobId }));
}

function nameOf({ name, recipe }: Input): string | undefined {
  return name ?? (recipe === 'operator' ? 'operator' : undefined);
}

/** The recipe's own preparation; whatever it opened is closed by `close`. */
async function prepare(input: Input, context: OperationContext) {
  const { recipe, name, data, base, layers, width, heads, vocabSize, validationFraction, settings, ...rest } = input;
  const { replace: _replace, force: _force, ...named } = rest;
  const overrides = { ...named, ...settings };
  if (recipe === 'operator') {
    if (data !== undefined || base !== undefined)
      throw missing('recipe', 'Use the recipe `data` for data of your own.');
    return { ...(await operatorTraining(overrides, context)), parent: null, close: async () => {} };
  }
  if (data === undefined) throw missing('data', 'Name a .txt or .jsonl file.');
  const model = base === undefined ? undefined : await openModelDirectory(modelFolder('base', base, context));
  try {
    const prepared = await dataTraining(
      {
        dataPath: context.files.read('data', data),
        ...(model === undefined ? {} : { base: model }),
        shape: { layers, width, heads, vocabSize },
        settings: parseWith(trainSettingsSchema, { initialization: 'small', ...overrides }, 'the training settings'),
        validationFraction,
        cacheFolder: join(context.home.cache, 'tokens'),
      },
      context,
    );
    const close = async (): Promise<void> => {
      prepared.close();
      await model?.close();
    };
    return { ...prepared, parent: base === undefined ? null : textOf(base), close };
  } catch (error) {
    await model?.close();
    throw error;
  }
}

const whole = (value: number): string => Math.round(value).toLocaleString('en-US');

function missing(field: string, remedy: string): FtsError {
  return new FtsError('invalid-input', `The field ${field} does not fit the recipe.`, { field, remedy });
}
