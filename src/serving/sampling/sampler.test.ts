import { describe, expect, it } from 'vitest';
import { largest } from './candidates.ts';
import { type Constraint, Sampler } from './sampler.ts';
import { GREEDY, type SamplingSettings } from './sampling-settings.ts';

const logitsOf = (values: number[]) => Float32Array.from(values);
const draws = (settings: Partial<SamplingSettings>, values: number[], count: number) => {
  const sampler = new Sampler({ ...GREEDY, temperature: 1, seed: 11, ...settings }, []);
  return Array.from({ length: count }, () => sampler.sample(logitsOf(values)).token);
};

describe('sampling', () => {
  it('is greedy at temperature 0, the lowest index winning ties', () => {
    expect(new Sampler(GREEDY, []).sample(logitsOf([1, 5, 5, 2])).token).toBe(1);
  });

  it('draws in proportion to the softmax', () => {
    const tokens = draws({}, [Math.log(0.7), Math.log(0.2), Math.log(0.1)], 20_000);
    const share = (token: number) => tokens.filter((drawn) => drawn === token).length / tokens.length;
    expect(share(0)).toBeCloseTo(0.7, 1);
    expect(share(1)).toBeCloseTo(0.2, 1);
    expect(share(2)).toBeCloseTo(0.1, 1);
  });

  it('repeats itself with the same seed and not with another', () => {
    const flat = new Array(50).fill(0) as number[];
    expect(draws({ seed: 5 }, flat, 20)).toEqual(draws({ seed: 5 }, flat, 20));
    expect(draws({ seed: 5 }, flat, 20)).not.toEqual(draws({ seed: 6 }, flat, 20));
  });

  it('keeps only the top k, the nucleus, or what min-p allows', () => {
    const values = [3, 2.9, 2.8, -5, -6];
    expect(new Set(draws({ topK: 2 }, values, 500))).toEqual(new Set([0, 1]));
    expect(new Set(draws({ topP: 0.3 }, values, 500))).toEqual(new Set([0]));
    expect(new Set(draws({ minP: 0.5 }, values, 500))).toEqual(new Set([0, 1, 2]));
  });

  it('penalises what was generated, by presence and by count, and what was seen', () => {
    const frequency = new Sampler({ ...GREEDY, frequencyPenalty: 1 }, []);
    frequency.accept(0);
    frequency.accept(0);
    expect(frequency.sample(logitsOf([5, 3.5])).token).toBe(1);
    const repetition = new Sampler({ ...GREEDY, repetitionPenalty: 2 }, [0]);
    expect(repetition.sample(logitsOf([5, 3])).token).toBe(1);
    expect(new Sampler({ ...GREEDY, presencePenalty: 2 }, [0]).sample(logitsOf([5, 4])).token).toBe(0);
  });

  it('adds bias to single tokens', () => {
    expect(new Sampler({ ...GREEDY, logitBias: { 2: 100 } }, []).sample(logitsOf([5, 4, 0])).token).toBe(2);
  });

  it("reports the model's own log probabilities, whatever bends the choice", () => {
    const sampler = new Sampler({ ...GREEDY, topLogprobs: 2, logitBias: { 2: 100 } }, []);
    const choice = sampler.sample(logitsOf([Math.log(0.6), Math.log(0.3), Math.log(0.1)]));
    expect(choice.token).toBe(2);
    expect(Math.exp(choice.logprob!)).toBeCloseTo(0.1, 5);
    expect(choice.topLogprobs!.map((top) => top.token)).toEqual([0, 1]);
    expect(Math.exp(choice.topLogprobs![0]!.logprob)).toBeCloseTo(0.6, 5);
  });

  it('chooses again within the constraint where the free choice breaks it', () => {
    const onlyEven: Constraint = {
      allows: (token) => token % 2 === 0,
      mask: (logits) => {
        for (let token = 1; token < logits.length; token += 2) logits[token] = -Infinity;
      },
      accept: () => undefined,
      isComplete: false,
      forced: () => new Uint8Array(0),
    };
    expect(new Sampler(GREEDY, [], onlyEven).sample(logitsOf([1, 9, 2])).token).toBe(2);
  });

  it('finds the largest of many in falling order', () => {
    const values = Float32Array.from({ length: 1000 }, (_, index) => Math.sin(index * 12.9898) * 43758.5453);
    const expected = Array.from(values.keys())
      .sort((a, b) => values[b]! - values[a]!)
      .slice(0, 17);
    expect(largest(values, 17).tokens).toEqual(expected);
  });
});
