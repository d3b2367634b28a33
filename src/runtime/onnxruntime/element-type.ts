/** Element types that our graphs use, with ONNX's `TensorProto.DataType` number and the bits of one element. */
export const ELEMENT_TYPES = {
  float32: { onnx: 1, bits: 32 },
  uint8: { onnx: 2, bits: 8 },
  int8: { onnx: 3, bits: 8 },
  int32: { onnx: 6, bits: 32 },
  int64: { onnx: 7, bits: 64 },
  bool: { onnx: 9, bits: 8 },
  float64: { onnx: 11, bits: 64 },
  int4: { onnx: 22, bits: 4 },
} as const;

export type ElementType = keyof typeof ELEMENT_TYPES;

/** An array that native code can read and write in place. */
export type TensorData = Float32Array | Float64Array | Uint8Array | Int8Array | Int32Array | BigInt64Array;

/** Bytes that a tensor of this type and number of elements takes. */
export function byteLengthOf(type: ElementType, elements: number): number {
  return Math.ceil((elements * ELEMENT_TYPES[type].bits) / 8);
}
