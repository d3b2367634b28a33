import { mkdtemp, readFile, rm, truncate } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  bfloat16ToFloat32,
  float32ToBfloat16,
  float32ToHalf,
  halfToFloat32,
} from '../../model/checkpoint/float-formats.ts';
import type { ModelConfig } from '../../model/model-config.ts';
import { openModelDirectory } from '../../model/model-directory.ts';
import { trainByteLevelBpe } from '../../model/tokenizer/train-bpe.ts';
import { useThreads } from '../../runtime/onnxruntime/environment.ts';
import type { BatchSource } from '../data/batch.ts';
import { exampleBatches, promptAndCompletion } from '../data/example-batches.ts';
import { textBatches, tokensInMemory } from '../data/text-batches.ts';
import { mergeAdapter } from '../lora/merge-adapter.ts';
import { readMetrics } from '../report/metrics-log.ts';
import { checkpointLoss } from './checkpoint-loss.ts';
import { trainSettingsSchema } from './settings.ts';
import { type TrainInput, train } from './train.ts';

const llama: ModelConfig = {
  family: 'llama',
  vocabSize: 12,
  width: 16,
  layers: 2,
  heads: 4,
  kvHeads: 2,
  headDim: 4,
  ffnWidth: 24,
  contextLength: 16,
  normEpsilon: 1e-5,
  ropeTheta: 10_000,
  tiedEmbeddings: false,
  qkvBias: false,
  qkNorm: false,
  eosTokenIds: [],
};
const gpt2: ModelConfig = {
  ...llama,
  family: 'gpt2',
  kvHeads: 4,
  ffnWidth: 64,
  tiedEmbeddings: true,
  qkvBias: true,
};

// Models this small gain nothing from threads, and other test processes need the cores.
useThreads(1);

/** Wide enough for quantization groups of 32 weights. */
const wide: ModelConfig = { ...llama, width: 32, headDim: 8, ffnWidth: 64 };

/** A counting text, in which every token determines the next. */
const stream = tokensInMemory(Array.from({ length: 400 }, (_, i) => i % 12));
const text = (seed: number): BatchSource => textBatches(stream, { batch: 4, length: 8, seed });
const idle = { report: () => {}, signal: new AbortController().signal };

describe('train', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'fts-train-'));
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  const input = (name: string, overrides: Partial<TrainInput> = {}, settings: object = {}): TrainInput => ({
    settings: trainSettingsSchema.parse({
      steps: 30,
      learningRate: 1e-2,
      warmupSteps: 5,
      evaluateEvery: 10,
      checkpointEvery: 7,
      ...settings,
    }),
    config: llama,
    data: {
      train: text(1),
      validation: textBatches(stream, { batch: 4, length: 8, seed: 0, inOrder: true }),
      hash: 'x',
    },
    runFolder: join(folder, name),
    output: { path: join(folder, `${name}-model`), provenance: { name } },
    ...overrides,
  });
  const weightsOf = async (name: string): Promise<Buffer> =>
    readFile(join(folder, `${name}-model`, 'model.safetensors'));

  for (const config of [llama, gpt2, { ...llama, family: 'qwen3' as const, qkNorm: true, tiedEmbeddings: true }]) {
    it(`learns a text with ${config.family} and writes a model directory that opens`, async () => {
      const summary = await train(input('learn', { config }, { steps: 60 }), idle);
      expect(summary.trainingLoss).toBeLessThan(1.2);
      expect(summary.validationLoss).toBeLessThan(0.5);
      const directory = await openModelDirectory(join(folder, 'learn-model'));
      expect(directory.config).toMatchObject({ family: config.family, width: 16 });
      expect(directory.provenance).toMatchObject({ madeBy: 'train', metrics: { steps: 60 } });
      const counted = directory.weights.names().map((name) => directory.weights.info(name).shape);
      expect(counted.map((shape) => shape.reduce((a, b) => a * b, 1)).reduce((a, b) => a + b)).toBe(summary.parameters);
      await directory.close();
    });
  }

  it('reports sample texts, and gives the same weights with recomputed activations', async () => {
    const files = await trainByteLevelBpe(['ab ab'], { vocabSize: 258, specialTokens: [] });
    const config = { ...llama, vocabSize: 258 };
    const notes: string[] = [];
    const report = ({ note }: { note?: string }): void => void (note === undefined || notes.push(note));
    const settings = { steps: 4, sampleEvery: 2, samplePrompt: 'ab', sampleTokens: 5, warmupSteps: 1 };
    for (const [name, recomputeActivations] of [
      ['kept', false],
      ['again', true],
    ] as const) {
      const given = input(name, { config }, { ...settings, recomputeActivations });
      await train({ ...given, output: { ...given.output, tokenizer: files } }, { ...idle, report });
    }
    expect(notes).toHaveLength(4);
    expect(notes[0]).toMatch(/^ab./s);
    expect(notes.slice(0, 2)).toEqual(notes.slice(2));
    expect(await weightsOf('again')).toEqual(await weightsOf('kept'));
  });

  it('stores the weights in 16 bits if asked, rounded from the same training in 32 bits', async () => {
    const stored = await Promise.all(
      (['float32', 'bfloat16', 'float16'] as const).map(async (dtype) => {
        await train(input(dtype, {}, { dtype, steps: 5 }), idle);
        const directory = await openModelDirectory(join(folder, `${dtype}-model`));
        const values = await directory.weights.readFloat32('model.embed_tokens.weight');
        const info = directory.stored.info('model.embed_tokens.weight');
        await directory.close();
        return { values, info };
      }),
    );
    const exact = stored[0]!.values;
    expect(stored.map(({ info }) => [info.dtype, info.bytes])).toEqual([
      ['F32', 4 * exact.length],
      ['BF16', 2 * exact.length],
      ['F16', 2 * exact.length],
    ]);
    expect(stored[1]!.values).toEqual(bfloat16ToFloat32(float32ToBfloat16(exact)));
    expect(stored[2]!.values).toEqual(halfToFloat32(float32ToHalf(exact)));
  });

  it('gives the same weights for the same seed, and different ones for another', async () => {
    await train(input('a', {}, { dropout: 0.1 }), idle);
    await train(input('b', {}, { dropout: 0.1 }), idle);
    await train(input('c', {}, { dropout: 0.1, seed: 2 }), idle);
    expect(await weightsOf('a')).toEqual(await weightsOf('b'));
    expect(await weightsOf('a')).not.toEqual(await weightsOf('c'));
  });

  it('resumes after a stop at any step with the same result as without the stop', async () => {
    const settings = { dropout: 0.1, gradientAccumulation: 2 };
    await train(input('whole', {}, settings), idle);
    const stops = [3, 14, 15];
    const controllers = stops.map(() => new AbortController());
    for (const [index, stop] of stops.entries()) {
      const controller = controllers[index]!;
      const report = ({ stage, done }: { stage: string; done: number }): void => {
        if (stage === 'train' && done === stop) controller.abort();
      };
      const stopped = train(input('parts', {}, settings), { report, signal: controller.signal });
      await expect(stopped).rejects.toMatchObject({ kind: 'cancelled' });
    }
    await train(input('parts', {}, settings), idle);
    expect(await weightsOf('parts')).toEqual(await weightsOf('whole'));
    const [parts, whole] = await Promise.all(
      ['parts', 'whole'].map((n) => readMetrics(join(folder, n, 'metrics.jsonl'))),
    );
    expect(parts!.map(({ step, loss }) => [step, loss])).toEqual(whole!.map(({ step, loss }) => [step, loss]));
  });

  it('refuses to resume with other settings or from a truncated checkpoint', async () => {
    await train(input('run'), idle);
    await expect(train(input('run', {}, { learningRate: 2e-2 }), idle)).rejects.toMatchObject({ kind: 'conflict' });
    await truncate(join(folder, 'run', 'checkpoints', 'last.safetensors'), 2000);
    await expect(train(input('run'), idle)).rejects.toMatchObject({ kind: 'corrupt' });
  });

  it('stops when the loss is not a number and keeps the last good checkpoint', async () => {
    const diverging = input('diverge', {}, { learningRate: 1e30, gradientClip: 0, checkpointEvery: 1, warmupSteps: 0 });
    await expect(train(diverging, idle)).rejects.toMatchObject({ kind: 'conflict', field: 'learningRate' });
  });

  it('sums the gradients of micro-batches to those of the whole batch', async () => {
    const large = textBatches(stream, { batch: 8, length: 8, seed: 1 });
    await train(input('once', { data: { train: large, hash: 'x' } }, { steps: 3 }), idle);
    await train(input('twice', { data: { train: text(1), hash: 'x' } }, { steps: 3, gradientAccumulation: 2 }), idle);
    const [once, twice] = await Promise.all(
      ['once', 'twice'].map((n) => readMetrics(join(folder, n, 'metrics.jsonl'))),
    );
    for (const [index, { loss }] of once!.entries()) expect(twice![index]!.loss).toBeCloseTo(loss, 4);
  });

  for (const config of [llama, gpt2]) {
    it(`learns completions from packed examples as from single ones with ${config.family}`, async () => {
      const examples = Array.from({ length: 24 }, (_, i) =>
        promptAndCompletion([i % 12, (i * 5) % 12], [(i + 1) % 12, 11]),
      );
      const validation = (packed: boolean): BatchSource =>
        exampleBatches(examples, { batch: packed ? 4 : 24, length: packed ? 8 : 3, seed: 1, packed, inOrder: true });
      const settings = { steps: 40 };
      const data = { train: exampleBatches(examples, { batch: 4, length: 8, seed: 1 }), hash: 'x' };
      const packed = await train(
        input('packed', { config, data: { ...data, validation: validation(true) } }, settings),
        idle,
      );
      const single = await train(
        input('single', { config, data: { ...data, validation: validation(false) } }, settings),
        idle,
      );
      expect(packed.validationLoss).toBeLessThan(1);
      expect(packed.validationLoss).toBeCloseTo(single.validationLoss!, 5);
    });
  }

  for (const config of [wide, { ...wide, family: 'gpt2' as const, kvHeads: 4, tiedEmbeddings: true, qkvBias: true }]) {
    for (const method of ['lora', 'qlora']) {
      it(`trains an adapter with ${method} over a frozen ${config.family}, and merges it to the same model`, async () => {
        await train(input('base', { config }), idle);
        const base = await openModelDirectory(join(folder, 'base-model'));
        const other = tokensInMemory(Array.from({ length: 400 }, (_, i) => (i * 5) % 12));
        const data = {
          train: textBatches(other, { batch: 4, length: 8, seed: 1 }),
          validation: textBatches(other, { batch: 4, length: 8, seed: 0, inOrder: true }),
          hash: 'y',
        };
        const adapting = { method, steps: 60, loraRank: 4, loraAlpha: 8, learningRate: 2e-2 };
        const before = await checkpointLoss(config, base.weights, data.validation, idle.signal);
        const summary = await train(input('adapted', { config, start: base.weights, data }, adapting), idle);
        await base.close();
        expect(summary.trainedParameters).toBeLessThan(summary.parameters / 2);
        expect(summary.validationLoss).toBeLessThan(before / 2);

        const merged = join(folder, 'merged');
        await mergeAdapter(join(folder, 'base-model'), join(folder, 'adapted-model', 'adapter'), {
          path: merged,
          name: 'merged',
          dtype: 'float32',
        });
        expect(await readFile(join(merged, 'model.safetensors'))).toEqual(await weightsOf('adapted'));
        const directory = await openModelDirectory(merged);
        const after = await checkpointLoss(config, directory.weights, data.validation, idle.signal);
        // the merged model has the base's original weights, not their 4-bit form used by qlora during training
        expect(Math.abs(after - summary.validationLoss!)).toBeLessThan(method === 'lora' ? 1e-3 : 0.3);
        await directory.close();
      });
    }
  }
});
