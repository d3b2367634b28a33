import { FtsError } from '../../errors/fts-error.ts';
import {
  bfloat16ToFloat32,
  float32ToBfloat16,
  float32ToHalf,
  fromHalfBits,
  halfToFloat32,
  toHalfBits,
} from '../float-formats.ts';
import { dequantizeQ4K, dequantizeQ5K, dequantizeQ6K } from './k-quants.ts';

/** How a tensor's numbers are stored in a GGUF file (ggml.h, `enum ggml_type`). */
export type GgmlType = 'F32' | 'F16' | 'BF16' | 'Q8_0' | 'Q4_0' | 'Q4_1' | 'Q5_0' | 'Q4_K' | 'Q5_K' | 'Q6_K';

export interface BlockType {
  name: GgmlType;
  /** Number in the file. */
  id: number;
  /** Consecutive values of a row that share one block. */
  blockValues: number;
  blockBytes: number;
}

const types: readonly BlockType[] = [
  { name: 'F32', id: 0, blockValues: 1, blockBytes: 4 },
  { name: 'F16', id: 1, blockValues: 1, blockBytes: 2 },
  { name: 'Q4_0', id: 2, blockValues: 32, blockBytes: 18 },
  { name: 'Q4_1', id: 3, blockValues: 32, blockBytes: 20 },
  { name: 'Q5_0', id: 6, blockValues: 32, blockBytes: 22 },
  { name: 'Q8_0', id: 8, blockValues: 32, blockBytes: 34 },
  { name: 'Q4_K', id: 12, blockValues: 256, blockBytes: 144 },
  { name: 'Q5_K', id: 13, blockValues: 256, blockBytes: 176 },
  { name: 'Q6_K', id: 14, blockValues: 256, blockBytes: 210 },
  { name: 'BF16', id: 30, blockValues: 1, blockBytes: 2 },
];

export function blockType(name: GgmlType): BlockType {
  return types.find((type) => type.name === name)!;
}

export function blockTypeOfId(id: number): BlockType | undefined {
  return types.find((type) => type.id === id);
}

/** Bytes of a tensor; its innermost dimension must be whole blocks. */
export function tensorBytes({ blockValues, blockBytes }: BlockType, shape: readonly number[]): number {
  return (shape.reduce((product, side) => product * side, 1) / blockValues) * blockBytes;
}

/**
 * Rounds values to a type, each block for itself: the same arithmetic as ggml's reference (`quantize_row_*_ref`), so
 * the same bytes. K-quants are only read.
 */
export function quantizeBlocks(type: GgmlType, values: Float32Array): Uint8Array {
  switch (type) {
    case 'F32':
      return new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
    case 'F16':
      return new Uint8Array(float32ToHalf(values).buffer);
    case 'BF16':
      return new Uint8Array(float32ToBfloat16(values).buffer);
    case 'Q8_0':
      return quantizeQ8(values);
    case 'Q4_0':
      return quantizeQ4Symmetric(values);
    case 'Q4_1':
      return quantizeQ4Asymmetric(values);
    default:
      throw new FtsError('invalid-input', `Writing ${type} is not supported.`, {
        field: 'type',
        value: type,
        remedy: 'Use F32, F16, BF16, Q8_0, Q4_0 or Q4_1.',
      });
  }
}

/** The values that stored blocks stand for. `bytes` are whole blocks. */
export function dequantizeBlocks(type: GgmlType, bytes: Uint8Array): Float32Array {
  switch (type) {
    case 'F32':
      return new Float32Array(aligned(bytes).buffer);
    case 'F16':
      return halfToFloat32(new Uint16Array(aligned(bytes).buffer));
    case 'BF16':
      return bfloat16ToFloat32(new Uint16Array(aligned(bytes).buffer));
    case 'Q8_0':
      return dequantizeQ8(bytes);
    case 'Q4_0':
      return dequantizeQ4Symmetric(bytes);
    case 'Q4_1':
      return dequantizeQ4Asymmetric(bytes);
    case 'Q5_0':
      return dequantizeQ5Symmetric(bytes);
    case 'Q4_K':
      return dequantizeQ4K(bytes);
    case 'Q5_K':
      return dequantizeQ5K(bytes);
    case 'Q6_K':
      return dequantizeQ6K(bytes);
  }
}

/** A copy at the start of its own buffer, unless it is that already. */
function aligned(bytes: Uint8Array): Uint8Array {
  return bytes.byteOffset === 0 && bytes.byteLength === bytes.buffer.byteLength ? bytes : bytes.slice();
}

/** Half of a block's codes are the low nibbles, the other half the high ones: value j shares a byte with j + 16. */
export function packNibbles(codes: ArrayLike<number>, from: number, out: Uint8Array, at: number): void {
  for (let j = 0; j < 16; j++) out[at + j] = codes[from + j]! | (codes[from + j + 16]! << 4);
}

function putHalf(out: Uint8Array, at: number, bits: number): void {
  out[at] = bits & 0xff;
  out[at + 1] = bits >> 8;
}

function getHalf(bytes: Uint8Array, at: number): number {
  return fromHalfBits(bytes[at]! | (bytes[at + 1]! << 8));
}

/** Round half away from zero, as C's `roundf`; `Math.round` goes up. */
function roundHalfAway(value: number): number {
  return value < 0 ? -Math.floor(-value + 0.5) : Math.floor(value + 0.5);
}

function quantizeQ8(values: Float32Array): Uint8Array {
  const blocks = values.length / 32;
  const out = new Uint8Array(blocks * 34);
  for (let block = 0; block < blocks; block++) {
    const from = block * 32;
    const at = block * 34;
    let largest = 0;
    for (let i = from; i < from + 32; i++) largest = Math.max(largest, Math.abs(values[i]!));
    const scale = Math.fround(largest / 127);
    const inverse = scale === 0 ? 0 : Math.fround(1 / scale);
    putHalf(out, at, toHalfBits(scale));
    for (let i = 0; i < 32; i++) out[at + 2 + i] = roundHalfAway(Math.fround(values[from + i]! * inverse));
  }
  return out;
}

function dequantizeQ8(bytes: Uint8Array): Float32Array {
  const blocks = bytes.length / 34;
  const out = new Float32Array(blocks * 32);
  for (let block = 0; block < blocks; block++) {
    const at = block * 34;
    const scale = getHalf(bytes, at);
    for (let i = 0; i < 32; i++) out[block * 32 + i] = scale * ((bytes[at + 2 + i]! << 24) >> 24);
  }
  return out;
}

function quantizeQ4Symmetric(values: Float32Array): Uint8Array {
  const blocks = values.length / 32;
  const out = new Uint8Array(blocks * 18);
  const codes = new Uint8Array(32);
  for (let block = 0; block < blocks; block++) {
    const from = block * 32;
    let largest = 0;
    for (let i = from; i < from + 32; i++) if (Math.abs(values[i]!) > Math.abs(largest)) largest = values[i]!;
    const scale = Math.fround(largest / -8);
    const inverse = scale === 0 ? 0 : Math.fround(1 / scale);
    for (let i = 0; i < 32; i++) {
      codes[i] = Math.min(15, Math.trunc(Math.fround(Math.fround(values[from + i]! * inverse) + 8.5)));
    }
    putHalf(out, block * 18, toHalfBits(scale));
    packNibbles(codes, 0, out, block * 18 + 2);
  }
  return out;
}

function dequantizeQ4Symmetric(bytes: Uint8Array): Float32Array {
  const blocks = bytes.length / 18;
  const out = new Float32Array(blocks * 32);
  for (let block = 0; block < blocks; block++) {
    const at = block * 18;
    const scale = getHalf(bytes, at);
    for (let j = 0; j < 16; j++) {
      const pair = bytes[at + 2 + j]!;
      out[block * 32 + j] = scale * ((pair & 15) - 8);
      out[block * 32 + j + 16] = scale * ((pair >> 4) - 8);
    }
  }
  return out;
}

function quantizeQ4Asymmetric(values: Float32Array): Uint8Array {
  const blocks = values.length / 32;
  const out = new Uint8Array(blocks * 20);
  const codes = new Uint8Array(32);
  for (let block = 0; block < blocks; block++) {
    const from = block * 32;
    let least = values[from]!;
    let most = values[from]!;
    for (let i = from + 1; i < from + 32; i++) {
      least = Math.min(least, values[i]!);
      most = Math.max(most, values[i]!);
    }
    const scale = Math.fround(Math.fround(most - least) / 15);
    const inverse = scale === 0 ? 0 : Math.fround(1 / scale);
    for (let i = 0; i < 32; i++) {
      const steps = Math.fround(Math.fround(values[from + i]! - least) * inverse);
      codes[i] = Math.min(15, Math.trunc(Math.fround(steps + 0.5)));
    }
    putHalf(out, block * 20, toHalfBits(scale));
    putHalf(out, block * 20 + 2, toHalfBits(least));
    packNibbles(codes, 0, out, block * 20 + 4);
  }
  return out;
}

function dequantizeQ4Asymmetric(bytes: Uint8Array): Float32Array {
  const blocks = bytes.length / 20;
  const out = new Float32Array(blocks * 32);
  for (let block = 0; block < blocks; block++) {
    const at = block * 20;
    const scale = getHalf(bytes, at);
    const least = getHalf(bytes, at + 2);
    for (let j = 0; j < 16; j++) {
      const pair = bytes[at + 4 + j]!;
      out[block * 32 + j] = scale * (pair & 15) + least;
      out[block * 32 + j + 16] = scale * (pair >> 4) + least;
    }
  }
  return out;
}

/** Q5_0: four low bits as in Q4_0, the fifth bits of all 32 values together in front. */
function dequantizeQ5Symmetric(bytes: Uint8Array): Float32Array {
  const blocks = bytes.length / 22;
  const out = new Float32Array(blocks * 32);
  for (let block = 0; block < blocks; block++) {
    const at = block * 22;
    const scale = getHalf(bytes, at);
    for (let i = 0; i < 32; i++) {
      const fifth = (bytes[at + 2 + (i >> 3)]! >> (i & 7)) & 1;
      const pair = bytes[at + 6 + (i & 15)]!;
      out[block * 32 + i] = scale * (((i < 16 ? pair & 15 : pair >> 4) | (fifth << 4)) - 16);
    }
  }
  return out;
}
