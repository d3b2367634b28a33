import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ForwardPass } from '../src/model/forward-pass.ts';
import { exportGguf } from '../src/model/gguf/export-gguf.ts';
import { ggufCheckpoint } from '../src/model/gguf/gguf-checkpoint.ts';
import { GgufReader } from '../src/model/gguf/gguf-reader.ts';
import { importGguf } from '../src/model/gguf/import-gguf.ts';
import { openModelDirectory } from '../src/model/model-directory.ts';
import { loadParameters } from '../src/model/model-parameters.ts';
import { Tokenizer } from '../src/model/tokenizer/tokenizer.ts';
import { LlamaContext } from '../src/serving/llama/context.ts';
import { type Llama, loadLlama } from '../src/serving/llama/library.ts';
import { LlamaModel } from '../src/serving/llama/model.ts';
import { llamaCppQuantize } from '../testing/models/llama-cpp-quantize.ts';
import { tinyConfigs, tinyLlama, writeRandomModel } from '../testing/models/random-model.ts';

let folder: string;
let llama: Llama;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'fts-llama-cpp-'));
  llama = loadLlama();
});
afterAll(() => rm(folder, { recursive: true }));

/** Logits of every position, computed by llama.cpp. */
function llamaLogits(path: string, tokens: readonly number[]): Float32Array[] {
  const model = LlamaModel.load(llama, path, { gpuLayers: 0 });
  const context = new LlamaContext(llama, model, {
    cells: 128,
    batchTokens: 128,
    sequences: 1,
    threads: 2,
    kvCacheType: 'f32',
    flashAttention: false,
  });
  for (const [position, token] of tokens.entries()) context.add(token, position, 0, true);
  expect(context.decode()).toBe('done');
  const rows = tokens.map((_, row) => context.logits(row).slice());
  context.free();
  model.free();
  return rows;
}

/** Root mean square of the difference, relative to that of the expected values. */
function relativeError(actual: ArrayLike<number>, expected: ArrayLike<number>): number {
  let difference = 0;
  let size = 0;
  for (let i = 0; i < expected.length; i++) {
    difference += (actual[i]! - expected[i]!) ** 2;
    size += expected[i]! ** 2;
  }
  return Math.sqrt(difference / size);
}

const tokens = [5, 300, 17, 42, 511, 2, 260, 99, 100, 101, 3, 480, 77, 350, 12, 9];

it('tokenizes as llama.cpp does from the same file', async () => {
  const path = join(folder, 'tokens');
  await writeRandomModel(path, tinyLlama);
  const model = await openModelDirectory(path);
  const tokenizer = Tokenizer.fromFiles(model.tokenizer!);
  const gguf = join(folder, 'tokens.gguf');
  await exportGguf(gguf, { name: 'tokens', config: tinyLlama, tokenizer, weights: model.weights, type: 'F16' });
  await model.close();
  const theirs = LlamaModel.load(llama, gguf, { gpuLayers: 0 });
  const texts = [
    "it's   WE'LL purge 1234567 caches\n\n\tat https://www.example.com/a?b=c \r\n",
    'naïve 漢字 🙂🙃 \u0000 end  ',
    'edge<|end|>host<|pad|>',
    'x'.repeat(50),
  ];
  for (const text of texts) {
    expect(theirs.tokenize(text, { special: true, bos: true })).toEqual(tokenizer.encode(text));
  }
  expect(theirs.eosToken).toBe(tokenizer.eosTokenId);
  theirs.free();
});

describe.each(Object.entries(tinyConfigs))('%s', (name, config) => {
  it('opened from its Hugging Face directory, has the logits that llama.cpp computes from the exported GGUF', async () => {
    const path = join(folder, name);
    await writeRandomModel(path, config);
    const model = await openModelDirectory(path);
    const gguf = join(folder, `${name}.gguf`);
    const tokenizer = Tokenizer.fromFiles(model.tokenizer!);
    await exportGguf(gguf, { name, config: model.config, tokenizer, weights: model.weights, type: 'F32' });
    const parameters = await loadParameters(model.config, model.weights);
    await model.close();
    const text = 'purge edge caches 12345, naïve <|end|> 漢字 activate the hostname';
    const tokens = tokenizer.encode(text).slice(0, 48);
    expect(tokens.length).toBeGreaterThan(24);
    const forward = new ForwardPass(model.config, parameters, tokens.length);
    const ours = await forward.logits(tokens);
    const theirs = llamaLogits(gguf, tokens);
    for (const [row, logits] of theirs.entries()) {
      const expected = ours.subarray(row * forward.logitColumns, row * forward.logitColumns + config.vocabSize);
      // Both compute in float32; llama.cpp's GELU is a binary16 table.
      const usesGeluTable = ['gpt2', 'gemma2', 'gemma3'].includes(config.family);
      expect(relativeError(logits, expected)).toBeLessThan(usesGeluTable ? 1e-3 : 1e-5);
    }
    forward.close();
  });
});

describe('what our bytes mean to llama.cpp', () => {
  it.each(['Q4_0', 'Q4_1', 'Q8_0'] as const)('%s: its own dequantization has the logits of ours', async (type) => {
    const source = join(folder, 'quantized');
    await writeRandomModel(source, tinyLlama);
    const model = await openModelDirectory(source);
    const stored = join(folder, `${type}.gguf`);
    await exportGguf(stored, { name: type, config: tinyLlama, weights: model.weights, type });
    await model.close();
    // llama.cpp rounds activations to 8 bits for products with quantized weights. To compare at matching precision it
    // dequantizes the file itself, to F32.
    const float = join(folder, `${type}-f32.gguf`);
    llamaCppQuantize(stored, float, 'F32');
    const reader = await GgufReader.open(stored);
    const parameters = await loadParameters(tinyLlama, ggufCheckpoint(reader, tinyLlama));
    await reader.close();
    const forward = new ForwardPass(tinyLlama, parameters, 16);
    const ours = await forward.logits(tokens);
    const exact = llamaLogits(float, tokens);
    const served = llamaLogits(stored, tokens);
    for (let row = 0; row < 16; row++) {
      const expected = ours.subarray(row * forward.logitColumns, row * forward.logitColumns + tinyLlama.vocabSize);
      expect(relativeError(exact[row]!, expected)).toBeLessThan(1e-5);
      expect(relativeError(served[row]!, expected)).toBeLessThan(0.05);
    }
    forward.close();
  });

  it('rounding to nearest gives the bytes of llama.cpp', async () => {
    const source = join(folder, 'rounded');
    await writeRandomModel(source, tinyLlama);
    const model = await openModelDirectory(source);
    const exported = { name: 'rounded', config: tinyLlama, weights: model.weights };
    await exportGguf(join(folder, 'f32.gguf'), { ...exported, type: 'F32' });
    for (const type of ['Q4_0', 'Q8_0'] as const) {
      const [ours, theirs] = [join(folder, `ours-${type}.gguf`), join(folder, `theirs-${type}.gguf`)];
      await exportGguf(ours, { ...exported, type });
      llamaCppQuantize(join(folder, 'f32.gguf'), theirs, type, { pure: true });
      const [a, b] = [await GgufReader.open(ours), await GgufReader.open(theirs)];
      let differing = 0;
      let bytes = 0;
      for (const { name, type: stored } of a.tensors()) {
        if (stored !== type) continue;
        const [mine, other] = [await a.readBytes(name), await b.readBytes(name)];
        expect(other.length).toBe(mine.length);
        bytes += mine.length;
        for (let i = 0; i < mine.length; i++) if (mine[i] !== other[i]) differing += 1;
      }
      // Values exactly between two codes may go either way: the reference depends on fused multiply-add.
      expect(bytes).toBeGreaterThan(0);
      expect(differing / bytes).toBeLessThan(1e-4);
      await a.close();
      await b.close();
    }
    await model.close();
  });
});

describe('files of llama.cpp', () => {
  // Rows of 256 values: one block of the K types.
  const config = { ...tinyLlama, width: 256, heads: 8, kvHeads: 4, headDim: 32, ffnWidth: 512, tiedEmbeddings: false };
  const path = (name: string): string => join(folder, `wide-${name}.gguf`);
  beforeAll(async () => {
    const source = join(folder, 'wide');
    await writeRandomModel(source, config);
    const model = await openModelDirectory(source);
    await exportGguf(path('f32'), { name: 'wide', config, weights: model.weights, type: 'F32' });
    await model.close();
  });

  it.each([
    ['Q4_K_M', ['Q4_K', 'Q6_K']],
    ['Q5_K_M', ['Q5_K', 'Q6_K']],
    ['Q6_K', ['Q6_K']],
    ['Q4_0', ['Q4_0']],
    ['Q8_0', ['Q8_0']],
  ] as const)('%s: every value is the one that llama.cpp itself dequantizes', async (type, expected) => {
    llamaCppQuantize(path('f32'), path(type), type);
    llamaCppQuantize(path(type), path('back'), 'F32');
    const [stored, back] = [await GgufReader.open(path(type)), await GgufReader.open(path('back'))];
    const types = new Set<string>();
    for (const { name, type: storedType } of stored.tensors()) {
      types.add(storedType);
      const [ours, theirs] = [await stored.readFloat32(name), await back.readFloat32(name)];
      // The same formula in the same order; its fused multiply-add may round the last bit the other way.
      const largest = theirs.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
      expect(theirs.length, name).toBe(ours.length);
      const worst = ours.reduce((most, value, i) => Math.max(most, Math.abs(value - theirs[i]!)), 0);
      expect(worst / largest, `${name} (${storedType})`).toBeLessThan(2 ** -22);
    }
    expect([...types]).toEqual(expect.arrayContaining([...expected]));
    await stored.close();
    await back.close();
  });
});

it('imports a file as the model that it was made from', async () => {
  const source = join(folder, 'original');
  const config = { ...tinyLlama, tiedEmbeddings: false, padTokenId: 1, bosTokenId: 0 };
  const parameters = await writeRandomModel(source, config);
  const model = await openModelDirectory(source);
  const tokenizer = Tokenizer.fromFiles(model.tokenizer!);
  const path = join(folder, 'original.gguf');
  await exportGguf(path, { name: 'original', config, tokenizer, weights: model.weights, type: 'F32' });
  await importGguf(path, join(folder, 'imported'));
  const imported = await openModelDirectory(join(folder, 'imported'));
  // GGUF keeps the epsilon in single precision.
  expect(imported.config).toEqual({ ...config, normEpsilon: Math.fround(config.normEpsilon) });
  const again = await loadParameters(config, imported.weights);
  for (const [name, array] of parameters.arrays) expect(again.arrays.get(name), name).toEqual(array);
  const text = 'purge edge caches 12345, naïve <|end|> 漢字';
  expect(Tokenizer.fromFiles(imported.tokenizer!).encode(text)).toEqual(tokenizer.encode(text));
  await imported.close();
  await model.close();
});
