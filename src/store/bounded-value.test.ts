import fc from 'fast-check';
import { expect, it } from 'vitest';
import { bounded } from './bounded-value.ts';

it('leaves what is small as it is', () => {
  const value = { name: 'operator', list: [1, 2, { deep: true }], none: null };
  expect(bounded(value)).toEqual(value);
});

it('cuts long texts and lists, and says how much is left out', () => {
  expect(bounded({ text: 'a'.repeat(1000), list: Array.from({ length: 100 }, (_, index) => index) })).toEqual({
    text: `${'a'.repeat(200)}… 800 more characters`,
    list: [...Array.from({ length: 20 }, (_, index) => index), '… 80 more'],
  });
});

it('is never large', () => {
  fc.assert(
    fc.property(fc.jsonValue({ maxDepth: 8 }), fc.integer({ min: 0, max: 3000 }), (value, times) => {
      const large = { value, list: Array(times).fill(value), text: 'ä'.repeat(times * 50) };
      expect(JSON.stringify(bounded(large)).length).toBeLessThan(5000);
    }),
  );
});
