/** A typed metadata value of a GGUF file (https://github.com/ggml-org/ggml/blob/master/docs/gguf.md). */
export type GgufValue =
  | { type: GgufNumberType; value: number }
  | { type: 'uint64' | 'int64'; value: bigint }
  | { type: 'bool'; value: boolean }
  | { type: 'string'; value: string }
  | { type: 'array'; of: GgufScalarType; values: readonly (number | bigint | boolean | string)[] };

export type GgufNumberType = 'uint8' | 'int8' | 'uint16' | 'int16' | 'uint32' | 'int32' | 'float32' | 'float64';
export type GgufScalarType = GgufNumberType | 'uint64' | 'int64' | 'bool' | 'string';

/** In the order of their numbers in the file. */
export const ggufTypes: readonly (GgufScalarType | 'array')[] = [
  'uint8',
  'int8',
  'uint16',
  'int16',
  'uint32',
  'int32',
  'float32',
  'bool',
  'string',
  'array',
  'uint64',
  'int64',
  'float64',
];

export type GgufMetadata = ReadonlyMap<string, GgufValue>;

export const ggufMagic = 0x46554747; // "GGUF", little-endian
export const ggufVersion = 3;
export const defaultAlignment = 32;

export const uint32 = (value: number): GgufValue => ({ type: 'uint32', value });
export const float32 = (value: number): GgufValue => ({ type: 'float32', value });
export const string = (value: string): GgufValue => ({ type: 'string', value });
export const bool = (value: boolean): GgufValue => ({ type: 'bool', value });

/** The next multiple of the alignment. */
export function alignUp(offset: number, alignment: number): number {
  return Math.ceil(offset / alignment) * alignment;
}
