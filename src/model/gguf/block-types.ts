import { FtsError } from '../../errors/fts-error.ts';
import {
  beyondHalf,
  bfloat16ToFloat32,
  float32ToBfloat16,
  fromHalfBits,
  halfToFloat32,
  storedHalf,
  toHalfBits,
} from '../checkpoint/float-formats.ts';
import { dequantizeQ4K, dequantizeQ5K, dequantizeQ6K } from './k-quants.ts';

export interface BlockType {
  name: string;
  /** Number in the file. */
  id: number;
  /** Consecutive values of a row that share one block. */
  blockValues: number;
  blockBytes: number;
}

/** In the order in which they were added; the numbers are those of ggml.h, `enum ggml_type`. */
const types = [
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
  { name: 'Q5_1', id: 7, blockValues: 32, blockBytes: 24 },
  { name: 'Q2_K', id: 10, blockValues: 256, blockBytes: 84 },
  { name: 'Q3_K', id: 11, blockValues: 256, blockBytes: 110 },
  { name: 'IQ2_XXS', id: 16, blockValues: 256, blockBytes: 66 },
  { name: 'IQ2_XS', id: 17, blockValues: 256, blockBytes: 74 },
  { name: 'IQ3_XXS', id: 18, blockValues: 256, blockBytes: 98 },
  { name: 'IQ1_S', id: 19, blockValues: 256, blockBytes: 50 },
  { name: 'IQ4_NL', id: 20, blockValues: 32, blockBytes: 18 },
  { name: 'IQ3_S', id: 21, blockValues: 256, blockBytes: 110 },
  { name: 'IQ2_S', id: 22, blockValues: 256, blockBytes: 82 },
  { name: 'IQ4_XS', id: 23, blockValues: 256, blockBytes: 136 },
  { name: 'IQ1_M', id: 29, blockValues: 256, blockBytes: 56 },
  { name: 'TQ1_0', id: 34, blockValues: 256, blockBytes: 54 },
  { name: 'TQ2_0', id: 35, blockValues: 256, blockBytes: 66 },
  { name: 'MXFP4', id: 39, blockValues: 32, blockBytes: 17 },
] as const satisfies readonly BlockType[];

/** How a tensor's numbers are stored in a GGUF file (ggml.h, `enum ggml_type`). */
export type GgmlType = (typeof types)[number]['name'];

export function blockType(name: GgmlType): BlockType {
  return types.find((type) => type.name === name)!;
}

export function blockTypeOfId(id: number): (BlockType & { name: GgmlType }) | undefined {
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
export function quantizeBlocks(type: GgmlType, values: Float32Array, name = 'The tensor'): Uint8Array {
  switch (type) {
    case 'F32':
      return new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
    case 'F16':
      return new Uint8Array(storedHalf(values, name).buffer);
    case 'BF16':
      return new Uint8Array(float32ToBfloat16(values).buffer);
    case 'Q8_0':
      return quantizeQ8(values, name);
    case 'Q4_0':
      return quantizeQ4Symmetric(values, name);
    case 'Q4_1':
      return quantizeQ4Asymmetric(values, name);
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
    case 'Q5_1':
      return dequantizeQ5Asymmetric(bytes);
    case 'IQ4_NL':
      return dequantizeIq4(bytes);
    case 'MXFP4':
      return dequantizeMxfp4(bytes);
    default:
      throw new FtsError(
        'invalid-input',
        `Tensors in ${type} cannot be dequantized; the file can be served as it is.`,
        {
          field: 'type',
          value: type,
          remedy: 'Evaluate and train on the original model, or on a GGUF file of another type.',
        },
      );
  }
}

/** Whether `dequantizeBlocks` knows a type. */
export function isDequantized(type: GgmlType): boolean {
  return !/^(Q2_K|Q3_K|TQ|IQ[123]|IQ4_XS)/.test(type);
}

/** A copy at the start of its own buffer, unless it is that already. */
function aligned(bytes: Uint8Array): Uint8Array {
  return bytes.byteOffset === 0 && bytes.byteLength === bytes.buffer.byteLength ? bytes : bytes.slice();
}

/** Half of a block's codes are the low nibbles, the other half the high ones: value j shares a byte with j + 16. */
export function packNibbles(codes: ArrayLike<number>, from: number, out: Uint8Array, at: number): void {
  for (let j = 0; j < 16; j++) out[at + j] = codes[from + j]! | (codes[from + j + 16]! << 4);
}

/** Bits of a scale. Throws `invalid-input` where binary16 cannot hold it. */
function halfBits(value: number, name: string): number {
  const bits = toHalfBits(value);
  if ((bits & 0x7fff) === 0x7c00) throw beyondHalf(name, value);
  return bits;
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

function quantizeQ8(values: Float32Array, name: string): Uint8Array {
  const blocks = values.length / 32;
  const out = new Uint8Array(blocks * 34);
  for (let block = 0; block < blocks; block++) {
    const from = block * 32;
    const at = block * 34;
    let largest = 0;
    for (let i = from; i < from + 32; i++) largest = Math.max(largest, Math.abs(values[i]!));
    const scale = Math.fround(largest / 127);
    const inverse = scale === 0 ? 0 : Math.fround(1 / scale);
    putHalf(out, at, halfBits(scale, name));
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

function quantizeQ4Symmetric(values: Float32Array, name: string): Uint8Array {
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
    putHalf(out, block * 18, halfBits(scale, name));
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

function quantizeQ4Asymmetric(values: Float32Array, name: string): Uint8Array {
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
    putHalf(out, block * 20, halfBits(scale, name));
    putHalf(out, block * 20 + 2, halfBits(least, name));
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

/** Q5_1: as Q5_0 with a minimum in place of a middle. */
function dequantizeQ5Asymmetric(bytes: Uint8Array): Float32Array {
  const blocks = bytes.length / 24;
  const out = new Float32Array(blocks * 32);
  for (let block = 0; block < blocks; block++) {
    const at = block * 24;
    const scale = getHalf(bytes, at);
    const least = getHalf(bytes, at + 2);
    for (let i = 0; i < 32; i++) {
      const fifth = (bytes[at + 4 + (i >> 3)]! >> (i & 7)) & 1;
      const pair = bytes[at + 8 + (i & 15)]!;
      out[block * 32 + i] = scale * ((i < 16 ? pair & 15 : pair >> 4) | (fifth << 4)) + least;
    }
  }
  return out;
}

/** The 16 levels of IQ4_NL (ggml-common.h, `kvalues_iq4nl`). */
const unevenLevels = [-127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 113];

function dequantizeIq4(bytes: Uint8Array): Float32Array {
  const blocks = bytes.length / 18;
  const out = new Float32Array(blocks * 32);
  for (let block = 0; block < blocks; block++) {
    const scale = getHalf(bytes, block * 18);
    for (let i = 0; i < 32; i++) {
      const pair = bytes[block * 18 + 2 + (i & 15)]!;
      out[block * 32 + i] = scale * unevenLevels[i < 16 ? pair & 15 : pair >> 4]!;
    }
  }
  return out;
}

/** The values of 4-bit floating point (E2M1) of the OCP microscaling formats. */
const e2m1 = [0, 0.5, 1, 1.5, 2, 3, 4, 6, -0, -0.5, -1, -1.5, -2, -3, -4, -6];

/** MXFP4: a power of two (E8M0) and 32 values of E2M1. */
function dequantizeMxfp4(bytes: Uint8Array): Float32Array {
  const blocks = bytes.length / 17;
  const out = new Float32Array(blocks * 32);
  for (let block = 0; block < blocks; block++) {
    const scale = 2 ** (bytes[block * 17]! - 127);
    for (let i = 0; i < 32; i++) {
      const pair = bytes[block * 17 + 1 + (i & 15)]!;
      out[block * 32 + i] = scale * e2m1[i < 16 ? pair & 15 : pair >> 4]!;
    }
  }
  return out;
}
