import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { FtsError, throwIfAborted } from '../errors/fts-error.ts';
import type { Artifact } from '../jobs/registry.ts';
import { ggufCheckpoint } from '../model/gguf/gguf-checkpoint.ts';
import { GgufReader } from '../model/gguf/gguf-reader.ts';
import { openModelDirectory } from '../model/model-directory.ts';
import { operatorRecipe } from '../model/operator/recipe.ts';
import { Tokenizer } from '../model/tokenizer/tokenizer.ts';
import { compareModels } from '../quantization/compare-models.ts';
import { Engine } from '../serving/engine/engine.ts';
import { checkpointLoss } from '../training/checkpoint-loss.ts';
import { operatorHeldOut } from '../training/recipes/operator-training.ts';
import type { OperationContext } from './context.ts';
import { scoreOnOperatorTest } from './evaluate-operator.ts';
import { defineOperation } from './operation.ts';
import { textCodecOf } from './serving.ts';

const rowSchema = z.object({
  artifact: z.string(),
  bytes: z.number(),
  bitsPerWeight: z.number(),
  /** exp of the mean loss per token: of the answers to held-out requests, or of the text that was given. */
  perplexity: z.number(),
  /** Against the first artifact, as a fraction: 0.01 is 1 % worse. */
  perplexityChange: z.number(),
  /** On a text, against the first: KL divergence in nats, and how often both put the same token first. */
  meanKlDivergence: z.number().optional(),
  topOneAgreement: z.number().optional(),
  /** Shares of the operator's test set, between 0 and 1. */
  exactMatch: z.number().optional(),
  argumentMatch: z.number().optional(),
  refusalRate: z.number().optional(),
  examples: z.number().optional(),
});
type Row = z.output<typeof rowSchema>;

export const evaluate = defineOperation({
  name: 'evaluate',
  title: 'Evaluate artifacts',
  description:
    'Measures artifacts of a model against each other: perplexity and its change from the first one, exact-match accuracy on requests whose phrasings training never saw, size. Runs as a job.',
  effect: 'write',
  scope: 'train',
  idempotent: true,
  openWorld: false,
  job: true,
  positionals: ['artifacts'],
  example: 'fts evaluate operator:f32 operator:q8_0 operator:q4_0',
  input: z.object({
    artifacts: z
      .array(z.string())
      .min(1)
      .describe('Artifact ids; with `data` also model names, folders and GGUF files. The first is the reference'),
    data: z.string().optional().describe('Text file to compare any models on'),
    examples: z
      .number()
      .int()
      .min(1)
      .max(10_000)
      .default(operatorRecipe.data.testExamples)
      .describe('Requests of the test set to answer'),
  }),
  output: z.object({ rows: z.array(rowSchema) }),
  async run({ artifacts: ids, examples, data }, context) {
    if (data !== undefined) return { rows: await compareOnText(ids, data, context) };
    const artifacts = ids.map((id) => context.registry.artifact(id));
    const rows: Row[] = [];
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
    return { rows };
  },
});

/** Sliding windows of the text; each token is scored once, with at least half a window before it. */
const windows = { windowTokens: 256, strideTokens: 128, maximumTokens: 50_000 };

async function compareOnText(names: readonly string[], data: string, context: OperationContext): Promise<Row[]> {
  const paths = names.map((name) => pathOf(name, context.registry));
  const compared = await compareModels(paths, await readFile(data, 'utf8'), windows, context);
  return compared.map(({ bytes, bitsPerWeight, perplexityChange, evaluation }, index) => {
    const { perplexity, reference } = evaluation;
    const row = { artifact: names[index]!, bytes, bitsPerWeight, perplexity, perplexityChange };
    if (reference === undefined) return row;
    const { meanKlDivergence, topOneAgreement } = reference;
    return { ...row, meanKlDivergence, topOneAgreement };
  });
}

/** A file or folder as it is; otherwise an artifact's or a model's. */
function pathOf(name: string, registry: OperationContext['registry']): string {
  if (existsSync(name)) return name;
  return name.includes(':') ? registry.artifact(name).path : registry.model(name).directory;
}

async function evaluateArtifact(
  artifact: Artifact,
  testExamples: number,
  context: OperationContext,
): Promise<Omit<Row, 'perplexityChange'>> {
  const { registry, config, signal } = context;
  const model = registry.model(artifact.model);
  if (textCodecOf(model, registry) === undefined) {
    throw new FtsError('invalid-input', `${model.name} is not an operator model.`, {
      field: 'artifacts',
      value: artifact.id,
      remedy: 'Give --data TEXT to compare other models by perplexity.',
    });
  }
  const perplexity = Math.exp(await heldOutLoss(artifact, model.directory, signal));
  const engine = await Engine.start({ ggufPath: artifact.path, threads: config.values.threads });
  try {
    const { exactMatch, argumentMatch, refusalRate, examples } = await scoreOnOperatorTest(
      engine,
      testExamples,
      context,
    );
    const { id, bytes, bitsPerWeight } = artifact;
    return { artifact: id, bytes, bitsPerWeight, perplexity, exactMatch, argumentMatch, refusalRate, examples };
  } finally {
    await engine.close();
  }
}

/** The loss of the artifact's own bytes, dequantized, on this program's kernels. */
async function heldOutLoss(artifact: Artifact, directory: string, signal: AbortSignal): Promise<number> {
  const { config, tokenizer, close } = await openModelDirectory(directory);
  const reader = await GgufReader.open(artifact.path);
  try {
    const held = operatorHeldOut(Tokenizer.fromFiles(tokenizer!));
    return await checkpointLoss(config, ggufCheckpoint(reader, config), held, signal);
  } finally {
    await reader.close();
    await close();
  }
}
