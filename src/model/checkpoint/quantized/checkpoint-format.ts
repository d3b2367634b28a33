import { z } from 'zod';
import { FtsError } from '../../../errors/fts-error.ts';
import type { QuantizedMatrix } from '../quantized-matrix.ts';
import type { SafetensorsReader, TensorSource } from '../safetensors.ts';

export type CheckpointFormatName = 'gptq' | 'awq' | 'compressed-tensors';

/** What `quantization_config` says of one module. */
export interface ModuleScheme {
  bits: 4 | 8;
  /** Columns that share a scale; undefined is a scale per output. */
  groupSize: number | undefined;
  symmetric: boolean;
}

/** What is said of a whole model, for `quantization_config`. */
export interface SchemeSummary extends ModuleScheme {
  /** Modules with other bits than the rest. */
  exceptions: ReadonlyMap<string, 4 | 8>;
  /** Linear modules that are not quantized. */
  unquantized: readonly string[];
  /** Token embedding and output layer where they are packed too. */
  tables: ReadonlyMap<'embedding' | 'output', ModuleScheme & { module: string }>;
  damping?: number;
}

/** A module of a checkpoint: a name without `.weight`. */
export interface QuantizedModule {
  name: string;
  isEmbedding: boolean;
}

/** A layout of quantized linear layers in a safetensors file. A module is a name without `.weight`. */
export interface CheckpointFormat {
  name: CheckpointFormatName;
  /** Throws `invalid-input` where the format cannot say it. */
  tensors(module: string, matrix: QuantizedMatrix): TensorSource[];
  quantizationConfig(summary: SchemeSummary): object;
  /** Suffix of the tensor that marks a module as quantized. */
  marker: string;
  /** Suffixes of all tensors that `read` takes of a module. */
  parts: readonly string[];
  /** Outputs and inputs of a module, without reading its numbers. */
  shape(
    module: QuantizedModule,
    weights: SafetensorsReader,
    config: Record<string, unknown>,
  ): [rows: number, columns: number];
  read(module: QuantizedModule, weights: SafetensorsReader, config: Record<string, unknown>): Promise<QuantizedMatrix>;
}

export const groupSizeSchema = z.union([z.literal(-1), z.int().positive()]);

/**
 * The group of each column where a file names it; undefined where groups are consecutive. Throws `corrupt` for a group
 * that there is not.
 */
export async function groupOfColumn(
  weights: SafetensorsReader,
  name: string,
  { columns, groupSize }: { columns: number; groupSize: number },
): Promise<Int32Array | undefined> {
  if (!weights.has(name)) return undefined;
  requireShape(weights, name, [columns]);
  const groups = await weights.readInt32(name);
  if (groups.every((group, column) => group === Math.floor(column / groupSize))) return undefined;
  if (groups.every((group) => group >= 0 && group < columns / groupSize)) return groups;
  throw new FtsError('corrupt', `${name} names a group that the module does not have.`, {
    field: name,
    remedy: 'Copy or download the weights again.',
  });
}

/** Throws unless the outputs fill whole words. */
export function requireWholeWords(module: string, outputs: number, bits: number): void {
  const perWord = 32 / bits;
  if (outputs % perWord === 0) return;
  throw new FtsError('invalid-input', `${module} has ${outputs} outputs, which do not fill whole 32-bit words.`, {
    field: module,
    value: outputs,
    remedy: `Use a width that is a multiple of ${perWord}, or keep that module unquantized.`,
  });
}

/** Throws `corrupt` unless a tensor has the shape that the others imply. */
export function requireShape(weights: SafetensorsReader, name: string, shape: readonly number[]): void {
  const found = weights.info(name).shape;
  if (found.length === shape.length && found.every((side, axis) => side === shape[axis])) return;
  throw new FtsError('corrupt', `${name} has shape [${found}], not [${shape}].`, {
    field: name,
    value: found,
    remedy: 'Copy or download the weights again.',
  });
}
