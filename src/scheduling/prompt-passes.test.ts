import { expect, it } from 'vitest';
import { promptPasses, rowsPerPass } from './prompt-passes.ts';

const counts = (pieces: readonly { count: number }[]) => pieces.map(({ count }) => count);
const pieces = (...sizes: number[]) => sizes.map((count) => ({ count }));

it('reads short prompts together and long ones alone, in parts of which none is too small for tiled attention', () => {
  const passes = promptPasses(pieces(20, 150, 40, 128, 100, 256), 128);
  expect(passes.map(counts)).toEqual([[20, 40], [64], [86], [64], [64], [100], [64], [64], [64], [64]]);
  expect(promptPasses(pieces(256)).map(counts)).toEqual([[256]]);
});

it('computes as many rows in a pass as stay in the cache of a core, and at least one for each sequence', () => {
  expect(rowsPerPass(512, 16)).toBe(512);
  expect(rowsPerPass(2048, 16)).toBe(128);
  expect(rowsPerPass(2048, 200)).toBe(200);
});
