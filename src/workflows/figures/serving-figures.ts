import { join } from 'node:path';
import { exportGguf } from '../../model/gguf/export-gguf.ts';
import { ggufCheckpoint } from '../../model/gguf/gguf-checkpoint.ts';
import { GgufReader } from '../../model/gguf/gguf-reader.ts';
import type { ModelConfig } from '../../model/model-config.ts';
import { openModelDirectory, type TokenizerFiles } from '../../model/model-directory.ts';
import { Tokenizer } from '../../model/tokenizer/tokenizer.ts';
import { trainByteLevelBpe } from '../../model/tokenizer/train-bpe.ts';
import { quantize } from '../../quantization/quantize.ts';
import { quantizationSettingsSchema } from '../../quantization/settings.ts';
import type { Figure } from '../../reference/claim.ts';
import type { Work } from '../../runtime/progress.ts';
import { Engine } from '../../serving/engine/engine.ts';
import { GREEDY } from '../../serving/sampling/sampling-settings.ts';
import { median } from '../../statistics/distribution.ts';
import { textBatches, tokensInMemory } from '../../training/data/text-batches.ts';
import { checkpointLoss } from '../../training/run/checkpoint-loss.ts';
import { trainSettingsSchema } from '../../training/run/settings.ts';
import { train } from '../../training/run/train.ts';

type Figures = [string, Figure][];

const length = 128;

/** Of the text, what the model is not trained on and is scored with. */
const heldOutShare = 0.15;

/**
 * What the reference claims of quantization, adapters and serving: a small model is trained on `text`, quantized to
 * INT4, scored beside FP32, adapted, and served by the real engine.
 */
export async function servingFigures(text: string, folder: string, threads: number, work: Work): Promise<Figures> {
  const quiet = { signal: work.signal, report: () => {} };
  const stage = (name: string, done: number) => work.report({ stage: name, done, total: 4, unit: 'items' });
  stage('train a small model', 0);
  const cut = Math.floor(text.length * (1 - heldOutShare));
  const trained = await trainSmallModel(text.slice(0, cut), folder, quiet);

  stage('quantize', 1);
  const {
    full,
    rounded,
    chosen,
    figures: quantized,
  } = await quantizedFigures(trained, text.slice(0, cut), folder, quiet);
  const heldOut = tokensInMemory(trained.tokenizer.encode(text.slice(cut)));
  const perplexity = async (path: string): Promise<number> => {
    const reader = await GgufReader.open(path);
    const data = textBatches(heldOut, { batch: 4, length, seed: 0, inOrder: true });
    const loss = await checkpointLoss(trained.config, ggufCheckpoint(reader, trained.config), data, work.signal);
    await reader.close();
    return Math.exp(loss);
  };
  const [before, after, byRounding] = [await perplexity(full), await perplexity(chosen), await perplexity(rounded)];
  const percent = (value: number) => 100 * (value / before - 1);
  const detail = `${before.toFixed(2)} to ${after.toFixed(2)} on text not trained on; ${percent(byRounding).toFixed(2)} % by rounding alone`;

  stage('adapt', 2);
  const adapted = await adapterFigures(trained, folder, quiet);

  stage('serve', 3);
  const engine = await Engine.start({
    ggufPath: chosen,
    maxRunning: 8,
    threads,
    prefixCache: false,
  });
  try {
    return [
      ...quantized,
      ['int4-perplexity', { value: percent(after), detail }],
      ...adapted,
      ...(await servedFigures(engine, trained.ids, work.signal)),
    ];
  } finally {
    await engine.close();
  }
}

interface SmallModel {
  config: ModelConfig;
  tokenizer: Tokenizer;
  files: TokenizerFiles;
  ids: number[];
  directory: string;
}

async function trainSmallModel(text: string, folder: string, quiet: Work): Promise<SmallModel> {
  const files = await trainByteLevelBpe(
    [text],
    { vocabSize: 768, specialTokens: ['<|end|>'], eosToken: '<|end|>' },
    quiet,
  );
  const tokenizer = Tokenizer.fromFiles(files);
  const ids = tokenizer.encode(text);
  const config: ModelConfig = {
    family: 'llama',
    vocabSize: tokenizer.vocabSize,
    width: 256,
    layers: 6,
    heads: 4,
    kvHeads: 2,
    headDim: 64,
    ffnWidth: 768,
    contextLength: 2048,
    normEpsilon: 1e-5,
    ropeTheta: 10_000,
    tiedEmbeddings: false,
    qkvBias: false,
    qkNorm: false,
    eosTokenIds: [0],
  };
  const directory = join(folder, 'served');
  await train(
    {
      settings: trainSettingsSchema.parse({
        steps: 60,
        warmupSteps: 10,
        batchSize: 4,
        contextLength: length,
        keep: 'last',
      }),
      config,
      data: { train: textBatches(tokensInMemory(ids), { batch: 4, length, seed: 1 }), hash: 'reference pages' },
      runFolder: join(folder, 'served-run'),
      output: { path: directory, tokenizer: files, provenance: { name: 'served' } },
    },
    quiet,
  );
  return { config, tokenizer, files, ids, directory };
}

/** The model in FP32, in INT4 by rounding each weight, and in INT4 as GPTQ chooses. */
async function quantizedFigures(
  { config, tokenizer, directory }: SmallModel,
  text: string,
  folder: string,
  quiet: Work,
) {
  const model = await openModelDirectory(directory);
  const exported = async (type: 'F32' | 'Q4_0') =>
    exportGguf(join(folder, `served-${type}.gguf`), {
      name: 'served',
      config,
      tokenizer,
      weights: model.weights,
      type,
    });
  const full = await exported('F32');
  const rounded = await exported('Q4_0');
  await model.close();
  const settings = quantizationSettingsSchema.parse({ samples: 24, sampleTokens: length });
  const output = join(folder, 'quantized');
  const { artifacts } = await quantize({ model: directory, output, settings, calibration: [text] }, quiet);
  const chosen = artifacts.find(({ format }) => format === 'q4_0')!;
  const figures: Figures = [
    ['int4-file-smaller', { value: full.bytes / chosen.bytes, detail: `${full.bytes} to ${chosen.bytes} bytes` }],
  ];
  return { full: full.path, rounded: rounded.path, chosen: chosen.path, figures };
}

/** A few steps of LoRA on the trained model: what share of the weights they train. */
async function adapterFigures({ config, ids, directory }: SmallModel, folder: string, quiet: Work): Promise<Figures> {
  const base = await openModelDirectory(directory);
  try {
    const summary = await train(
      {
        settings: trainSettingsSchema.parse({
          method: 'lora',
          loraRank: 1,
          steps: 4,
          batchSize: 2,
          contextLength: length,
          keep: 'last',
        }),
        config,
        start: base.weights,
        data: { train: textBatches(tokensInMemory(ids), { batch: 2, length, seed: 2 }), hash: 'adapter' },
        runFolder: join(folder, 'adapter-run'),
        output: { path: join(folder, 'adapted'), provenance: { name: 'adapted', parent: 'served' } },
      },
      quiet,
    );
    const { trainedParameters, parameters } = summary;
    const detail = `${trainedParameters} of ${parameters} parameters, rank 1 at width ${config.width}`;
    return [['lora-trains-here', { value: (100 * trainedParameters) / parameters, detail }]];
  } finally {
    await base.close();
  }
}

async function servedFigures(engine: Engine, ids: readonly number[], signal: AbortSignal): Promise<Figures> {
  const complete = (prompt: number[], maxTokens: number) =>
    engine.complete({ prompt, maxTokens, ignoreEos: true, sampling: GREEDY }, signal);
  const prompt = (index: number) => ids.slice(index * 64, index * 64 + 64);
  await complete(prompt(0), 8);

  const started = performance.now();
  const cached = await complete(ids.slice(0, 256), 24);
  const cachedSeconds = (performance.now() - started) / 1000;
  const uncachedStart = performance.now();
  const written = ids.slice(0, 256);
  for (const token of cached.tokens) {
    await complete(written, 1);
    written.push(token);
  }
  const uncachedSeconds = (performance.now() - uncachedStart) / 1000;

  const timed = async (run: () => Promise<unknown>): Promise<number> => {
    const start = performance.now();
    await run();
    return (performance.now() - start) / 1000;
  };
  // Short prompts and long answers, in turn: it is decoding that shares the reading of weights.
  const tokens = 96;
  const short = (index: number) => prompt(index).slice(0, 16);
  const rounds: { alone: number; together: number }[] = [];
  for (let round = 0; round < 3; round++) {
    const alone = await timed(async () => {
      for (let index = 0; index < 8; index++) await complete(short(index), tokens);
    });
    const together = await timed(() =>
      Promise.all(Array.from({ length: 8 }, (_, index) => complete(short(index), tokens))),
    );
    rounds.push({ alone, together });
  }
  rounds.sort((a, b) => a.alone / a.together - b.alone / b.together);
  const { alone, together } = rounds[1]!;

  const firstTokens: number[] = [];
  for (let index = 0; index < 9; index++) firstTokens.push(1000 * (await timed(() => complete(prompt(index + 8), 1))));
  return [
    ['bridge-runs', { value: cached.tokens.length, detail: 'trained in FP32, quantized by GPTQ, served as Q4_0' }],
    [
      'cache-speeds-up',
      {
        value: uncachedSeconds / cachedSeconds,
        detail: `24 tokens after 256: ${cachedSeconds.toFixed(2)} s with, ${uncachedSeconds.toFixed(2)} s without`,
      },
    ],
    [
      'batching-raises-throughput',
      {
        value: alone / together,
        detail: `${((8 * tokens) / alone).toFixed(0)} to ${((8 * tokens) / together).toFixed(0)} tok/s`,
      },
    ],
    ['ttft-interactive', { value: median(firstTokens), detail: 'median of 9' }],
  ];
}
