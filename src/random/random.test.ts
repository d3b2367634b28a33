import { describe, expect, it } from 'vitest';
import { mulberry32, mulberry32Words } from './mulberry32.ts';
import { fillNormal, standardNormal } from './normal.ts';
import { permutation } from './permutation.ts';
import { SeededRandom } from './seeded-random.ts';
import { sfc32 } from './sfc32.ts';
import { Xoshiro128 } from './xoshiro128.ts';

/** What a training run, a data set or a sampled answer drew before must be drawn again after an update. */
describe('a seeded generator', () => {
  it('gives the same sequence for the same seed in every version', () => {
    const words = mulberry32Words(1);
    expect([words(), words(), words()]).toEqual([2693262067, 11749833, 2265367787]);
    const uniform = sfc32(1, 2);
    expect([uniform(), uniform(), uniform()].map((value) => value * 2 ** 32)).toEqual([
      4198616899, 3289234483, 488419817,
    ]);
    const xoshiro = new Xoshiro128(1);
    expect([1, 2, 3].map(() => xoshiro.next() * 2 ** 32)).toEqual([2442144158, 3238099751, 3819917871]);
    expect([...permutation(8, 1, 2)]).toEqual([1, 4, 2, 3, 6, 0, 5, 7]);
  });

  it('takes negative seeds and seeds above 32 bits modulo 2³²', () => {
    expect(mulberry32Words(-1)()).toBe(mulberry32Words(2 ** 32 - 1)());
    expect(mulberry32Words(2 ** 32 + 5)()).toBe(mulberry32Words(5)());
  });

  it('keeps separate streams of one seed apart', () => {
    expect(sfc32(1, 2)()).not.toBe(sfc32(1, 3)());
  });
});

describe('draws', () => {
  const moments = (values: ArrayLike<number>) => {
    const all = Array.from(values);
    const mean = all.reduce((sum, value) => sum + value, 0) / all.length;
    return { mean, deviation: Math.sqrt(all.reduce((sum, value) => sum + (value - mean) ** 2, 0) / all.length) };
  };

  it('are normal with the mean and deviation asked for', () => {
    const random = mulberry32(3);
    const one = moments(Array.from({ length: 20_000 }, () => standardNormal(random)));
    expect(one.mean).toBeCloseTo(0, 1);
    expect(one.deviation).toBeCloseTo(1, 1);
    const filled = new Float32Array(20_001);
    fillNormal(filled, 4, mulberry32(3));
    expect(moments(filled).deviation / 4).toBeCloseTo(1, 1);
    expect(filled.at(-1)).not.toBe(0);
  });

  it('stay within their bounds and reach them', () => {
    const random = new SeededRandom(8);
    const drawn = new Set(Array.from({ length: 200 }, () => random.between(2, 5)));
    expect([...drawn].sort()).toEqual([2, 3, 4, 5]);
    expect(new Set(Array.from({ length: 200 }, () => random.pick(['a', 'b'])))).toEqual(new Set(['a', 'b']));
    expect(random.chance(0)).toBe(false);
    expect(random.chance(1)).toBe(true);
  });

  it('wait 1/rate seconds on average between events of a Poisson process', () => {
    const random = new SeededRandom(9);
    expect(moments(Array.from({ length: 20_000 }, () => random.exponential(4))).mean).toBeCloseTo(0.25, 1);
  });

  it('permute: every index stands once', () => {
    expect([...permutation(100, 5, 1)].sort((a, b) => a - b)).toEqual(Array.from({ length: 100 }, (_, i) => i));
  });
});
