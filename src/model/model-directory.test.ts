import { mkdtemp, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { float32Source } from './checkpoint/safetensors.ts';
import { parseModelConfig, toHuggingFaceConfig } from './families/config-json.ts';
import type { ModelConfig } from './model-config.ts';
import { openModelDirectory, writeModelDirectory } from './model-directory.ts';

const llama: ModelConfig = {
  family: 'llama',
  vocabSize: 300,
  width: 64,
  layers: 2,
  heads: 4,
  kvHeads: 2,
  headDim: 16,
  ffnWidth: 128,
  contextLength: 256,
  normEpsilon: 1e-5,
  ropeTheta: 10_000,
  tiedEmbeddings: true,
  qkvBias: false,
  qkNorm: false,
  bosTokenId: 0,
  eosTokenIds: [1],
};

describe('config.json', () => {
  it('is read back as it was written, for every family', () => {
    const { ropeTheta: _, ...unrotated } = llama;
    const configs: ModelConfig[] = [
      llama,
      { ...llama, ropeScaling: { type: 'linear', factor: 2 }, eosTokenIds: [1, 2], padTokenId: 3 },
      {
        ...llama,
        ropeScaling: {
          type: 'llama3',
          factor: 8,
          lowFrequencyFactor: 1,
          highFrequencyFactor: 4,
          originalContextLength: 128,
        },
      },
      { ...llama, family: 'qwen2', qkvBias: true },
      { ...llama, family: 'qwen3', qkNorm: true, headDim: 32 },
      { ...unrotated, family: 'gpt2', kvHeads: 4, qkvBias: true },
    ];
    for (const config of configs) expect(parseModelConfig(toHuggingFaceConfig(config))).toEqual(config);
  });

  it('is read whatever it says of programs, training and generation', () => {
    const json = toHuggingFaceConfig(llama);
    const more = { _name_or_path: 'x', attention_dropout: 0.1, transformers_version: '5', rope_interleaved: false };
    expect(parseModelConfig({ ...json, ...more, use_cache: true, layer_types: ['full_attention'] })).toEqual(llama);
  });

  it('takes the rotary base of rope_parameters, where Transformers 5 keeps it, before an older one', () => {
    const { rope_scaling: _, ...json } = toHuggingFaceConfig(llama) as Record<string, unknown>;
    const both = { ...json, rope_theta: 1e4, rope_parameters: { rope_type: 'default', rope_theta: 1e6 } };
    expect(parseModelConfig(both).ropeTheta).toBe(1e6);
  });

  it('never invites to change what a model computes', () => {
    const json = { ...toHuggingFaceConfig(llama), hidden_act: 'gelu' };
    expect(() => parseModelConfig(json)).toThrowError(
      expect.objectContaining({ remedy: expect.stringContaining('would change what the model computes') }),
    );
  });

  it('names what it cannot compute', () => {
    const json = toHuggingFaceConfig(llama);
    const refused: [object, string][] = [
      [{ ...json, model_type: 'mamba' }, 'model_type'],
      [{ ...json, hidden_act: 'gelu' }, 'hidden_act'],
      [{ ...json, model_type: 'qwen3', attention_bias: true }, 'attention_bias'],
      [{ ...json, rope_scaling: { rope_type: 'dynamic', factor: 4 } }, 'rope_scaling'],
      [{ ...json, rope_scaling: { rope_type: 'linear', factor: 4, mrope_section: [1, 2] } }, 'mrope_section'],
      [{ ...json, rope_parameters: { rope_type: 'default', partial_rotary_factor: 0.5 } }, 'partial_rotary_factor'],
      [{ ...json, rope_parameters: { full_attention: { rope_type: 'default' } } }, 'full_attention'],
      [{ ...json, logit_scale: 2 }, 'logit_scale'],
      [{ ...json, layer_types: ['full_attention', 'sliding_attention'] }, 'layer_types.1'],
      [{ ...json, num_hidden_layers: 4e9 }, 'num_hidden_layers'],
      [{ ...json, num_key_value_heads: 3 }, 'num_key_value_heads'],
      [{ ...json, num_hidden_layers: -1 }, 'num_hidden_layers'],
      [{ ...json, sliding_window: 4096 }, 'sliding_window'],
    ];
    for (const [config, field] of refused) {
      expect(() => parseModelConfig(config)).toThrowError(expect.objectContaining({ kind: 'invalid-input', field }));
    }
  });
});

describe('model directory', () => {
  let folder: string;
  let path: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'fts-model-'));
    path = join(folder, 'tiny');
  });
  afterEach(() => rm(folder, { recursive: true }));

  const contents = {
    config: llama,
    weights: [float32Source('model.norm.weight', [64], new Float32Array(64).fill(1))],
    tokenizer: { tokenizerJson: '{"version":"1.0"}', tokenizerConfigJson: '{}', chatTemplate: '{{ messages }}' },
    provenance: { name: 'tiny', createdAt: '2026-01-01T00:00:00Z', madeBy: 'train', metrics: { loss: 1.5 } },
  };

  it('is opened as it was written', async () => {
    await writeModelDirectory(path, { ...contents, quantizationConfig: { quant_method: 'gptq', bits: 4 } });
    const model = await openModelDirectory(path);
    expect(model.config).toEqual(llama);
    expect(model.tokenizer).toEqual(contents.tokenizer);
    expect(model.provenance).toEqual(contents.provenance);
    expect(model.quantizationConfig).toEqual({ quant_method: 'gptq', bits: 4 });
    expect((await model.weights.readFloat32('model.norm.weight'))[63]).toBe(1);
    await model.close();
  });

  it('replaces a directory only when the new one is whole', async () => {
    await writeModelDirectory(path, contents);
    const before = await readFile(join(path, 'fts.json'), 'utf8');
    const failing = { ...contents, fillMore: () => Promise.reject(new Error('disk on fire')) };
    await expect(writeModelDirectory(path, failing)).rejects.toThrow('disk on fire');
    expect(await readFile(join(path, 'fts.json'), 'utf8')).toBe(before);
  });

  it('says which file is missing or damaged', async () => {
    await expect(openModelDirectory(path)).rejects.toMatchObject({ kind: 'not-found', value: path });
    await writeModelDirectory(path, contents);
    await truncate(join(path, 'model.safetensors'), 100);
    await expect(openModelDirectory(path)).rejects.toMatchObject({ kind: 'corrupt', field: 'model.safetensors' });
    await rm(join(path, 'model.safetensors'));
    await expect(openModelDirectory(path)).rejects.toMatchObject({ kind: 'not-found' });
    await writeFile(join(path, 'config.json'), '{"model_type":');
    await expect(openModelDirectory(path)).rejects.toMatchObject({ kind: 'corrupt' });
  });
});
