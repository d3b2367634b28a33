import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { exportGguf } from '../../src/model/gguf/export-gguf.ts';
import type { ModelConfig } from '../../src/model/model-config.ts';
import { openModelDirectory } from '../../src/model/model-directory.ts';
import { Tokenizer } from '../../src/model/tokenizer/tokenizer.ts';
import { trainByteLevelBpe } from '../../src/model/tokenizer/train-bpe.ts';
import { mulberry32 } from '../../src/random/mulberry32.ts';
import { useThreads } from '../../src/runtime/onnxruntime/environment.ts';
import { textBatches, tokensInMemory } from '../../src/training/data/text-batches.ts';
import { trainSettingsSchema } from '../../src/training/run/settings.ts';
import { train } from '../../src/training/run/train.ts';

const config: ModelConfig = {
  family: 'llama',
  vocabSize: 384,
  width: 96,
  layers: 2,
  heads: 4,
  kvHeads: 2,
  headDim: 24,
  ffnWidth: 256,
  contextLength: 512,
  normEpsilon: 1e-5,
  ropeTheta: 10_000,
  tiedEmbeddings: true,
  qkvBias: false,
  qkNorm: false,
  eosTokenIds: [0],
};

const WORDS = 'river stone winter lantern garden copper silent morning harbour feather thunder meadow'.split(' ');
const REFRAIN = 'and the wheel goes round, and the water runs down, and nobody asks the miller why.\n';

/** A song: verses that never repeat, each followed by the same refrain. What comes next is always certain. */
export function song(): string {
  const next = mulberry32(11);
  const word = () => WORDS[Math.floor(next() * WORDS.length)]!;
  const line = (verse: number) => `${verse}: the ${word()} ${word()} and the ${word()} ${word()} of the ${word()}, `;
  return Array.from({ length: 16 }, (_, verse) => line(verse) + REFRAIN).join('');
}

/**
 * A GGUF (F16) of a small model that was trained here to know the song by heart, so that its choices are clear; made
 * within seconds, once per machine.
 */
export async function trainedModel(): Promise<string> {
  const folder = join(tmpdir(), 'fts-trained-model-1');
  const path = join(folder, 'song.gguf');
  if (existsSync(path)) return path;
  const building = join(tmpdir(), `fts-trained-model-1.${process.pid}`);
  mkdirSync(building, { recursive: true });
  const work = { report: () => undefined, signal: new AbortController().signal };
  // A model this small gains nothing from threads.
  useThreads(1);
  const text = song();
  const tokenizer = await trainByteLevelBpe([text], {
    vocabSize: config.vocabSize,
    specialTokens: ['<|endoftext|>'],
    eosToken: '<|endoftext|>',
    contextLength: config.contextLength,
  });
  const reader = Tokenizer.fromFiles(tokenizer);
  const tokens = reader.encode(text.repeat(3));
  await train(
    {
      settings: trainSettingsSchema.parse({
        steps: 200,
        learningRate: 6e-3,
        warmupSteps: 20,
        evaluateEvery: 250,
        checkpointEvery: 250,
        weightDecay: 0,
        keep: 'last',
      }),
      config: { ...config, vocabSize: reader.vocabSize },
      data: { train: textBatches(tokensInMemory(tokens), { batch: 6, length: 96, seed: 1 }), hash: 'song' },
      runFolder: join(building, 'run'),
      output: { path: join(building, 'model'), tokenizer, provenance: { name: 'song' } },
    },
    work,
  );
  const directory = await openModelDirectory(join(building, 'model'));
  await exportGguf(
    join(building, 'song.gguf'),
    { name: 'song', config: directory.config, tokenizer: reader, weights: directory.weights, type: 'F16' },
    work,
  );
  await directory.close();
  try {
    renameSync(building, folder);
  } catch {
    // Another process was quicker.
    rmSync(building, { recursive: true, force: true });
  }
  return path;
}
