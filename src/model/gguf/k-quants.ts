import { fromHalfBits } from '../checkpoint/float-formats.ts';

/** The K types gather eight (Q4_K, Q5_K) or sixteen (Q6_K) small groups, with quantized scales, in one block of 256. */
const blockValues = 256;

function half(bytes: Uint8Array, at: number): number {
  return fromHalfBits(bytes[at]! | (bytes[at + 1]! << 8));
}

/** Scale and minimum (6 bits each) of group `j` of 8, from the 12 bytes at `at`: the upper four are split. */
function scaleAndMinimum(bytes: Uint8Array, at: number, j: number): [scale: number, minimum: number] {
  if (j < 4) return [bytes[at + j]! & 63, bytes[at + j + 4]! & 63];
  const low = bytes[at + j + 4]!;
  return [(low & 15) | ((bytes[at + j - 4]! >> 6) << 4), (low >> 4) | ((bytes[at + j]! >> 6) << 4)];
}

/** d, dmin (half), 12 bytes of scales and minima, 128 bytes of nibbles: y = d·scale·q − dmin·minimum. */
export function dequantizeQ4K(bytes: Uint8Array): Float32Array {
  return dequantizeScaledGroups(bytes, 144, (at, group, i) => nibble(bytes, at + 16, group, i));
}

/** As Q4_K, with 32 bytes of fifth bits (bit `group` of byte i) before the nibbles. */
export function dequantizeQ5K(bytes: Uint8Array): Float32Array {
  return dequantizeScaledGroups(
    bytes,
    176,
    (at, group, i) => nibble(bytes, at + 48, group, i) | (((bytes[at + 16 + i]! >> group) & 1) << 4),
  );
}

/** Groups 2k and 2k+1 share 32 bytes: the even one has the low nibbles. */
function nibble(bytes: Uint8Array, at: number, group: number, i: number): number {
  const pair = bytes[at + (group >> 1) * 32 + i]!;
  return group & 1 ? pair >> 4 : pair & 15;
}

function dequantizeScaledGroups(
  bytes: Uint8Array,
  blockBytes: number,
  code: (at: number, group: number, i: number) => number,
): Float32Array {
  const blocks = bytes.length / blockBytes;
  const out = new Float32Array(blocks * blockValues);
  for (let block = 0; block < blocks; block++) {
    const at = block * blockBytes;
    const scaleStep = half(bytes, at);
    const minimumStep = half(bytes, at + 2);
    for (let group = 0; group < 8; group++) {
      const [scale, minimum] = scaleAndMinimum(bytes, at + 4, group);
      const step = Math.fround(scaleStep * scale);
      const offset = Math.fround(minimumStep * minimum);
      for (let i = 0; i < 32; i++) {
        out[block * blockValues + group * 32 + i] = Math.fround(step * code(at, group, i)) - offset;
      }
    }
  }
  return out;
}

/** 128 bytes of low nibbles, 64 of upper bit pairs, 16 signed scales, d (half): y = d·scale·(q − 32). */
export function dequantizeQ6K(bytes: Uint8Array): Float32Array {
  const blocks = bytes.length / 210;
  const out = new Float32Array(blocks * blockValues);
  for (let block = 0; block < blocks; block++) {
    const at = block * 210;
    const step = half(bytes, at + 208);
    for (let i = 0; i < blockValues; i++) {
      // Halves of 128; within each, four runs of 32 that take low or high nibbles of 64 bytes.
      const [part, run, lane] = [i >> 7, (i >> 5) & 3, i & 31];
      const low = bytes[at + part * 64 + (run & 1) * 32 + lane]!;
      const high = bytes[at + 128 + part * 32 + lane]!;
      const code = (run < 2 ? low & 15 : low >> 4) | (((high >> (2 * run)) & 3) << 4);
      const scale = (bytes[at + 192 + part * 8 + run * 2 + (lane >> 4)]! << 24) >> 24;
      out[block * blockValues + i] = Math.fround(step * scale) * (code - 32);
    }
  }
  return out;
}
