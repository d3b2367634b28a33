import { describe, expect, it } from 'vitest';
import { loadMachines } from '../machines/machine-catalogue.ts';
import { publishedModels } from '../shapes/published-models.ts';
import { forwardFlops, trainingFlops } from '../time/compute.ts';
import { parseParallelism } from '../time/parallelism.ts';
import { compareTraining } from './compare-training.ts';
import { fitSetup } from './plan-training.ts';
import { adapterParameters, stateBytes, type TrainingSetup, trainingMemory } from './training-memory.ts';

const llama70b = publishedModels['meta-llama/Llama-3.1-70B']!;
const gpt2 = publishedModels['openai-community/gpt2']!;

const setup: TrainingSetup = {
  method: { kind: 'full' },
  optimizer: 'adamw',
  precision: 'bf16-mixed',
  recomputation: 'none',
  fusedAttention: true,
  sequenceTokens: 1024,
  microBatch: 1,
  accumulation: 1,
  parallelism: { data: 1, tensor: 1, pipeline: 1, zero: 0 },
};

const perParameter = (change: Partial<TrainingSetup>) => {
  const states = stateBytes(gpt2, { ...setup, ...change });
  return (states.weights + states.gradients + states.optimizer) / states.trainable;
};

describe('bytes per parameter before activations', () => {
  it('is 16 for AdamW in FP32 and in BF16 with a master copy', () => {
    expect(perParameter({ precision: 'fp32' })).toBe(16);
    expect(perParameter({ precision: 'bf16-mixed' })).toBe(16);
  });
  it('is 18 with FP32 gradients, 8 in pure BF16', () => {
    expect(perParameter({ precision: 'bf16-mixed-fp32-gradients' })).toBe(18);
    expect(perParameter({ precision: 'bf16-pure' })).toBe(8);
  });
  it('is about 6 less with 8-bit Adam, 4 less with SGD momentum, between with Muon', () => {
    expect(perParameter({ precision: 'fp32', optimizer: 'adamw-8bit' })).toBeCloseTo(10, 1);
    expect(perParameter({ precision: 'fp32', optimizer: 'sgd-momentum' })).toBe(12);
    expect(perParameter({ precision: 'fp32', optimizer: 'sgd' })).toBe(8);
    const muon = perParameter({ precision: 'fp32', optimizer: 'muon' });
    expect(muon).toBeGreaterThan(12);
    expect(muon).toBeLessThan(16);
  });
});

it('needs about 1.13 TB of states for 70 B parameters', () => {
  const states = stateBytes(llama70b, setup);
  expect((states.weights + states.gradients + states.optimizer) / 1e12).toBeCloseTo(1.129, 2);
});

it('counts activations as Korthikanti et al. 2022 do for a GPT layer without dropout', () => {
  // 34 s b h bytes minus the dropout masks (2 s b h): 32, of which 2 are the embedding dropout and 2 × 1 masks.
  const shape = { ...gpt2, layers: 1 };
  const memory = trainingMemory(shape, { ...setup, fusedAttention: false }, 0);
  const perTokenAndWidth = memory.activations / 1024 / gpt2.width;
  const scores = (2 * 2 * gpt2.heads * 1024) / gpt2.width;
  expect(perTokenAndWidth - scores).toBe(2 * (4 + 4 + 8));
});

it('keeps only layer inputs under full recomputation', () => {
  const none = trainingMemory(llama70b, setup, 0).activations;
  const full = trainingMemory(llama70b, { ...setup, recomputation: 'full' }, 0).activations;
  expect(full).toBeLessThan(none / 10);
  expect(full).toBeGreaterThan(80 * 8192 * 1024 * 2);
});

it('shards states by ZeRO stage', () => {
  const at = (zero: 0 | 1 | 2 | 3) =>
    trainingMemory(llama70b, { ...setup, parallelism: { data: 8, tensor: 1, pipeline: 1, zero } }, 0);
  expect(at(1).optimizer).toBe(at(0).optimizer / 8);
  expect(at(1).gradients).toBe(at(0).gradients);
  expect(at(2).gradients).toBe(at(0).gradients / 8);
  expect(at(3).weights).toBe(at(0).weights / 8);
});

it('trains 0.1 to 1 % of the parameters with LoRA, over a base of about 4 bits with QLoRA', () => {
  const shape = publishedModels['meta-llama/Llama-3.1-8B']!;
  const share = adapterParameters(shape, 16) / 8_030_261_248;
  expect(adapterParameters(shape, 16)).toBe(41_943_040);
  expect(share).toBeGreaterThan(0.001);
  expect(share).toBeLessThan(0.01);
  const qlora = stateBytes(shape, { ...setup, method: { kind: 'qlora', rank: 16 } });
  expect(qlora.weights / 1e9).toBeLessThan(6.5);
});

it('finds the fewest H100s that hold a 70 B run', async () => {
  const machines = await loadMachines('/nonexistent');
  const found = fitSetup(llama70b, setup, machines.get('h100')!);
  expect(found!.parallelism.data * found!.parallelism.tensor).toBe(16);
  expect(fitSetup(llama70b, setup, machines.get('l4')!)).toBeNull();
});

describe('floating-point operations', () => {
  it('are 2 per multiplied parameter and token, plus attention', () => {
    const layerParameters = 12 * 12 * 768 * 768;
    const head = 50257 * 768;
    expect(forwardFlops(gpt2, 1)).toBe(2 * (layerParameters + head) + 4 * 12 * 768);
    expect(forwardFlops(gpt2, 1, 1023)).toBe(2 * (layerParameters + head) + 4 * 12 * 768 * 1024);
  });
  it('do not depend on how a prompt is cut into chunks', () => {
    const whole = forwardFlops(gpt2, 512);
    expect(forwardFlops(gpt2, 200) + forwardFlops(gpt2, 312, 200)).toBe(whole);
  });
  it('are three times a forward pass in training, two with a frozen base, four with recomputation', () => {
    const forward = forwardFlops(gpt2, 128);
    expect(trainingFlops(gpt2, 128, { recompute: false, frozenBase: false })).toBe(3 * forward);
    expect(trainingFlops(gpt2, 128, { recompute: false, frozenBase: true })).toBe(2 * forward);
    expect(trainingFlops(gpt2, 128, { recompute: true, frozenBase: false })).toBe(4 * forward);
  });
});

describe('parallelism of a run', () => {
  it('is parsed from degrees by name; degrees not given are 1', () => {
    expect(parseParallelism('data=8,zero=3')).toEqual({ data: 8, tensor: 1, pipeline: 1, zero: 3 });
    expect(() => parseParallelism('data=8,zero=4')).toThrow(/not a valid parallelism/);
    expect(() => parseParallelism('expert=8')).toThrow(/not a valid parallelism/);
  });
  it('is kept as given, and does not fit if the devices are not linked', async () => {
    const machines = await loadMachines('/nonexistent');
    const parallelism = parseParallelism('data=4,tensor=2,pipeline=2,zero=1');
    const compared = compareTraining(
      { shape: llama70b, setup: { ...setup, parallelism }, tokens: 1e9 },
      ['h100', 'l40s'].map((id) => machines.get(id)!),
      { deadlineSeconds: 1e9, parallelismGiven: true },
      [],
    );
    const [h100, l40s] = compared.machines.map(({ row }) => row);
    expect(h100!.devices).toBe(16);
    expect(h100!.training!.parallelism).toBe('data 4 with ZeRO-1, tensor 2, pipeline 2');
    expect(l40s!.fits).toBe(false);
  });
});
