import { FtsError } from '../../errors/fts-error.ts';

const scratchFloat = new Float32Array(1);
const scratchBits = new Uint32Array(scratchFloat.buffer);

/** One number to IEEE binary16 bits, rounded to nearest even; overflow becomes infinity. */
export function toHalfBits(value: number): number {
  scratchFloat[0] = value;
  return halfFromBits(scratchBits[0]!);
}

function halfFromBits(bits: number): number {
  const sign = (bits >>> 16) & 0x8000;
  const magnitude = bits & 0x7fffffff;
  if (magnitude >= 0x7f800000) return sign | (magnitude > 0x7f800000 ? 0x7e00 : 0x7c00);
  if (magnitude >= 0x477ff000) return sign | 0x7c00; // 65520 and more
  if (magnitude >= 0x38800000) {
    const rebiased = magnitude - 0x38000000;
    return sign | ((rebiased + 0xfff + ((rebiased >>> 13) & 1)) >>> 13);
  }
  if (magnitude <= 0x33000000) return sign; // 2^-25 ties to even zero
  const shift = 126 - (magnitude >>> 23);
  const mantissa = (magnitude & 0x7fffff) | 0x800000;
  const kept = mantissa >>> shift;
  const rest = mantissa & ((1 << shift) - 1);
  const half = 1 << (shift - 1);
  return sign | (rest > half || (rest === half && (kept & 1) === 1) ? kept + 1 : kept);
}

let halfTable: Float32Array | undefined;

/** All 65,536 binary16 values as float32, indexed by their bits. */
function halfValues(): Float32Array {
  if (halfTable !== undefined) return halfTable;
  const table = new Float32Array(65536);
  for (let bits = 0; bits < 65536; bits++) {
    const sign = bits & 0x8000 ? -1 : 1;
    const exponent = (bits >>> 10) & 0x1f;
    const fraction = bits & 0x3ff;
    if (exponent === 0) table[bits] = sign * fraction * 2 ** -24;
    else if (exponent === 31) table[bits] = fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
    else table[bits] = sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
  }
  halfTable = table;
  return table;
}

/** Binary16 bits as a number. */
export function fromHalfBits(bits: number): number {
  return halfValues()[bits]!;
}

/** A number as its nearest binary16 value. */
export function roundToHalf(value: number): number {
  return fromHalfBits(toHalfBits(value));
}

/** Binary16 bits to float32, element by element. */
export function halfToFloat32(bits: Uint16Array): Float32Array {
  const table = halfValues();
  const out = new Float32Array(bits.length);
  for (let i = 0; i < bits.length; i++) out[i] = table[bits[i]!]!;
  return out;
}

/** Float32 to binary16 bits, rounded to nearest even. */
export function float32ToHalf(values: Float32Array): Uint16Array {
  const source = bitsOf(values);
  const out = new Uint16Array(values.length);
  for (let i = 0; i < out.length; i++) out[i] = halfFromBits(source[i]!);
  return out;
}

/** The same for what is stored in a file. Throws `invalid-input` naming a number that binary16 cannot hold. */
export function storedHalf(values: Float32Array, name: string): Uint16Array {
  const out = float32ToHalf(values);
  for (let i = 0; i < out.length; i++) {
    if ((out[i]! & 0x7fff) === 0x7c00 && Number.isFinite(values[i])) throw beyondHalf(name, values[i]!);
  }
  return out;
}

export function beyondHalf(name: string, value: number): FtsError {
  return new FtsError('invalid-input', `${name} has the number ${value}, which 16-bit floating point cannot hold.`, {
    field: name,
    value,
    remedy: 'Store the model in bfloat16 or float32; it has no form in binary16.',
  });
}

/** Bfloat16 bits to float32: exact, the upper half of the same number. */
export function bfloat16ToFloat32(bits: Uint16Array): Float32Array {
  const out = new Uint32Array(bits.length);
  for (let i = 0; i < bits.length; i++) out[i] = bits[i]! << 16;
  return new Float32Array(out.buffer);
}

/** Float32 to bfloat16 bits, rounded to nearest even; NaN stays NaN. */
export function float32ToBfloat16(values: Float32Array): Uint16Array {
  const source = bitsOf(values);
  const out = new Uint16Array(values.length);
  for (let i = 0; i < out.length; i++) {
    const bits = source[i]!;
    out[i] = (bits & 0x7fffffff) > 0x7f800000 ? (bits >>> 16) | 0x40 : (bits + 0x7fff + ((bits >>> 16) & 1)) >>> 16;
  }
  return out;
}

function bitsOf(values: Float32Array): Uint32Array {
  return new Uint32Array(values.buffer, values.byteOffset, values.length);
}
