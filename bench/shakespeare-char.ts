// Does training reach the published loss? nanoGPT's character recipe for CPUs (4 layers, 4 heads, width 128, context
// 64, batch 12, 2,000 iterations, no dropout): validation loss 1.88 by its README, here over the whole last tenth.
// Weights start from "small init"; `--initialization standard` starts from GPT-2's 0.02 as nanoGPT does.
// npm run bench -- shakespeare-char --data PATH [--steps N] [--seed N] [--threads N] [--initialization small|standard]
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { useThreads } from '../src/runtime/onnxruntime/environment.ts';
import { textBatches, tokensInMemory } from '../src/training/data/text-batches.ts';
import { trainSettingsSchema } from '../src/training/run/settings.ts';
import { train } from '../src/training/run/train.ts';
import type { Bench } from './bench.ts';
import { shakespeareAdamW, shakespeareBatch, shakespeareModel } from './support/nanogpt-recipe.ts';

const PUBLISHED_LOSS = 1.88;

const bench: Bench = async (args) => {
  const { values } = parseArgs({
    args,
    options: {
      data: { type: 'string' },
      steps: { type: 'string', default: '2000' },
      seed: { type: 'string', default: '1337' },
      threads: { type: 'string' },
      initialization: { type: 'string', default: 'small' },
    },
  });
  if (values.data === undefined) {
    throw new Error(
      'Give --data PATH: tinyshakespeare, data/tinyshakespeare/input.txt of github.com/karpathy/char-rnn.',
    );
  }
  if (values.threads !== undefined) useThreads(Number(values.threads));
  const text = await readFile(values.data, 'utf8');
  const characters = [...new Set(text)].sort();
  const numbers = new Map(characters.map((character, index) => [character, index]));
  const tokens = Array.from(text, (character) => numbers.get(character)!);
  const split = Math.floor(tokens.length * 0.9);
  const shape = { ...shakespeareBatch, seed: Number(values.seed) };
  const folder = await mkdtemp(join(tmpdir(), 'fts-shakespeare-'));
  let last = 0;
  try {
    const summary = await train(
      {
        settings: trainSettingsSchema.parse({
          steps: Number(values.steps),
          batchSize: shakespeareBatch.batch,
          contextLength: shakespeareBatch.length,
          learningRate: 1e-3,
          finalLearningRateFraction: 0.1,
          warmupSteps: 100,
          ...shakespeareAdamW,
          gradientClip: 1,
          seed: Number(values.seed),
          initialization: values.initialization,
          evaluateEvery: Number(values.steps),
          checkpointEvery: Number(values.steps),
          keep: 'last',
        }),
        config: { ...shakespeareModel, vocabSize: characters.length },
        data: {
          train: textBatches(tokensInMemory(tokens.slice(0, split)), shape),
          validation: textBatches(tokensInMemory(tokens.slice(split)), { ...shape, inOrder: true }),
          hash: 'tinyshakespeare',
        },
        runFolder: join(folder, 'run'),
        output: { path: join(folder, 'model'), provenance: { name: 'shakespeare-char' } },
      },
      {
        signal: new AbortController().signal,
        report: ({ done, metrics }) => {
          if (done % 100 !== 0 || done === last || metrics === undefined) return;
          last = done;
          console.error(`step ${done}  loss ${metrics.loss?.toFixed(4)}  ${metrics['tok/s']?.toFixed(0)} tok/s`);
        },
      },
    );
    const row = {
      case: `${summary.steps} steps, validation loss`,
      ours: summary.validationLoss!,
      peer: PUBLISHED_LOSS,
      peerName: "nanoGPT's README",
      unit: 'nats/char',
      ratio: summary.validationLoss! / PUBLISHED_LOSS,
      higherIsBetter: false,
    };
    return { rows: [row], notes: [`${summary.parameters} parameters in ${summary.seconds.toFixed(1)} s of training.`] };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
};

export default bench;
