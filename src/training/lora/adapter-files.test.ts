import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { writeRandomModel } from '../../../testing/models/random-model.ts';
import { float32Source, SafetensorsReader, writeSafetensors } from '../../model/checkpoint/safetensors.ts';
import type { ModelConfig } from '../../model/model-config.ts';
import { mergeAdapter } from './merge-adapter.ts';

const gpt2: ModelConfig = {
  family: 'gpt2',
  vocabSize: 300,
  width: 16,
  layers: 1,
  heads: 2,
  kvHeads: 2,
  headDim: 8,
  ffnWidth: 24,
  contextLength: 16,
  normEpsilon: 1e-5,
  tiedEmbeddings: true,
  qkvBias: true,
  qkNorm: false,
  eosTokenIds: [0],
};
const [RANK, ALPHA] = [3, 6];

/** An adapter of GPT-2 as PEFT writes it: A [rank, in] and B [out, rank] of each Conv1D module. */
const modules = { 'attn.c_attn': [16, 48], 'attn.c_proj': [16, 16], 'mlp.c_fc': [16, 24], 'mlp.c_proj': [24, 16] };

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'fts-adapter-'));
  await writeRandomModel(join(folder, 'base'), gpt2);
});
afterAll(() => rm(folder, { recursive: true }));

async function writePeftAdapter(path: string, settings: object = {}): Promise<Map<string, Float32Array>> {
  await mkdir(path, { recursive: true });
  const config = { peft_type: 'LORA', r: RANK, lora_alpha: ALPHA, target_modules: ['c_attn', 'c_proj', 'c_fc'] };
  await writeFile(
    join(path, 'adapter_config.json'),
    JSON.stringify({ ...config, fan_in_fan_out: true, bias: 'none', ...settings }),
  );
  const factors = new Map<string, Float32Array>();
  const sources = Object.entries(modules).flatMap(([module, [input, out]]) =>
    (
      [
        ['lora_A', [RANK, input]],
        ['lora_B', [out, RANK]],
      ] as const
    ).map(([factor, shape]) => {
      const values = new Float32Array(shape[0]! * shape[1]!).map((_, i) => Math.sin(i * 1.7 + module.length));
      factors.set(`${module}.${factor}`, values);
      return float32Source(
        `base_model.model.transformer.h.0.${module}.${factor}.weight`,
        [shape[0]!, shape[1]!],
        values,
      );
    }),
  );
  await writeSafetensors(join(path, 'adapter_model.safetensors'), sources);
  return factors;
}

describe('an adapter of GPT-2 in the layout of PEFT', () => {
  it('merges as W + alpha / rank · (B A)ᵀ in the checkpoint, fused attention included', async () => {
    const factors = await writePeftAdapter(join(folder, 'adapter'));
    const path = join(folder, 'merged');
    const result = await mergeAdapter(join(folder, 'base'), join(folder, 'adapter'), {
      path,
      name: 'merged',
      dtype: 'float32',
    });
    expect(result).toMatchObject({ family: 'gpt2', adapted: 6 });
    const [base, merged] = await Promise.all(
      ['base', 'merged'].map((name) => SafetensorsReader.open(join(folder, name, 'model.safetensors'))),
    );
    for (const [module, [input, out]] of Object.entries(modules) as [string, [number, number]][]) {
      const before = await base!.readFloat32(`h.0.${module}.weight`);
      const after = await merged!.readFloat32(`transformer.h.0.${module}.weight`);
      const [a, b] = [factors.get(`${module}.lora_A`)!, factors.get(`${module}.lora_B`)!];
      for (let i = 0; i < input; i++) {
        for (let o = 0; o < out; o++) {
          let product = 0;
          for (let k = 0; k < RANK; k++) product += b[o * RANK + k]! * a[k * input + i]!;
          expect(after[i * out + o]).toBeCloseTo(before[i * out + o]! + (ALPHA / RANK) * product, 4);
        }
      }
    }
    await Promise.all([base!.close(), merged!.close()]);
  });

  it('is refused if an option changes the computation, if a tensor is missing, and if there is no adapter', async () => {
    const merge = (adapter: string): Promise<unknown> =>
      mergeAdapter(join(folder, 'base'), adapter, { path: join(folder, 'never'), name: 'never', dtype: 'float32' });
    const [dora, partial] = [join(folder, 'dora'), join(folder, 'partial')];
    await writePeftAdapter(dora, { use_dora: true });
    await expect(merge(dora)).rejects.toThrow('use_dora');
    await writePeftAdapter(partial);
    await writeSafetensors(join(partial, 'adapter_model.safetensors'), [
      float32Source('base_model.model.transformer.h.0.attn.c_proj.lora_A.weight', [RANK, 16], new Float32Array(48)),
    ]);
    await expect(merge(partial)).rejects.toMatchObject({ kind: 'corrupt', field: 'h.0.attn.c_attn.lora_A.weight' });
    await expect(merge(join(folder, 'nowhere'))).rejects.toMatchObject({ kind: 'not-found', field: 'adapter' });
    await expect(readFile(join(folder, 'never', 'config.json'))).rejects.toThrow('ENOENT');
  });

  it.each([
    ['trainable_token_indices', [1, 2]],
    ['lora_bias', true],
    ['layer_replication', [[0, 1]]],
    ['init_lora_weights', 'pissa'],
    ['bias', 'all'],
    ['modules_to_save', ['lm_head']],
    ['target_parameters', ['experts']],
    ['whatever', 3],
  ])('is refused by the name of an option that is not applied: %s', async (key, value) => {
    const adapter = join(folder, 'unread');
    await writePeftAdapter(adapter, { [key]: value });
    const merging = mergeAdapter(join(folder, 'base'), adapter, {
      path: join(folder, 'never'),
      name: 'never',
      dtype: 'float32',
    });
    await expect(merging).rejects.toMatchObject({
      kind: 'invalid-input',
      field: key,
      remedy: expect.stringContaining('PEFT'),
    });
  });

  it('applies ranks and alphas by pattern, rank-stabilized scaling, regular expressions, exclusions and layers', async () => {
    const merged = async (settings: object): Promise<Float32Array> => {
      const adapter = join(folder, 'patterns');
      const path = join(folder, 'patterned');
      await writePeftAdapter(adapter, settings);
      await mergeAdapter(join(folder, 'base'), adapter, { path, name: 'patterned', dtype: 'float32' });
      const reader = await SafetensorsReader.open(join(path, 'model.safetensors'));
      const values = await reader.readFloat32('transformer.h.0.mlp.c_fc.weight');
      await reader.close();
      return values;
    };
    const [zero, plain] = [await merged({ lora_alpha: 1e-9 }), await merged({})];
    const factorOf = (values: Float32Array): number => (values[0]! - zero[0]!) / (plain[0]! - zero[0]!);
    expect(factorOf(await merged({ use_rslora: true }))).toBeCloseTo(Math.sqrt(RANK), 4);
    expect(factorOf(await merged({ alpha_pattern: { c_fc: 3 * ALPHA } }))).toBeCloseTo(3, 4);
    expect(factorOf(await merged({ alpha_pattern: { c_attn: 3 * ALPHA } }))).toBeCloseTo(1, 4);
    expect(
      factorOf(
        await merged({
          target_modules: '.*\\.(c_attn|c_proj|c_fc)',
          r: 1,
          rank_pattern: { 'attn.c_attn': RANK, c_proj: RANK, c_fc: RANK },
        }),
      ),
    ).toBeCloseTo(1, 4);
    expect(factorOf(await merged({ layers_to_transform: [0], layers_pattern: 'h' }))).toBeCloseTo(1, 4);
    await expect(merged({ layers_to_transform: [7] })).rejects.toMatchObject({ field: 'target_modules' });
    await expect(merged({ exclude_modules: ['mlp.c_fc'] })).rejects.toMatchObject({
      field: expect.stringContaining('c_fc'),
    });
  });
});
