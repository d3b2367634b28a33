/** A checkpoint's tensors by their Hugging Face names, whatever file they are in. */
export interface CheckpointReader {
  has(name: string): boolean;
  info(name: string): { shape: readonly number[] };
  /** Row-major values. */
  readFloat32(name: string): Promise<Float32Array>;
}
