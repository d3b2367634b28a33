import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { randomParameters, tinyLlama, writeRandomModel } from '../../testing/models/random-model.ts';
import { checkpointFormat } from './checkpoint/quantized/quantized-checkpoint.ts';
import { dequantizeMatrix, type QuantizedMatrix } from './checkpoint/quantized-matrix.ts';
import { float32Source, type TensorSource } from './checkpoint/safetensors.ts';
import { exportGguf } from './gguf/export-gguf.ts';
import { GgufReader } from './gguf/gguf-reader.ts';
import { float32, type GgufValue, string, uint32 } from './gguf/gguf-value.ts';
import { openGgufModel } from './gguf/import-gguf.ts';
import { writeGguf } from './gguf/write-gguf.ts';
import { importModel } from './import-model.ts';
import { openModelDirectory, writeModelDirectory } from './model-directory.ts';
import { loadParameters, toWeightReader } from './model-parameters.ts';
import { Tokenizer } from './tokenizer/tokenizer.ts';

let folder: string;
let path: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'fts-nothing-ignored-'));
  path = join(folder, 'model');
});
afterEach(() => rm(folder, { recursive: true }));

const provenance = { name: 'x', createdAt: '2026-01-01T00:00:00Z', madeBy: 'test' };
const idle = { report: () => {}, signal: new AbortController().signal };

async function tinyTensors(change: (arrays: Map<string, Float32Array>) => void = () => {}): Promise<TensorSource[]> {
  const parameters = randomParameters(tinyLlama);
  change(parameters.arrays as Map<string, Float32Array>);
  const reader = toWeightReader(parameters);
  return Promise.all(
    reader.names().map(async (name) => float32Source(name, reader.info(name).shape, await reader.readFloat32(name))),
  );
}

const write = (weights: readonly TensorSource[], quantizationConfig?: object): Promise<void> =>
  writeModelDirectory(path, {
    config: tinyLlama,
    weights,
    provenance,
    ...(quantizationConfig === undefined ? {} : { quantizationConfig }),
  });

const extra = (name: string): TensorSource => float32Source(name, [4], Float32Array.of(1, 2, 3, 4));

describe('a model folder', () => {
  it.each(['model.layers.0.self_attn.q_proj.bias', 'model.layers.2.mlp.up_proj.weight', 'whatever'])(
    'with a tensor that nothing reads is refused by its name: %s',
    async (name) => {
      await write([...(await tinyTensors()), extra(name)]);
      await expect(openModelDirectory(path)).rejects.toMatchObject({ kind: 'invalid-input', field: name });
    },
  );

  it('may hold constants of the program that wrote it, and the output layer of a tied model once more', async () => {
    const tensors = await tinyTensors();
    const table = tensors.find(({ name }) => name === 'model.embed_tokens.weight')!;
    await write([
      ...tensors,
      extra('model.layers.0.self_attn.rotary_emb.inv_freq'),
      { ...table, name: 'lm_head.weight' },
    ]);
    const model = await openModelDirectory(path);
    await loadParameters(model.config, model.weights);
    await model.close();
    const other = float32Source('lm_head.weight', table.shape, new Float32Array(512 * 64).fill(1));
    await write([...tensors, other]);
    const second = await openModelDirectory(path);
    await expect(loadParameters(second.config, second.weights)).rejects.toMatchObject({ field: 'tie_word_embeddings' });
    await second.close();
  });

  it.each([
    [
      'a missing tensor',
      'model.layers.1.mlp.up_proj.weight',
      (tensors: TensorSource[]) => tensors.filter(({ name }) => !name.includes('1.mlp.up_proj')),
    ],
    [
      'another shape',
      'model.norm.weight',
      (tensors: TensorSource[]) =>
        tensors.map((tensor) => (tensor.name === 'model.norm.weight' ? { ...tensor, ...extra(tensor.name) } : tensor)),
    ],
  ] as const)('with %s is not imported', async (_, field, change) => {
    await write(change(await tinyTensors()));
    const target = join(folder, 'imported');
    await expect(importModel(path, target, { name: 'x', dequantize: false }, idle)).rejects.toMatchObject({
      kind: 'corrupt',
      field,
    });
    await expect(readFile(join(target, 'fts.json'))).rejects.toThrow('ENOENT');
  });

  it('with numbers that are not finite, or a tokenizer of another model, is not imported', async () => {
    await write(await tinyTensors((arrays) => arrays.get('model.norm.weight')!.fill(Number.NaN)));
    const importing = () => importModel(path, join(folder, 'imported'), { name: 'x', dequantize: false }, idle);
    await expect(importing()).rejects.toMatchObject({ kind: 'invalid-input', field: 'model.norm.weight' });
    await writeRandomModel(path, tinyLlama);
    const tokenizer = JSON.parse(await readFile(join(path, 'tokenizer.json'), 'utf8')) as {
      added_tokens: { id: number }[];
    };
    tokenizer.added_tokens.push({ ...tokenizer.added_tokens[0]!, id: 512, ...{ content: '<|more|>' } });
    await writeFile(join(path, 'tokenizer.json'), JSON.stringify(tokenizer));
    await expect(importing()).rejects.toMatchObject({ kind: 'corrupt', field: 'tokenizer.json' });
    await rm(join(path, 'tokenizer.json'));
    await writeFile(join(path, 'tokenizer.model'), 'sentencepiece');
    await expect(importing()).rejects.toMatchObject({ kind: 'invalid-input', field: 'tokenizer.json' });
  });
});

describe('a GGUF file', () => {
  async function gguf(
    change: (metadata: Map<string, GgufValue>, tensors: string[]) => void = () => {},
    more: readonly string[] = [],
  ): Promise<string> {
    const [plain, changed] = [join(folder, 'plain.gguf'), join(folder, 'changed.gguf')];
    await writeRandomModel(path, tinyLlama);
    const model = await openModelDirectory(path);
    const tokenizer = Tokenizer.fromFiles(model.tokenizer!);
    await exportGguf(plain, { name: 'x', config: tinyLlama, tokenizer, weights: model.weights, type: 'F32' });
    await model.close();
    const reader = await GgufReader.open(plain);
    const metadata = new Map(reader.metadata);
    const names = reader.tensors().map(({ name }) => name);
    change(metadata, names);
    const kept = reader.tensors().filter(({ name }) => names.includes(name));
    await writeGguf(changed, metadata, [
      ...kept.map(({ name, type, shape }) => ({ name, type, shape, read: () => reader.readBytes(name) })),
      ...more.map((name) => ({ name, type: 'F32' as const, shape: [4], read: () => new Uint8Array(16) })),
    ]);
    await reader.close();
    return changed;
  }
  const open = async (file: string): Promise<void> => (await openGgufModel(file)).reader.close();
  const importing = (file: string) =>
    importModel(file, join(folder, 'imported'), { name: 'x', dequantize: false }, idle);

  it.each(['blk.0.attn_q.bias', 'blk.0.ffn_gate_inp.weight', 'blk.9.attn_q.weight'])(
    'with a tensor that nothing reads is refused by its name where it would be evaluated: %s',
    async (name) => {
      await expect(open(await gguf(undefined, [name]))).rejects.toMatchObject({ kind: 'invalid-input', field: name });
    },
  );

  it.each([
    ['llama.attention.sliding_window', uint32(16)],
    ['llama.expert_count', uint32(4)],
    ['llama.logit_scale', float32(0.5)],
    ['llama.rope.dimension_count', uint32(8)],
    ['llama.attention.value_length', uint32(8)],
    ['llama.rope.scaling.type', string('dynamic')],
    ['tokenizer.ggml.add_eos_token', { type: 'bool', value: true }],
    ['tokenizer.ggml.precompiled_charsmap', string('x')],
  ] as [string, GgufValue][])('with a key that changes the result is refused: %s', async (key, value) => {
    const file = await gguf((metadata) => {
      metadata.set(key, value);
      if (key.endsWith('scaling.type')) metadata.set('llama.rope.scaling.factor', float32(2));
    });
    const field = key.endsWith('scaling.type') ? 'rope_scaling' : key;
    await expect(open(file)).rejects.toMatchObject({ kind: 'invalid-input', field });
  });

  it('says its linear scaling under either key', async () => {
    const file = await gguf((metadata) => metadata.set('llama.rope.scale_linear', float32(4)));
    const { reader, config } = await openGgufModel(file);
    await reader.close();
    expect(config.ropeScaling).toEqual({ type: 'linear', factor: 4 });
  });

  it.each([
    [
      'a part of a split file',
      'split.count',
      (metadata: Map<string, GgufValue>) => metadata.set('split.count', uint32(2)),
    ],
    ['an adapter', 'source', (metadata: Map<string, GgufValue>) => metadata.set('general.type', string('adapter'))],
    ['a block less', 'blk.2', (metadata: Map<string, GgufValue>) => metadata.set('llama.block_count', uint32(3))],
    [
      'four billion blocks',
      'llama.block_count',
      (metadata: Map<string, GgufValue>) => metadata.set('llama.block_count', uint32(4e9)),
    ],
    [
      'a special token beyond the vocabulary',
      'tokenizer.ggml.bos_token_id',
      (metadata: Map<string, GgufValue>) => metadata.set('tokenizer.ggml.bos_token_id', uint32(99_999)),
    ],
    [
      'no feed-forward matrix',
      'blk.1.ffn_up.weight',
      (_: Map<string, GgufValue>, names: string[]) => names.splice(names.indexOf('blk.1.ffn_up.weight'), 1),
    ],
  ] as const)('that is %s is not imported', async (_, field, change) => {
    const file = await gguf((metadata, names) => void change(metadata, names));
    await expect(importing(file)).rejects.toMatchObject({ field });
  });

  it('of an architecture or a type that only llama.cpp knows is imported to be served', async () => {
    const strange = await gguf((metadata) => {
      for (const [key, value] of [...metadata]) {
        if (key.startsWith('llama.')) metadata.set(key.replace('llama.', 'starcoder2.'), value);
      }
      metadata.set('general.architecture', string('starcoder2'));
    });
    expect(await importing(strange)).toMatchObject({ family: 'starcoder2', files: [{ format: 'f32' }] });
  });
});

describe('weights in groups', () => {
  const name = 'model.layers.0.mlp.up_proj';
  /** [160, 64] in groups of 32. */
  const matrix: QuantizedMatrix = {
    ...{ rows: 160, columns: 64, bits: 4, groupSize: 32, symmetric: true },
    codes: Uint8Array.from({ length: 160 * 64 }, (_, i) => (i * 7) % 16),
    scales: new Float32Array(320).map((_, i) => 2 ** -((i % 5) + 3)),
    zeroPoints: new Uint8Array(320).fill(8),
  };
  const summary = {
    ...{ bits: 4 as const, groupSize: 32, symmetric: true, exceptions: new Map(), unquantized: [], tables: new Map() },
  };

  async function quantized(
    format: 'gptq' | 'awq' | 'compressed-tensors',
    { config = {}, tensors = [] }: { config?: object; tensors?: readonly TensorSource[] },
  ): Promise<void> {
    const layout = checkpointFormat(format);
    const replaced = new Set(tensors.map((tensor) => tensor.name));
    const own = layout.tensors(name, matrix).filter((tensor) => !replaced.has(tensor.name));
    const others = (await tinyTensors()).filter((tensor) => tensor.name !== `${name}.weight`);
    await write([...others, ...own, ...tensors], { ...layout.quantizationConfig(summary), ...config });
  }

  it.each(['gptq', 'awq', 'compressed-tensors'] as const)(
    '%s: a tensor or a key that nothing reads is refused',
    async (format) => {
      await quantized(format, { tensors: [extra(`${name}.scales_of_scales`)] });
      await expect(openModelDirectory(path)).rejects.toMatchObject({ field: `${name}.scales_of_scales` });
      await quantized(format, { config: { rotation: 'hadamard' } });
      const model = await openModelDirectory(path);
      await expect(model.weights.readFloat32(`${name}.weight`)).rejects.toMatchObject({
        field: expect.stringMatching(/^$|rotation/),
      });
      await model.close();
    },
  );

  it.each([
    ['gptq', 'g_idx'],
    ['compressed-tensors', 'weight_g_idx'],
  ] as const)('%s in any order of the groups have the values of their own group', async (format, part) => {
    const order = Int32Array.from({ length: 64 }, (_, column) => column % 2);
    const index: TensorSource = { name: `${name}.${part}`, dtype: 'I32', shape: [64], read: () => order };
    await quantized(format, { tensors: [index] });
    const model = await openModelDirectory(path);
    const values = await model.weights.readFloat32(`${name}.weight`);
    await model.close();
    const expected = dequantizeMatrix({ ...matrix, groupOfColumn: order });
    expect(values).toEqual(expected);
    expect(values[1]).toBe(matrix.scales[1]! * (matrix.codes[1]! - 8));
    expect(values).not.toEqual(dequantizeMatrix(matrix));
  });

  it('are read by every reader of a model, and imported', async () => {
    await quantized('gptq', {});
    const imported = await importModel(path, join(folder, 'imported'), { name: 'x', dequantize: false }, idle);
    expect(imported.family).toBe('llama');
    const model = await openModelDirectory(join(folder, 'imported'));
    const { arrays } = await loadParameters(model.config, model.weights);
    await model.close();
    expect(arrays.get(`${name}.weight`)!.subarray(0, 160 * 64)).toEqual(dequantizeMatrix(matrix));
  });

  it('of a layout that is not read are refused when the folder is opened', async () => {
    await write(await tinyTensors(), { quant_method: 'bitsandbytes', load_in_4bit: true });
    await expect(openModelDirectory(path)).rejects.toMatchObject({ kind: 'invalid-input', field: 'quant_method' });
  });

  it('have no zero point of 0 in GPTQ, which its readers take for 16', () => {
    const zeroes = { ...matrix, symmetric: false, zeroPoints: new Uint8Array(320) };
    expect(() => checkpointFormat('gptq').tensors(name, zeroes)).toThrow('zero point of 0');
  });
});
