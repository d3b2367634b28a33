import { join } from 'node:path';
import { z } from 'zod';
import { operatorTraining } from '../training/recipes/operator-training.ts';
import { train as trainModel } from '../training/train.ts';
import { defineOperation } from './operation.ts';

export const train = defineOperation({
  name: 'train',
  title: 'Train a model',
  description:
    'Trains a language model on this machine and registers it. Recipe `operator` makes the small model that turns plain requests into Akamai operations (about two minutes). Runs as a job: follow it with `jobs.show`; stopped, it resumes from its last checkpoint.',
  effect: 'write',
  scope: 'train',
  idempotent: false,
  openWorld: false,
  job: true,
  positionals: ['recipe'],
  example: 'fts train operator --name operator --steps 500',
  input: z.object({
    recipe: z.enum(['operator']).default('operator').describe('What to train'),
    name: z
      .string()
      .regex(/^[\w.-]{1,64}$/)
      .default('operator')
      .describe('Name of the model'),
    steps: z.number().int().positive().optional().describe('Optimizer steps (default: the recipe’s)'),
    learningRate: z.number().positive().optional().describe('Peak learning rate (default: the recipe’s)'),
    seed: z.number().int().optional().describe('Seed of initialization and order'),
  }),
  output: z.object({
    run: z.string(),
    model: z.string(),
    parameters: z.number(),
    steps: z.number(),
    tokens: z.number(),
    trainingLoss: z.number(),
    validationLoss: z.number().nullable(),
    tokensPerSecond: z.number(),
    seconds: z.number(),
  }),
  async run({ name, recipe, ...overrides }, context) {
    const { home, registry, jobId } = context;
    const run = jobId ?? `run-${Date.now().toString(36)}`;
    const runFolder = join(home.runs, run);
    const { tokenizer, ...prepared } = await operatorTraining(overrides, context);
    const record = { id: run, model: name, kind: recipe, directory: runFolder, settings: prepared.settings };
    registry.saveRun({ ...record, summary: null });
    const directory = join(home.models, name);
    const summary = await trainModel(
      { ...prepared, runFolder, output: { path: directory, tokenizer, provenance: { name, runId: run } } },
      context,
    );
    registry.saveModel({
      name,
      directory,
      family: prepared.config.family,
      parameters: summary.parameters,
      parent: null,
      run,
    });
    registry.saveRun({ ...record, summary: { ...summary } });
    return { run, model: name, ...summary };
  },
});
