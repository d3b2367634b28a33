import { expect, it } from 'vitest';
import {
  bfloat16ToFloat32,
  float32ToBfloat16,
  float32ToHalf,
  fromHalfBits,
  halfToFloat32,
  toHalfBits,
} from './float-formats.ts';

it('gives every binary16 value its own bits back', () => {
  const all = Uint16Array.from({ length: 65536 }, (_, bits) => bits);
  const back = float32ToHalf(halfToFloat32(all));
  for (let bits = 0; bits < 65536; bits++) {
    if (Number.isNaN(fromHalfBits(bits))) expect(back[bits]! & 0x7fff).toBe(0x7e00);
    else if (back[bits] !== bits) expect.unreachable(`bits ${bits} became ${back[bits]}`);
  }
});

it('rounds to the nearest binary16, ties to even', () => {
  expect(toHalfBits(65519.99)).toBe(0x7bff);
  expect(toHalfBits(65520)).toBe(0x7c00);
  expect(toHalfBits(1 + 2 ** -11)).toBe(0x3c00);
  expect(toHalfBits(1 + 3 * 2 ** -11)).toBe(0x3c02);
  expect(toHalfBits(2 ** -25)).toBe(0);
  expect(toHalfBits(1.5 * 2 ** -25)).toBe(1);
  expect(toHalfBits(-(2 ** -24) * 1.5)).toBe(0x8002);
  // Between every pair of neighbours: just below the middle goes down, just above goes up.
  for (let bits = 0; bits < 0x7bff; bits++) {
    const low = fromHalfBits(bits);
    const middle = (low + fromHalfBits(bits + 1)) / 2;
    const step = Math.max(middle * 2 ** -22, 2 ** -140);
    if (toHalfBits(middle - step) !== bits) expect.unreachable(`below the middle of ${bits}`);
    if (toHalfBits(middle + step) !== bits + 1) expect.unreachable(`above the middle of ${bits}`);
    if (toHalfBits(middle) !== bits + (bits & 1)) expect.unreachable(`tie at ${bits}`);
  }
});

it('rounds to the nearest bfloat16 and keeps NaN', () => {
  const values = Float32Array.of(
    1,
    1 + 2 ** -8,
    1 + 3 * 2 ** -8,
    Number.NaN,
    Number.POSITIVE_INFINITY,
    -3.125 - 2 ** -7,
  );
  const back = bfloat16ToFloat32(float32ToBfloat16(values));
  expect([...back]).toEqual([1, 1, 1 + 2 ** -6, Number.NaN, Number.POSITIVE_INFINITY, -3.125]);
});
