import { FtsError } from '../../errors/fts-error.ts';
import { toHalfBits } from '../checkpoint/float-formats.ts';
import type { QuantizedMatrix } from '../checkpoint/quantized-matrix.ts';
import { type GgmlType, packNibbles } from './block-types.ts';

/**
 * The GGUF type that holds a quantized matrix. Symmetric ones map exactly: Q4_0 is d · (code − 8), Q8_0 is
 * d · (code − 128), and a group of any multiple of 32 becomes several blocks with the same scale. Asymmetric 4-bit ones
 * become Q4_1, d · code + m, whose m = −scale · zero point is rounded to binary16.
 */
export function typeOfMatrix({ bits, symmetric, groupSize }: QuantizedMatrix): GgmlType {
  if (groupSize % 32 === 0) {
    if (symmetric) return bits === 4 ? 'Q4_0' : 'Q8_0';
    if (bits === 4) return 'Q4_1';
  }
  return 'F16';
}

/** The bytes of a quantized matrix in one of the types of `typeOfMatrix`. */
export function packMatrix(matrix: QuantizedMatrix, type: GgmlType): Uint8Array {
  const { codes, groupSize } = matrix;
  const blocks = codes.length / 32;
  const blocksPerGroup = groupSize / 32;
  const headerBytes = type === 'Q4_1' ? 4 : 2;
  const blockBytes = headerBytes + (type === 'Q8_0' ? 32 : 16);
  if (!Number.isInteger(blocksPerGroup) || (type !== 'Q4_0' && type !== 'Q4_1' && type !== 'Q8_0')) {
    throw new FtsError('internal', `A matrix with groups of ${groupSize} cannot be packed as ${type}.`);
  }
  const out = new Uint8Array(blocks * blockBytes);
  for (let block = 0; block < blocks; block++) {
    const group = Math.floor(block / blocksPerGroup);
    const at = block * blockBytes;
    const scale = matrix.scales[group]!;
    putHalf(out, at, scale);
    if (type === 'Q4_1') putHalf(out, at + 2, -scale * matrix.zeroPoints[group]!);
    if (type === 'Q8_0') {
      for (let i = 0; i < 32; i++) out[at + 2 + i] = codes[block * 32 + i]! - 128;
    } else {
      packNibbles(codes, block * 32, out, at + headerBytes);
    }
  }
  return out;
}

function putHalf(out: Uint8Array, at: number, value: number): void {
  const bits = toHalfBits(value);
  out[at] = bits & 0xff;
  out[at + 1] = bits >> 8;
}
