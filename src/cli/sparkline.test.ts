import { expect, it } from 'vitest';
import { sparkline } from './sparkline.ts';

it('draws a falling curve from the highest block to the lowest', () => {
  expect(sparkline([7, 6, 5, 4, 3, 2, 1, 0])).toBe('█▇▆▅▄▃▂▁');
});

it('thins long curves by the mean and draws a flat one low', () => {
  expect(sparkline([1, 3, 1, 3], 2)).toBe('▁▁');
  expect(sparkline([])).toBe('');
});
