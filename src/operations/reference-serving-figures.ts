import { join } from 'node:path';
import { exportGguf } from '../model/gguf/export-gguf.ts';
import { ggufCheckpoint } from '../model/gguf/gguf-checkpoint.ts';
import { GgufReader } from '../model/gguf/gguf-reader.ts';
import type { ModelConfig } from '../model/model-config.ts';
import { openModelDirectory } from '../model/model-directory.ts';
import { Tokenizer } from '../model/tokenizer/tokenizer.ts';
import { trainByteLevelBpe } from '../model/tokenizer/train-bpe.ts';
import type { Figure } from '../reference/claim.ts';
import type { Work } from '../runtime/progress.ts';
import { Engine } from '../serving/engine/engine.ts';
import { GREEDY } from '../serving/sampling/sampling-settings.ts';
import { checkpointLoss } from '../training/checkpoint-loss.ts';
import { textBatches, tokensInMemory } from '../training/data/text-batches.ts';
import { trainSettingsSchema } from '../training/settings.ts';
import { train } from '../training/train.ts';

type Figures = [string, Figure][];

const length = 128;

/**
 * What the reference claims of quantization and serving: a small model is trained on `text`, exported in FP32 and in
 * INT4, scored, and served by the real engine.
 */
export async function servingFigures(text: string, folder: string, threads: number, work: Work): Promise<Figures> {
  const quiet = { signal: work.signal, report: () => {} };
  work.report({ stage: 'train a small model', done: 0, total: 3, unit: 'items' });
  const files = await trainByteLevelBpe(
    [text],
    { vocabSize: 768, specialTokens: ['<|end|>'], eosToken: '<|end|>' },
    quiet,
  );
  const tokenizer = Tokenizer.fromFiles(files);
  const ids = tokenizer.encode(text);
  const stream = tokensInMemory(ids);
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
      data: { train: textBatches(stream, { batch: 4, length, seed: 1 }), hash: 'reference pages' },
      runFolder: join(folder, 'served-run'),
      output: { path: directory, tokenizer: files, provenance: { name: 'served' } },
    },
    quiet,
  );

  work.report({ stage: 'quantize', done: 1, total: 3, unit: 'items' });
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
  const small = await exported('Q4_0');
  await model.close();
  const perplexity = async (path: string): Promise<number> => {
    const reader = await GgufReader.open(path);
    const data = textBatches(stream, { batch: 4, length, seed: 0, inOrder: true });
    const loss = await checkpointLoss(config, ggufCheckpoint(reader, config), data, work.signal);
    await reader.close();
    return Math.exp(loss);
  };
  const [before, after] = [await perplexity(full.path), await perplexity(small.path)];

  work.report({ stage: 'serve', done: 2, total: 3, unit: 'items' });
  const engine = await Engine.start({
    ggufPath: small.path,
    contextTokens: 8192,
    maxRunning: 8,
    threads,
    prefixCache: false,
  });
  try {
    return [
      ['int4-file-smaller', { value: full.bytes / small.bytes, detail: `${full.bytes} to ${small.bytes} bytes` }],
      [
        'int4-perplexity',
        {
          value: 100 * (after / before - 1),
          detail: `${before.toFixed(2)} to ${after.toFixed(2)}, rounded to nearest`,
        },
      ],
      ...(await servedFigures(engine, ids, work.signal)),
    ];
  } finally {
    await engine.close();
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
  const tokens = 48;
  const alone = await timed(async () => {
    for (let index = 0; index < 8; index++) await complete(prompt(index), tokens);
  });
  const together = await timed(() =>
    Promise.all(Array.from({ length: 8 }, (_, index) => complete(prompt(index), tokens))),
  );

  const firstTokens: number[] = [];
  for (let index = 0; index < 9; index++) firstTokens.push(1000 * (await timed(() => complete(prompt(index + 8), 1))));
  firstTokens.sort((a, b) => a - b);
  return [
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
    ['ttft-interactive', { value: firstTokens[4]!, detail: 'median of 9' }],
  ];
}
