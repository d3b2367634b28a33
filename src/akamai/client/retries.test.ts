import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isWorthRepeating, retryDelayMs } from './retries.ts';

const failed = { attempt: 1, isRepeatable: true, retryAfterMs: undefined };

describe('the retry policy', () => {
  it('repeats what a server may answer better a moment later', () => {
    expect([429, 500, 502, 503, 504].every(isWorthRepeating)).toBe(true);
    expect([200, 304, 400, 401, 403, 404, 409, 412, 501].some(isWorthRepeating)).toBe(false);
  });

  it('doubles the backoff, and spreads it over its upper half', () => {
    const delays = (random: number) =>
      [1, 2, 3, 4].map((attempt) => retryDelayMs({ ...failed, attempt }, () => random));
    expect(delays(0)).toEqual([125, 250, 500, 1000]);
    expect(delays(0.5)).toEqual([187.5, 375, 750, 1500]);
  });

  it('ends after five attempts, and never repeats what could act twice', () => {
    expect(retryDelayMs({ ...failed, attempt: 5 }, () => 0)).toBeUndefined();
    expect(retryDelayMs({ ...failed, isRepeatable: false }, () => 0)).toBeUndefined();
  });

  it('waits at least as long as the server asks, up to a minute', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 4 }),
        fc.integer({ min: 0, max: 120_000 }),
        fc.double({ min: 0, max: 0.999, noNaN: true }),
        (attempt, retryAfterMs, random) => {
          const delay = retryDelayMs({ attempt, isRepeatable: true, retryAfterMs }, () => random);
          if (retryAfterMs > 60_000) expect(delay).toBeUndefined();
          else expect(delay).toBeGreaterThanOrEqual(retryAfterMs);
        },
      ),
    );
  });
});
