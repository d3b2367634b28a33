import { describe, expect, it } from 'vitest';
import type { Generation } from './generation.ts';
import { fillersOf, passesOfPrompts, planDecoding, planPrompts } from './step-plan.ts';

const generation = (remaining: number, arrivedMs = 0) => ({ remaining, arrivedMs, stepsWaited: 0 }) as Generation;
const planned = (count: number) => ({ generation: generation(count), count, draft: [] });
const counts = (rows: readonly { count: number }[]) => rows.map(({ count }) => count);

describe('planning a step', () => {
  it('decodes every request that has been read, and reads the others nearest their first token first', () => {
    const running = [generation(300), generation(1), generation(90), generation(1)];
    expect(planDecoding(running, new Map()).map((row) => row.generation)).toEqual([running[1], running[3]]);
    expect(counts(planPrompts(running, 256, 256))).toEqual([90, 166]);
  });

  it('lets a short prompt pass a long one, but only once in a row', () => {
    const long = generation(1000);
    const first = planPrompts([long, generation(20)], 256, 256);
    expect(counts(first)).toEqual([20]);
    planPrompts([long, generation(20)], 256, 256);
    expect(planPrompts([long, generation(20)], 256, 256)[0]!.generation).toBe(long);
  });

  it('reads short prompts together and long ones alone, in pieces of which none is too small for tiled attention', () => {
    const passes = passesOfPrompts([20, 150, 40, 128, 100, 256].map(planned), 128);
    expect(passes.map(counts)).toEqual([[20, 40], [64], [86], [64], [64], [100], [64], [64], [64], [64]]);
    expect(passesOfPrompts([planned(256)]).map(counts)).toEqual([[256]]);
  });

  it('fills a block of rows up where only one or two are missing', () => {
    expect([1, 8, 13, 14, 15, 16, 17, 30].map(fillersOf)).toEqual([0, 0, 0, 2, 1, 0, 0, 2]);
  });
});
