import { mkdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import type { QuantizedMatrix } from '../../model/checkpoint/quantized-matrix.ts';
import {
  float32Source,
  SafetensorsReader,
  type TensorSource,
  writeSafetensors,
} from '../../model/checkpoint/safetensors.ts';
import type { ModelParameters } from '../../model/model-parameters.ts';
import { writeFileAtomic } from '../../store/atomic-file.ts';
import { blockOf } from './block-weights.ts';
import type { QuantizedPart } from './quantized-part.ts';

const matrixHeader = z.object({
  rows: z.int(),
  columns: z.int(),
  bits: z.union([z.literal(4), z.literal(8)]),
  groupSize: z.int(),
  symmetric: z.boolean(),
});
const headerSchema = z.object({
  key: z.string(),
  matrices: z.record(z.string(), matrixHeader),
  layers: z.array(z.object({ name: z.string(), bits: z.number(), relativeError: z.number().optional() })),
});

/**
 * Finished blocks on disk, so that an interrupted quantization can resume at the next block. Each file contains a key
 * derived from the source, settings and calibration text, and is ignored if its key differs.
 */
export class LayerStore {
  readonly #folder: string;
  readonly #key: string;

  constructor(folder: string, key: string) {
    this.#folder = folder;
    this.#key = key;
  }

  /**
   * Loads a finished block and sets the model's parameters of that block accordingly; undefined if it is not stored.
   */
  async load(layer: number, model: ModelParameters): Promise<QuantizedPart | undefined> {
    let reader: SafetensorsReader;
    try {
      reader = await SafetensorsReader.open(this.#path(layer));
    } catch {
      return undefined; // missing, or truncated by a crash, so the block is quantized again
    }
    try {
      const header = headerSchema.safeParse(JSON.parse(reader.metadata.header ?? 'null'));
      if (!header.success || header.data.key !== this.#key) return undefined;
      for (const name of model.arrays.keys()) {
        if (blockOf(name) === layer) model.arrays.get(name)!.set(await reader.readFloat32(name));
      }
      const matrices = new Map<string, QuantizedMatrix>();
      for (const [name, shape] of Object.entries(header.data.matrices)) {
        matrices.set(name, {
          ...shape,
          codes: await reader.readBytes(`${name}.codes`),
          scales: await reader.readFloat32(`${name}.scales`),
          zeroPoints: await reader.readBytes(`${name}.zeroPoints`),
        });
      }
      return {
        matrices,
        layers: header.data.layers.map(({ name, bits, relativeError }) => ({
          name,
          bits,
          ...(relativeError === undefined ? {} : { relativeError }),
        })),
      };
    } finally {
      await reader.close();
    }
  }

  async save(layer: number, { matrices, layers }: QuantizedPart, model: ModelParameters): Promise<void> {
    const tensors: TensorSource[] = [];
    for (const [name, array] of model.arrays) {
      if (blockOf(name) === layer) tensors.push(float32Source(name, [array.length], array));
    }
    const shapes: Record<string, z.output<typeof matrixHeader>> = {};
    for (const [name, { codes, scales, zeroPoints, ...shape }] of matrices) {
      shapes[name] = shape;
      tensors.push(
        { name: `${name}.codes`, dtype: 'U8', shape: [codes.length], read: () => codes },
        float32Source(`${name}.scales`, [scales.length], scales),
        { name: `${name}.zeroPoints`, dtype: 'U8', shape: [zeroPoints.length], read: () => zeroPoints },
      );
    }
    const header: z.output<typeof headerSchema> = { key: this.#key, matrices: shapes, layers };
    await writeSafetensors(this.#path(layer), tensors, { header: JSON.stringify(header) });
  }

  /** Creates the folder, or empties it if it holds the blocks of another quantization. */
  async prepare(): Promise<void> {
    const keyFile = join(this.#folder, 'key');
    const before = await readFile(keyFile, 'utf8').catch(() => undefined);
    if (before === this.#key) return;
    await rm(this.#folder, { recursive: true, force: true });
    await mkdir(this.#folder, { recursive: true });
    await writeFileAtomic(keyFile, this.#key);
  }

  async remove(): Promise<void> {
    await rm(this.#folder, { recursive: true, force: true });
  }

  #path(layer: number): string {
    return join(this.#folder, `block-${layer}.safetensors`);
  }
}
