import { expect, it } from 'vitest';
import { paddingRows } from './block-padding.ts';

it('pads a block of rows only where one or two are missing', () => {
  expect([1, 8, 13, 14, 15, 16, 17, 30].map(paddingRows)).toEqual([0, 0, 0, 2, 1, 0, 0, 2]);
});
