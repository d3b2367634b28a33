import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { fromHalfBits } from '../float-formats.ts';
import type { QuantizedMatrix } from '../quantized-matrix.ts';
import { SafetensorsReader, type TensorSource, writeSafetensors } from '../safetensors.ts';
import type { CheckpointFormatName } from './checkpoint-format.ts';
import { checkpointFormat } from './quantized-checkpoint.ts';

/** 8 outputs, 16 inputs in two groups; code (o, i) = (3 o + 5 i) mod 16; zero points 1 to 15. */
const matrix: QuantizedMatrix = {
  rows: 8,
  columns: 16,
  bits: 4,
  groupSize: 8,
  symmetric: false,
  codes: Uint8Array.from({ length: 128 }, (_, k) => (3 * Math.floor(k / 16) + 5 * (k % 16)) % 16),
  scales: Float32Array.from({ length: 16 }, (_, k) => (k + 1) / 64),
  zeroPoints: Uint8Array.from({ length: 16 }, (_, k) => (k % 15) + 1),
};
const symmetric: QuantizedMatrix = { ...matrix, symmetric: true, zeroPoints: new Uint8Array(16).fill(8) };
const eightBit: QuantizedMatrix = {
  ...matrix,
  bits: 8,
  symmetric: true,
  codes: matrix.codes.map((code, k) => code * 16 + (k % 16)),
  zeroPoints: new Uint8Array(16).fill(128),
};

async function written(format: CheckpointFormatName, weights: QuantizedMatrix): Promise<Map<string, ArrayBufferView>> {
  const tensors = checkpointFormat(format).tensors('m', weights);
  const entries = tensors.map(async ({ name, read }: TensorSource) => [name, await read()] as const);
  return new Map(await Promise.all(entries));
}

describe('the bytes are those of the specification', () => {
  it('gptq packs inputs low to high and stores zero points less one', async () => {
    const tensors = await written('gptq', matrix);
    const qweight = tensors.get('m.qweight') as Int32Array; // [2 words of inputs, 8 outputs]
    // Output 0, inputs 0 to 7: codes 0 5 10 15 4 9 14 3, the first in the lowest four bits.
    expect(qweight[0]! >>> 0).toBe(0x3e94fa50);
    // Output 1: 3 8 13 2 7 12 1 6.
    expect(qweight[1]! >>> 0).toBe(0x61c72d83);
    // Group 0 of outputs 0 to 7: zero points k = 0, 2, 4, …, so 1 3 5 7 9 11 13 15; stored 0 2 4 6 8 a c e.
    expect((tensors.get('m.qzeros') as Int32Array)[0]! >>> 0).toBe(0xeca86420);
    expect([...(tensors.get('m.g_idx') as Int32Array)]).toEqual([0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1]);
    const scales = tensors.get('m.scales') as Uint16Array; // [2 groups, 8 outputs]
    expect(fromHalfBits(scales[1]!)).toBe(3 / 64);
  });

  it('awq packs outputs in the order 0 2 4 6 1 3 5 7', async () => {
    const tensors = await written('awq', matrix);
    // Input 0, outputs 0 to 7: codes 0 3 6 9 12 15 2 5; in that order 0 6 12 2 3 9 15 5.
    expect((tensors.get('m.qweight') as Int32Array)[0]! >>> 0).toBe(0x5f932c60);
    // Zero points 1 3 5 7 9 11 13 15: 1 5 9 13 3 7 11 15.
    expect((tensors.get('m.qzeros') as Int32Array)[0]! >>> 0).toBe(0xfb73d951);
  });

  it('compressed-tensors packs inputs of each output, and zero points along the outputs', async () => {
    const tensors = await written('compressed-tensors', matrix);
    const packed = tensors.get('m.weight_packed') as Int32Array; // [8 outputs, 2 words]
    expect(packed[0]! >>> 0).toBe(0x3e94fa50);
    expect(packed[2]! >>> 0).toBe(0x61c72d83);
    const zeros = tensors.get('m.weight_zero_point') as Int32Array; // [1 word of outputs, 2 groups]
    expect(zeros[0]! >>> 0).toBe(0xfdb97531);
    expect([...(tensors.get('m.weight_shape') as BigInt64Array)]).toEqual([8n, 16n]);
  });
});

describe('a whole matrix, byte for byte as computed by hand', () => {
  /** 16 outputs of 8 inputs in one group; code (o, i) = (o + i) mod 16, every scale 2^-6, every zero point 8. */
  const plain: QuantizedMatrix = {
    ...{ rows: 16, columns: 8, bits: 4, groupSize: 8, symmetric: true },
    codes: Uint8Array.from({ length: 128 }, (_, k) => (Math.floor(k / 8) + (k % 8)) % 16),
    scales: new Float32Array(16).fill(1 / 64),
    zeroPoints: new Uint8Array(16).fill(8),
  };
  /** Words as they are written down, the highest nibble first, to little-endian bytes. */
  const words = (text: string): number[] =>
    text
      .trim()
      .split(/\s+/)
      .flatMap((word) => [...Buffer.from(word, 'hex')].reverse());
  const bytes = (tensor: ArrayBufferView | undefined): number[] => [
    ...new Uint8Array(tensor!.buffer, tensor!.byteOffset, tensor!.byteLength),
  ];
  const scaleBytes = Array.from({ length: 16 }, () => [0x00, 0x24]).flat(); // 2^-6 in binary16: exponent 9, 0x2400
  /** Inputs 0 to 7 of one output fill a word, the first lowest. */
  const byOutput = words(`
    76543210 87654321 98765432 a9876543 ba987654 cba98765 dcba9876 edcba987
    fedcba98 0fedcba9 10fedcba 210fedcb 3210fedc 43210fed 543210fe 6543210f`);

  it('gptq', async () => {
    const tensors = await written('gptq', plain);
    expect(bytes(tensors.get('m.qweight'))).toEqual(byOutput);
    expect(bytes(tensors.get('m.qzeros'))).toEqual(words('77777777 77777777')); // less one
    expect(bytes(tensors.get('m.scales'))).toEqual(scaleBytes);
    expect(bytes(tensors.get('m.g_idx'))).toEqual(new Array(32).fill(0));
  });

  it('awq', async () => {
    const tensors = await written('awq', plain);
    // For each input two words of outputs: 0 2 4 6 1 3 5 7, then 8 10 12 14 9 11 13 15, the first lowest.
    const byInput = words(`
      75316420 fdb9eca8  86427531 0ecafdb9  97538642 1fdb0eca  a8649753 20ec1fdb
      b975a864 31fd20ec  ca86b975 420e31fd  db97ca86 531f420e  eca8db97 6420531f`);
    expect(bytes(tensors.get('m.qweight'))).toEqual(byInput);
    expect(bytes(tensors.get('m.qzeros'))).toEqual(words('88888888 88888888'));
    expect(bytes(tensors.get('m.scales'))).toEqual(scaleBytes);
  });

  it('compressed-tensors', async () => {
    const tensors = await written('compressed-tensors', plain);
    expect(bytes(tensors.get('m.weight_packed'))).toEqual(byOutput);
    expect(bytes(tensors.get('m.weight_scale'))).toEqual(scaleBytes);
    expect(bytes(tensors.get('m.weight_shape'))).toEqual([16, 0, 0, 0, 0, 0, 0, 0, 8, 0, 0, 0, 0, 0, 0, 0]);
    expect([...tensors.keys()]).not.toContain('m.weight_zero_point'); // symmetric
  });
});

describe('unpacked as their specifications say, independently, the weights are the same', () => {
  const weight = (m: QuantizedMatrix, o: number, i: number): number => {
    const group = o * (m.columns / m.groupSize) + Math.floor(i / m.groupSize);
    return m.scales[group]! * (m.codes[o * m.columns + i]! - m.zeroPoints[group]!);
  };
  const each = (check: (o: number, i: number) => void): void => {
    for (let o = 0; o < 8; o++) for (let i = 0; i < 16; i++) check(o, i);
  };

  it.each([
    ['asymmetric', matrix],
    ['symmetric', symmetric],
    ['8 bits', eightBit],
  ])('gptq, %s', async (_, m) => {
    const tensors = await written('gptq', m);
    const [q, z, s] = ['qweight', 'qzeros', 'scales'].map((name) => tensors.get(`m.${name}`)!) as [
      Int32Array,
      Int32Array,
      Uint16Array,
    ];
    const per = 32 / m.bits;
    const mask = 2 ** m.bits - 1;
    each((o, i) => {
      const code = (q[Math.floor(i / per) * 8 + o]! >> (m.bits * (i % per))) & mask;
      const group = Math.floor(i / m.groupSize);
      const zero = ((z[group * (8 / per) + Math.floor(o / per)]! >> (m.bits * (o % per))) & mask) + 1;
      expect(fromHalfBits(s[group * 8 + o]!) * (code - zero)).toBe(weight(m, o, i));
    });
  });

  it.each([
    ['asymmetric', matrix],
    ['symmetric', symmetric],
  ])('awq, %s', async (_, m) => {
    const tensors = await written('awq', m);
    const [q, z, s] = ['qweight', 'qzeros', 'scales'].map((name) => tensors.get(`m.${name}`)!) as [
      Int32Array,
      Int32Array,
      Uint16Array,
    ];
    // AutoAWQ's unpacking: shifts 0, 16, 4, 20, 8, 24, 12, 28 give the outputs in order.
    const shifts = [0, 16, 4, 20, 8, 24, 12, 28];
    each((o, i) => {
      const group = Math.floor(i / m.groupSize);
      const code = (q[i]! >>> shifts[o]!) & 15;
      const zero = (z[group]! >>> shifts[o]!) & 15;
      expect(fromHalfBits(s[group * 8 + o]!) * (code - zero)).toBe(weight(m, o, i));
    });
  });

  it.each([
    ['asymmetric', matrix],
    ['symmetric', symmetric],
  ])('compressed-tensors, %s', async (_, m) => {
    const tensors = await written('compressed-tensors', m);
    const q = tensors.get('m.weight_packed') as Int32Array;
    const s = tensors.get('m.weight_scale') as Uint16Array;
    const z = tensors.get('m.weight_zero_point') as Int32Array | undefined;
    each((o, i) => {
      const group = Math.floor(i / m.groupSize);
      // Signed four-bit numbers, shifted by 8 for packing.
      const value = ((q[o * 2 + Math.floor(i / 8)]! >>> (4 * (i % 8))) & 15) - 8;
      const zero = z === undefined ? 0 : ((z[group]! >>> (4 * o)) & 15) - 8;
      expect(fromHalfBits(s[o * 2 + group]!) * (value - zero)).toBe(weight(m, o, i));
    });
  });
});

describe('reading', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'fts-quantized-'));
  });
  afterEach(() => rm(folder, { recursive: true }));

  const summary = (m: QuantizedMatrix) => ({
    ...{ bits: m.bits, groupSize: m.groupSize, symmetric: m.symmetric },
    ...{ exceptions: new Map(), unquantized: [], tables: new Map() },
  });

  it.each([
    ['gptq', matrix],
    ['gptq', symmetric],
    ['gptq', eightBit],
    ['awq', matrix],
    ['awq', symmetric],
    ['compressed-tensors', matrix],
    ['compressed-tensors', symmetric],
    ['compressed-tensors', eightBit],
  ] as const)('%s gives the matrix back', async (name, m) => {
    const format = checkpointFormat(name);
    const path = join(folder, 'model.safetensors');
    await writeSafetensors(path, format.tensors('m', m));
    const reader = await SafetensorsReader.open(path);
    const config = format.quantizationConfig(summary(m)) as Record<string, unknown>;
    expect(await format.read({ name: 'm', isEmbedding: false }, reader, config)).toEqual(m);
    await reader.close();
  });

  it('refuses outputs that do not fill whole words', () => {
    const odd = { ...matrix, rows: 7, codes: matrix.codes.subarray(0, 112) };
    expect(() => checkpointFormat('gptq').tensors('m', odd)).toThrowError(
      expect.objectContaining({ kind: 'invalid-input', field: 'm' }),
    );
  });
});
