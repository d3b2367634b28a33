import { cp, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { randomParameters, tinyConfigs, tinyLlama, writeRandomModel } from '../../testing/models/random-model.ts';
import { float32Source } from '../model/checkpoint/safetensors.ts';
import { GgufReader } from '../model/gguf/gguf-reader.ts';
import { openModelDirectory, writeModelDirectory } from '../model/model-directory.ts';
import { type ModelParameters, toWeightReader } from '../model/model-parameters.ts';
import { evaluateTokens } from './evaluation/perplexity.ts';
import { loadFiniteParameters, quantize } from './quantize.ts';
import { quantizationSettingsSchema } from './settings.ts';

const idle = { report: () => {}, signal: new AbortController().signal };
const windows = { windowTokens: 64, strideTokens: 32 };
/** Tokens in random order, which suit random models as well as any other text. */
const tokens = Int32Array.from({ length: 2048 }, (_, i) => (Math.imul(i, 2654435761) >>> 8) % 512);
const evaluated = tokens.subarray(0, 400);
const settings = (overrides: object) =>
  quantizationSettingsSchema.parse({ samples: 16, sampleTokens: 64, ...overrides });

/** A family of each kind: plain, fused, with windows in some layers, normalized after each part. */
const quantized = ['llama', 'gpt2', 'qwen3', 'gemma2', 'phi3', 'olmo2', 'granite'];

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'fts-quantize-'));
  for (const name of quantized) await writeRandomModel(join(folder, name), tinyConfigs[name]!);
});
afterAll(() => rm(folder, { recursive: true }));

async function parametersOf(path: string): Promise<ModelParameters> {
  const model = await openModelDirectory(path);
  try {
    return await loadFiniteParameters(model);
  } finally {
    await model.close();
  }
}

async function divergence(name: string, overrides: object): Promise<number> {
  const output = join(folder, 'out');
  await quantize({ model: join(folder, name), output, settings: settings(overrides), calibration: { tokens } }, idle);
  const [reference, quantized] = [await parametersOf(join(folder, name)), await parametersOf(output)];
  const config = tinyConfigs[name]!;
  const compared = { config, parameters: reference };
  const result = await evaluateTokens(config, quantized, evaluated, windows, idle, compared);
  return result.reference!.meanKlDivergence;
}

describe('quantize', () => {
  for (const name of quantized) {
    it(`GPTQ and AWQ stay closer to the model than rounding to nearest, and 8 bits closer still (${name})`, async () => {
      const rtn = await divergence(name, { method: 'rtn' });
      // With random weights and activations there is less to gain than in a trained model.
      expect(await divergence(name, { method: 'gptq' })).toBeLessThan(0.9 * rtn);
      expect(await divergence(name, { method: 'awq', format: 'awq' })).toBeLessThan(rtn);
      expect(await divergence(name, { method: 'rtn', bits: 8 })).toBeLessThan(rtn / 50);
    });
  }

  it.each(['gptq', 'awq'])('%s takes a feed-forward width that the graph pads', async (method) => {
    const model = join(folder, 'padded');
    const config = { ...tinyLlama, ffnWidth: 1024, layers: 1 };
    await writeRandomModel(model, config);
    const input = { model, output: join(folder, 'padded-out'), calibration: { tokens } };
    const { layers } = await quantize({ ...input, settings: settings({ method }) }, idle);
    const down = layers.find(({ name }) => name.endsWith('down_proj.weight'))!;
    expect(down.relativeError).toBeLessThan(0.02);
  });

  it.each([
    { method: 'rtn', groupSize: 'channel' },
    { method: 'gptq', symmetric: false, format: 'compressed-tensors' },
    { method: 'gptq', actOrder: false, groupSize: 64, format: 'awq' },
    { method: 'gptq', keep: ['first', 'down_proj'], keepBits: 16 },
    { method: 'gptq', keep: ['last'], keepBits: 8, format: 'compressed-tensors' },
    { method: 'awq', symmetric: false, format: 'awq' },
  ])('writes the same numbers as safetensors and as GGUF: %o', async (overrides) => {
    const output = join(folder, 'formats');
    const config = { ...tinyLlama, ffnWidth: 192 };
    await writeRandomModel(join(folder, 'wide'), config);
    const summary = await quantize(
      { model: join(folder, 'wide'), output, settings: settings(overrides), calibration: { tokens } },
      idle,
    );
    const reader = toWeightReader(await parametersOf(output));
    const gguf = await GgufReader.open(summary.artifacts[0]!.path);
    const name = 'model.layers.1.mlp.up_proj.weight';
    const [stored, exported] = [await reader.readFloat32(name), await gguf.readFloat32('blk.1.ffn_up.weight')];
    const symmetric = (overrides as { symmetric?: boolean }).symmetric !== false;
    for (const [i, value] of exported.entries()) {
      // Q4_1 rounds the minimum to binary16; everything else is exact.
      if (Math.abs(value - stored[i]!) > (symmetric ? 0 : 1e-3)) expect.unreachable(`${i}: ${value}, ${stored[i]}`);
    }
    await gguf.close();
    const entries = await readdir(output);
    expect(entries).toEqual(expect.arrayContaining(['Modelfile', 'fts.json', 'model.safetensors', 'tokenizer.json']));
  });

  it.each([
    ['llama', ['Embedding'], ['lm_head']],
    ['llama, untied', ['Embedding', 'lm_head'], []],
    ['gpt2', ['Embedding'], ['lm_head', 'transformer.wpe']],
  ])('packs the tables too where that is wanted: %s', async (name, targets, ignored) => {
    const model = join(folder, 'tables');
    await writeRandomModel(model, { ...tinyConfigs[name]!, ffnWidth: 192 });
    const output = join(folder, 'tables-out');
    const chosen = { method: 'rtn', bits: 4, groupSize: 64, format: 'compressed-tensors', packTables: true };
    const summary = await quantize({ model, output, settings: settings(chosen) }, idle);
    const directory = await openModelDirectory(output);
    const { config_groups: groups, ignore } = directory.quantizationConfig as {
      config_groups: Record<string, { targets: string[]; weights: { group_size: number } }>;
      ignore: string[];
    };
    const packed = Object.values(groups).filter(({ weights }) => weights.group_size === 32);
    expect(packed.flatMap((group) => group.targets)).toEqual(targets);
    expect(ignore).toEqual(ignored);
    const table = name === 'gpt2' ? 'transformer.wte' : 'model.embed_tokens';
    expect(directory.stored.names()).toContain(`${table}.weight_packed`);
    expect(directory.stored.names()).not.toContain(`${table}.weight`);
    await directory.close();
    const stored = toWeightReader(await parametersOf(output));
    const gguf = await GgufReader.open(summary.artifacts[0]!.path);
    const embedding = await stored.readFloat32(name === 'gpt2' ? 'wte.weight' : `${table}.weight`);
    expect(embedding).toEqual(await gguf.readFloat32('token_embd.weight'));
    if (targets.length > 1)
      expect(await stored.readFloat32('lm_head.weight')).toEqual(await gguf.readFloat32('output.weight'));
    await gguf.close();
  });

  it.each(['rtn', 'gptq', 'awq'])(
    'asymmetric GPTQ files have no zero point of 0, whatever the weights: %s',
    async (method) => {
      const model = join(folder, 'positive');
      const parameters = randomParameters(tinyLlama);
      for (const { name, layout } of parameters.specs) {
        const array = parameters.arrays.get(name)!;
        if (layout !== undefined) for (let i = 0; i < array.length; i++) array[i] = Math.abs(array[i]!) + 0.1;
      }
      const reader = toWeightReader(parameters);
      const weights = reader
        .names()
        .map(async (name) => float32Source(name, reader.info(name).shape, await reader.readFloat32(name)));
      await writeModelDirectory(model, {
        config: tinyLlama,
        weights: await Promise.all(weights),
        provenance: { name: 'positive', createdAt: '', madeBy: 'test' },
      });
      const output = join(folder, 'positive-out');
      const chosen = settings({ method, symmetric: false, format: 'gptq', embeddingBits: 16 });
      await quantize({ model, output, settings: chosen, calibration: { tokens } }, idle);
      const stored = await parametersOf(output);
      for (const name of ['model.layers.0.self_attn.q_proj.weight', 'model.layers.1.mlp.up_proj.weight']) {
        const [values, expected] = [stored.arrays.get(name)!, parameters.arrays.get(name)!];
        let [error, size] = [0, 0];
        for (const [i, value] of expected.entries()) {
          error += (values[i]! - value) ** 2;
          size += value ** 2;
        }
        expect(error / size, name).toBeLessThan(method === 'rtn' ? 0.002 : 0.1);
      }
    },
  );

  it('resumes at the layer where it was interrupted, with the same result', async () => {
    const [whole, parts] = [join(folder, 'whole'), join(folder, 'parts')];
    const model = join(folder, 'llama');
    const input = { model, settings: settings({ method: 'gptq' }), calibration: { tokens } };
    await quantize({ ...input, output: whole }, idle);
    const controller = new AbortController();
    let layers = 0;
    const stopping = {
      signal: controller.signal,
      report: ({ unit }: { unit?: string }) => {
        if (unit === 'layers') controller.abort();
      },
    };
    await expect(quantize({ ...input, output: parts }, stopping)).rejects.toMatchObject({ kind: 'cancelled' });
    const { config } = { config: tinyLlama };
    const counting = {
      ...idle,
      report: ({ unit, metrics }: { unit?: string; metrics?: object }) => {
        if (unit === 'layers' && metrics !== undefined) layers += 1;
      },
    };
    await quantize({ ...input, output: parts }, counting);
    expect(layers).toBe(config.layers);
    expect(await readFile(join(parts, 'model.safetensors'))).toEqual(await readFile(join(whole, 'model.safetensors')));
    expect((await readdir(folder)).filter((name) => name.endsWith('.quantizing'))).toEqual([]);
  });
});

describe('refused without a change to the source:', () => {
  const input = (overrides: object) => ({
    model: join(folder, 'llama'),
    output: join(folder, 'refused'),
    settings: settings(overrides),
    calibration: { tokens },
  });

  it('weights that are not finite', async () => {
    const parameters = randomParameters(tinyLlama);
    parameters.arrays.get('model.layers.1.mlp.up_proj.weight')![5] = Number.NaN;
    const reader = toWeightReader(parameters);
    const damaged = join(folder, 'damaged');
    await writeModelDirectory(damaged, {
      config: tinyLlama,
      weights: await Promise.all(
        reader
          .names()
          .map(async (name) => float32Source(name, reader.info(name).shape, await reader.readFloat32(name))),
      ),
      provenance: { name: 'damaged', createdAt: '', madeBy: 'test' },
    });
    const failing = quantize({ ...input({ method: 'rtn' }), model: damaged }, idle);
    await expect(failing).rejects.toMatchObject({ kind: 'invalid-input', field: 'model.layers.1.mlp.up_proj.weight' });
  });

  it('weights that 16-bit floating point cannot hold', async () => {
    const parameters = randomParameters(tinyLlama);
    parameters.arrays.get('model.norm.weight')![3] = 1e5;
    const reader = toWeightReader(parameters);
    const large = join(folder, 'large');
    const weights = reader
      .names()
      .map(async (name) => float32Source(name, reader.info(name).shape, await reader.readFloat32(name)));
    await writeModelDirectory(large, {
      config: tinyLlama,
      weights: await Promise.all(weights),
      provenance: { name: 'large', createdAt: '', madeBy: 'test' },
    });
    const failing = quantize({ ...input({ method: 'rtn' }), model: large }, idle);
    await expect(failing).rejects.toMatchObject({ kind: 'invalid-input', field: 'model.norm.weight', value: 1e5 });
  });

  it('an empty or missing calibration text', async () => {
    const empty = quantize({ ...input({}), calibration: [''] }, idle);
    await expect(empty).rejects.toMatchObject({ kind: 'invalid-input', field: 'calibration' });
    const { calibration: _, ...without } = input({});
    await expect(quantize(without, idle)).rejects.toMatchObject({ kind: 'invalid-input', field: 'calibration' });
  });

  it('a width that the group size does not divide', async () => {
    // The feed-forward width of the model is 160.
    const failing = quantize(input({ method: 'gptq', groupSize: 64 }), idle);
    await expect(failing).rejects.toMatchObject({ kind: 'invalid-input', field: 'groupSize', value: 64 });
  });

  it('a layout without that many bits, and the source folder itself', async () => {
    const eight = quantize(input({ method: 'rtn', bits: 8, format: 'awq' }), idle);
    await expect(eight).rejects.toMatchObject({ kind: 'invalid-input', field: 'format' });
    const inPlace = quantize({ ...input({}), output: join(folder, 'llama') }, idle);
    await expect(inPlace).rejects.toMatchObject({ kind: 'invalid-input', field: 'output' });
  });

  it('an unknown architecture and a truncated file', async () => {
    const path = join(folder, 'strange');
    await cp(join(folder, 'llama'), path, { recursive: true });
    const { writeFile, truncate } = await import('node:fs/promises');
    await truncate(join(path, 'model.safetensors'), 1000);
    const cut = quantize({ ...input({}), model: path }, idle);
    await expect(cut).rejects.toMatchObject({ kind: 'corrupt', field: 'model.safetensors' });
    await writeFile(join(path, 'config.json'), '{"model_type":"mamba"}');
    const strange = quantize({ ...input({}), model: path }, idle);
    await expect(strange).rejects.toMatchObject({ kind: 'invalid-input', field: 'model_type' });
    expect(await readdir(folder)).not.toContain('refused');
  });
});
