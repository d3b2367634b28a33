import { mkdtemp, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { mulberry32 } from '../../random/mulberry32.ts';
import { toHalfBits } from '../checkpoint/float-formats.ts';
import { dequantizeMatrix, type QuantizedMatrix } from '../checkpoint/quantized-matrix.ts';
import { dequantizeBlocks, type GgmlType, quantizeBlocks } from './block-types.ts';
import { GgufReader } from './gguf-reader.ts';
import type { GgufValue } from './gguf-value.ts';
import { packMatrix, typeOfMatrix } from './pack-matrix.ts';
import { rotaryRowOrder } from './tensor-names.ts';
import { writeGguf } from './write-gguf.ts';

let folder: string;
let path: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'fts-gguf-'));
  path = join(folder, 'a.gguf');
});
afterEach(() => rm(folder, { recursive: true }));

/** Values between −1 and 1 from a fixed sequence. */
function noise(length: number): Float32Array {
  const random = mulberry32(1);
  return Float32Array.from({ length }, () => 2 * random() - 1);
}

describe('a GGUF file', () => {
  const metadata = new Map<string, GgufValue>([
    ['general.architecture', { type: 'string', value: 'llama' }],
    ['a.uint8', { type: 'uint8', value: 200 }],
    ['a.int16', { type: 'int16', value: -300 }],
    ['a.float', { type: 'float32', value: 0.5 }],
    ['a.double', { type: 'float64', value: 0.1 }],
    ['a.bool', { type: 'bool', value: true }],
    ['a.big', { type: 'uint64', value: 2n ** 60n }],
    ['a.words', { type: 'array', of: 'string', values: ['é', '', 'Ġa'] }],
    ['a.ids', { type: 'array', of: 'int32', values: [-1, 2] }],
  ]);
  const values = noise(64);
  const tensors = [
    { name: 'w', type: 'Q8_0' as const, shape: [2, 32], read: () => quantizeBlocks('Q8_0', values) },
    { name: 'v', type: 'F32' as const, shape: [3], read: () => quantizeBlocks('F32', Float32Array.of(1, 2, 3)) },
  ];

  it('is read back as it was written', async () => {
    const bytes = await writeGguf(path, metadata, tensors);
    expect((await readFile(path)).length).toBe(bytes);
    const reader = await GgufReader.open(path);
    expect(reader.metadata).toEqual(metadata);
    expect(reader.tensors().map(({ name, type, shape }) => ({ name, type, shape }))).toEqual([
      { name: 'w', type: 'Q8_0', shape: [2, 32] },
      { name: 'v', type: 'F32', shape: [3] },
    ]);
    expect([...(await reader.readFloat32('v'))]).toEqual([1, 2, 3]);
    const read = await reader.readFloat32('w');
    for (const [i, value] of values.entries()) expect(Math.abs(read[i]! - value)).toBeLessThan(0.5 / 127 + 1e-3);
    await reader.close();
  });

  it('starts with the bytes that the format prescribes', async () => {
    await writeGguf(path, new Map([['k', { type: 'uint32', value: 7 } as const]]), []);
    const expected = [
      ...[0x47, 0x47, 0x55, 0x46, 3, 0, 0, 0], // GGUF, version 3
      ...[0, 0, 0, 0, 0, 0, 0, 0], // tensors
      ...[1, 0, 0, 0, 0, 0, 0, 0], // metadata values
      ...[1, 0, 0, 0, 0, 0, 0, 0, 0x6b], // "k"
      ...[4, 0, 0, 0, 7, 0, 0, 0], // uint32 7
    ];
    expect([...(await readFile(path))]).toEqual([...expected, ...new Array(64 - expected.length).fill(0)]);
  });

  it('is refused where it is truncated or altered', async () => {
    await writeGguf(path, metadata, tensors);
    const whole = await readFile(path);
    for (const length of [0, 10, 100, 300, whole.length - 33]) {
      await writeFile(path, whole);
      await truncate(path, length);
      await expect(GgufReader.open(path)).rejects.toMatchObject({ kind: 'corrupt' });
    }
    const altered = Buffer.from(whole);
    altered.writeBigUInt64LE(2n ** 50n, 8);
    await writeFile(path, altered);
    await expect(GgufReader.open(path)).rejects.toMatchObject({ kind: 'corrupt' });
  });
});

describe('block types', () => {
  it('round as computed by hand', () => {
    const values = new Float32Array(32);
    values.set([-8, 7, 1.4, -0.6]);
    // Q4_0: the value of largest magnitude, −8, becomes code 0, so the scale is 1 and codes are value + 8.5, truncated.
    const q4 = [...quantizeBlocks('Q4_0', values)];
    expect(q4.slice(0, 2)).toEqual([0x00, 0x3c]);
    expect(q4.slice(2, 7)).toEqual([0x80 | 0, 0x80 | 15, 0x80 | 9, 0x80 | 7, 0x88]);
    // Q4_1: from −8 to 7 in 15 steps of 1.
    const q41 = [...quantizeBlocks('Q4_1', values)];
    expect(q41.slice(0, 4)).toEqual([0x00, 0x3c, 0x00, 0xc8]);
    expect(q41.slice(4, 9)).toEqual([0x80 | 0, 0x80 | 15, 0x80 | 9, 0x80 | 7, 0x88]);
    // Q8_0: 127 steps to 12.7 are steps of 0.1.
    values.set([12.7, -12.7, 0.05, -0.25]);
    const q8 = [...quantizeBlocks('Q8_0', values)];
    expect(q8.slice(0, 2)).toEqual([toHalfBits(0.1) & 255, toHalfBits(0.1) >> 8]);
    expect(q8.slice(2, 6)).toEqual([127, 256 - 127, 1, 256 - 3]);
  });

  it.each([
    ['F32', 0],
    ['F16', 2 ** -11],
    ['BF16', 2 ** -8],
    ['Q8_0', 0.5 / 127 + 2 ** -11],
    ['Q4_0', 1 / 8 + 0.01],
    ['Q4_1', 1 / 15 + 0.01],
  ] as [GgmlType, number][])('%s keeps values to its precision', (type, tolerance) => {
    const values = noise(4096);
    const back = dequantizeBlocks(type, quantizeBlocks(type, values));
    for (const [i, value] of values.entries()) expect(Math.abs(back[i]! - value)).toBeLessThanOrEqual(tolerance);
  });

  it('reads Q4_K and Q6_K by their specification', () => {
    // Group j of Q4_K has scale j + 1 and minimum 2 j; every code is its position modulo 16.
    const q4k = new Uint8Array(144);
    const view = new DataView(q4k.buffer);
    view.setUint16(0, toHalfBits(0.5), true);
    view.setUint16(2, toHalfBits(0.25), true);
    const scales = Array.from({ length: 8 }, (_, j) => j * 7 + 1); // up to 50: six bits
    const minima = Array.from({ length: 8 }, (_, j) => 60 - j * 7);
    for (let j = 0; j < 4; j++) {
      q4k[4 + j] = scales[j]! | ((scales[j + 4]! >> 4) << 6);
      q4k[8 + j] = minima[j]! | ((minima[j + 4]! >> 4) << 6);
      q4k[12 + j] = (scales[j + 4]! & 15) | ((minima[j + 4]! & 15) << 4);
    }
    for (let pair = 0; pair < 4; pair++) {
      for (let i = 0; i < 32; i++) q4k[16 + pair * 32 + i] = (i % 16) | ((15 - (i % 16)) << 4);
    }
    const values = dequantizeBlocks('Q4_K', q4k);
    for (let i = 0; i < 256; i++) {
      const group = i >> 5;
      const code = group % 2 === 0 ? i % 16 : 15 - (i % 16);
      expect(values[i]).toBe(0.5 * scales[group]! * code - 0.25 * minima[group]!);
    }

    const q6k = new Uint8Array(210);
    new DataView(q6k.buffer).setUint16(208, toHalfBits(0.5), true);
    const codes = Array.from({ length: 256 }, (_, i) => (i * 37) % 64);
    for (let i = 0; i < 16; i++) q6k[192 + i] = i % 2 === 0 ? i + 1 : 256 - i;
    for (let i = 0; i < 256; i++) {
      const [half, run, lane] = [i >> 7, (i >> 5) & 3, i & 31];
      q6k[half * 64 + (run % 2) * 32 + lane]! |= (codes[i]! & 15) << (run < 2 ? 0 : 4);
      q6k[128 + half * 32 + lane]! |= (codes[i]! >> 4) << (2 * run);
    }
    const read = dequantizeBlocks('Q6_K', q6k);
    for (let i = 0; i < 256; i++) {
      const scale = (i >> 4) % 2 === 0 ? (i >> 4) + 1 : -(i >> 4);
      expect(read[i]).toBe(0.5 * scale * (codes[i]! - 32));
    }
  });
});

describe('quantized matrices', () => {
  const matrix = (bits: 4 | 8, symmetric: boolean, groupSize: number): QuantizedMatrix => {
    const [rows, columns] = [3, 128];
    const groups = columns / groupSize;
    const middle = 2 ** (bits - 1);
    return {
      ...{ rows, columns, bits, groupSize, symmetric },
      codes: Uint8Array.from({ length: rows * columns }, (_, i) => (i * 31) % 2 ** bits),
      scales: Float32Array.from({ length: rows * groups }, (_, i) => (i % 2 === 0 ? 1 : -1) * (1 + i) * 2 ** -6),
      zeroPoints: Uint8Array.from({ length: rows * groups }, (_, i) => (symmetric ? middle : i % 2 ** bits)),
    };
  };

  it.each([
    [4, true, 32, 'Q4_0'],
    [4, true, 128, 'Q4_0'],
    [8, true, 64, 'Q8_0'],
    [4, false, 32, 'Q4_1'],
  ] as const)('%i bits, symmetric %s, groups of %i are exactly %s', (bits, symmetric, groupSize, type) => {
    const quantized = matrix(bits, symmetric, groupSize);
    expect(typeOfMatrix(quantized)).toBe(type);
    const unsigned = (values: Float32Array) => values.map((value) => value + 0); // −0 is 0
    const unpacked = dequantizeBlocks(type, packMatrix(quantized, type));
    expect(unsigned(unpacked)).toEqual(unsigned(dequantizeMatrix(quantized)));
  });

  it('have no block type where groups are not multiples of 32', () => {
    expect(typeOfMatrix(matrix(4, true, 16))).toBe('F16');
    expect(typeOfMatrix(matrix(8, false, 32))).toBe('F16');
  });
});

it('interleaves the two halves of each rotary head', () => {
  expect([...rotaryRowOrder(8, 2)]).toEqual([0, 2, 1, 3, 4, 6, 5, 7]);
});
