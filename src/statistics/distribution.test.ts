import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { distribution, mean, median, nearestRank, percentile } from './distribution.ts';

describe('statistics', () => {
  it('interpolate percentiles between ranks, as NumPy does', () => {
    expect([0, 0.25, 0.5, 0.9, 1].map((share) => percentile([10, 20, 30, 40], share))).toEqual([10, 17.5, 25, 37, 40]);
  });

  it('give one of the values by nearest rank', () => {
    expect([0, 0.25, 0.5, 0.9, 1].map((share) => nearestRank([10, 20, 30, 40], share))).toEqual([10, 10, 20, 40, 40]);
    expect(nearestRank([], 0.5)).toBeNaN();
  });

  it('take the middle value of an odd count and the mean of the middle two of an even one', () => {
    expect(median([9, 1, 5])).toBe(5);
    expect(median([9, 1, 5, 2])).toBe(3.5);
  });

  it('are NaN or undefined without values', () => {
    expect(median([])).toBeNaN();
    expect(mean([])).toBeNaN();
    expect(distribution([])).toBeUndefined();
  });

  it('ascend from the least value to the greatest, in whatever order the values come', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: -1000, max: 1000 }), { minLength: 1 }), (values) => {
        const { min, p50, p90, p99, max } = distribution(values)!;
        const shown = [min, p50, p90, p99, max];
        expect(shown).toEqual(shown.toSorted((a, b) => a - b));
        expect([min, max]).toEqual([Math.min(...values), Math.max(...values)]);
        expect(distribution(values.toReversed())!.p50).toBe(p50);
      }),
    );
  });
});
