import type { ParameterSource } from '../architectures/parameter.ts';

/** A checkpoint's tensors by their Hugging Face names, whatever file they are in. */
export interface CheckpointReader {
  has(name: string): boolean;
  info(name: string): { shape: readonly number[] };
  /** Row-major values. */
  readFloat32(name: string): Promise<Float32Array>;
}

/** A checkpoint that can list what it holds. */
export interface WeightReader extends CheckpointReader {
  names(): string[];
}

/** The name that a checkpoint uses for a tensor. */
export function checkpointName(
  weights: Pick<CheckpointReader, 'has'>,
  { tensor, writtenAs }: Pick<ParameterSource, 'tensor' | 'writtenAs'>,
): string {
  return writtenAs !== undefined && !weights.has(tensor) && weights.has(writtenAs) ? writtenAs : tensor;
}
