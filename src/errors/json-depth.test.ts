import { expect, it } from 'vitest';
import { isShallow, requireShallow } from './json-depth.ts';

const nested = (levels: number): unknown => JSON.parse(`${'['.repeat(levels)}${']'.repeat(levels)}`);

it('refuses what is nested too deep, without running out of stack itself', () => {
  expect(isShallow(nested(64))).toBe(true);
  expect(isShallow(nested(66))).toBe(false);
  expect(isShallow(nested(200_000))).toBe(false);
  expect(isShallow({ a: Array.from({ length: 100_000 }, (_, index) => ({ index })) })).toBe(true);
  expect(() => requireShallow(nested(100), 'the body')).toThrow(/the body is nested deeper than 64/);
});
