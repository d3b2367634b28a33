import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { z } from 'zod';
import { FtsError, throwIfAborted } from '../errors/fts-error.ts';
import {
  type FileToRead,
  fileToReadSchema,
  type ModelOrFile,
  modelOrFileSchema,
  textOf,
} from '../inputs/file-inputs.ts';
import { exportGguf } from '../model/gguf/export-gguf.ts';
import { type OpenModel, openModel } from '../model/open-model.ts';
import { operatorRecipe } from '../operator/recipe.ts';
import { compareModels } from '../quantization/evaluation/compare-models.ts';
import { qualityPlot } from '../quantization/evaluation/quality-plot.ts';
import type { Artifact } from '../registry/registry-records.ts';
import type { OperationContext } from '../services/context.ts';
import { Engine } from '../serving/engine/engine.ts';
import { operatorHeldOut } from '../training/recipes/operator-training.ts';
import { checkpointLoss } from '../training/run/checkpoint-loss.ts';
import { scoreOnOperatorTest } from '../workflows/evaluate/evaluate-operator.ts';
import { type EvaluationRow, evaluationRowSchema, renderEvaluation } from '../workflows/evaluate/evaluation-table.ts';
import { modelFolder } from '../workflows/models/model-folder.ts';
import { textCodecOf } from '../workflows/serving/open-serving.ts';
import { defineOperation } from './operation.ts';

export const evaluate = defineOperation({
  name: 'evaluate',
  title: 'Evaluate artifacts',
  description:
    'Measures models against the first: perplexity, KL divergence, agreement, error per layer, exact match of the operator model on unseen phrasings, size; plots quality over size. Runs as a job.',
  effect: 'write',
  scope: 'train',
  idempotent: true,
  openWorld: false,
  job: true,
  positionals: ['artifacts'],
  example: 'fts evaluate operator:f32 operator:q8_0 operator:q4_0 operator:gptq',
  input: z.object({
    artifacts: z
      .array(modelOrFileSchema)
      .min(1)
      .describe('Artifact ids; with `data` also model names, folders and GGUF files. The first is the reference'),
    data: fileToReadSchema.optional().describe('Text file to compare any models on'),
    examples: z
      .number()
      .int()
      .min(1)
      .max(10_000)
      .default(operatorRecipe.data.testExamples)
      .describe('Requests of the test set to answer'),
  }),
  output: z.object({
    rows: z.array(evaluationRowSchema),
    /** An SVG of quality over size. */
    plot: z.string().optional(),
  }),
  render: renderEvaluation,
  async run({ artifacts: ids, examples, data }, context) {
    if (data !== undefined) return withPlot(await compareOnText(ids, data, context), context);
    const artifacts = ids.map((id) => context.registry.artifact(textOf(id)));
    const rows: EvaluationRow[] = [];
    for (const [done, artifact] of artifacts.entries()) {
      throwIfAborted(context.signal);
      const row = await evaluateArtifact(artifact, examples, {
        ...context,
        report: (progress) => {
          const total = (progress.total ?? 0) * artifacts.length;
          context.report({ ...progress, stage: 'evaluate', done: done * (progress.total ?? 0) + progress.done, total });
        },
      });
      rows.push({ ...row, perplexityChange: row.perplexity / (rows[0] ?? row).perplexity - 1 });
      context.registry.saveMeasurement({ kind: 'evaluation', subject: artifact.id, figures: rows.at(-1)! });
    }
    return withPlot(rows, context);
  },
});

async function withPlot(
  rows: EvaluationRow[],
  { home, jobId, files }: OperationContext,
): Promise<{ rows: EvaluationRow[]; plot?: string }> {
  const [reference, ...others] = rows;
  if (reference === undefined || others.length === 0) return { rows };
  const points = others.map(({ artifact, bitsPerWeight, perplexityChange }) => ({
    label: basename(artifact),
    bitsPerWeight,
    perplexityChange,
  }));
  const name = `evaluation-${jobId ?? Date.now().toString(36)}.svg`;
  const { place } = await files.writeOwn(home.cache, name, qualityPlot(points, basename(reference.artifact)));
  return { rows, plot: place };
}

/** Sliding windows of the text; each token is scored once, with at least half a window before it. */
const windows = { windowTokens: 256, strideTokens: 128, maximumTokens: 50_000 };

async function compareOnText(
  named: readonly ModelOrFile[],
  data: FileToRead,
  context: OperationContext,
): Promise<EvaluationRow[]> {
  const names = named.map(textOf);
  const paths = named.map((one) => pathOf(one, context));
  const text = context.files.readBytes('data', data).toString('utf8');
  const compared = await compareModels(paths, text, windows, context);
  return compared.map(({ bytes, bitsPerWeight, perplexityChange, evaluation, layerErrors }, index) => {
    const { perplexity, reference } = evaluation;
    const row = { artifact: names[index]!, bytes, bitsPerWeight, perplexity, perplexityChange };
    if (reference === undefined) return row;
    return { ...row, ...reference, ...(layerErrors === undefined ? {} : { layerErrors }) };
  });
}

/** An artifact's file or a model's folder; otherwise what the caller may use of files and folders. */
function pathOf(named: ModelOrFile, context: OperationContext): string {
  const artifact = context.registry.artifacts().find(({ id }) => id === textOf(named));
  return artifact?.path ?? modelFolder('artifacts', named, context);
}

async function evaluateArtifact(
  artifact: Artifact,
  testExamples: number,
  context: OperationContext,
): Promise<Omit<EvaluationRow, 'perplexityChange'>> {
  const { registry, config, signal } = context;
  const model = registry.model(artifact.model);
  if (textCodecOf(model, registry) === undefined) {
    throw new FtsError('invalid-input', `${model.name} is not an operator model.`, {
      field: 'artifacts',
      value: artifact.id,
      remedy: 'Give --data TEXT to compare other models by perplexity.',
    });
  }
  const opened = await openModel(artifact.path);
  const folder = await mkdtemp(join(tmpdir(), 'fts-evaluate-'));
  try {
    const perplexity = Math.exp(await heldOutLoss(opened, signal));
    const ggufPath = await servedFile(artifact, opened, folder);
    const engine = await Engine.start({ ggufPath, threads: config.values.threads });
    try {
      const score = await scoreOnOperatorTest(engine, testExamples, context);
      const { exactMatch, argumentMatch, refusalRate, examples } = score;
      const { id, bytes, bitsPerWeight } = artifact;
      return { artifact: id, bytes, bitsPerWeight, perplexity, exactMatch, argumentMatch, refusalRate, examples };
    } finally {
      await engine.close();
    }
  } finally {
    await opened.close();
    await rm(folder, { recursive: true, force: true });
  }
}

/** The loss of the artifact's own bytes, dequantized, on this program's kernels. */
function heldOutLoss({ config, tokenizer, checkpoint }: OpenModel, signal: AbortSignal): Promise<number> {
  return checkpointLoss(config, checkpoint, operatorHeldOut(tokenizer!), signal);
}

/** llama.cpp reads GGUF alone: the weights of another layout go to it dequantized. */
async function servedFile({ id, path }: Artifact, opened: OpenModel, folder: string): Promise<string> {
  if (path.endsWith('.gguf')) return path;
  const { config, tokenizer, checkpoint } = opened;
  const ggufPath = join(folder, 'dequantized.gguf');
  await exportGguf(ggufPath, { name: id, config, tokenizer, weights: checkpoint, type: 'F32' });
  return ggufPath;
}
