import { type FileHandle, open, readFile, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { z } from 'zod';
import { FtsError } from '../../errors/fts-error.ts';
import { parseJsonWith } from '../../errors/parse-with.ts';
import { replaceFileAtomic, writeFileAtomic } from '../../store/atomic-file.ts';
import { readExactly } from '../../store/read-exactly.ts';
import { bfloat16ToFloat32, halfToFloat32 } from './float-formats.ts';

const dtypes = ['F64', 'F32', 'F16', 'BF16', 'I64', 'U64', 'I32', 'U32', 'I16', 'U16', 'I8', 'U8', 'BOOL'] as const;
/** Types of the format that are not read: 8-bit and narrower floating point, complex numbers. */
const otherTypes = /^(F8_|F6_|F4|C64)/;
export type SafetensorsDtype = (typeof dtypes)[number];

const dtypeBytes: Record<SafetensorsDtype, number> = {
  F64: 8,
  F32: 4,
  F16: 2,
  BF16: 2,
  I64: 8,
  U64: 8,
  I32: 4,
  U32: 4,
  I16: 2,
  U16: 2,
  I8: 1,
  U8: 1,
  BOOL: 1,
};

export interface TensorInfo {
  dtype: SafetensorsDtype;
  /** Outermost dimension first. */
  shape: readonly number[];
  bytes: number;
}

interface StoredTensor extends TensorInfo {
  file: FileHandle;
  path: string;
  /** Of its first byte, from the start of the file. */
  offset: number;
}

const maximumHeaderBytes = 100_000_000; // the format's own limit

const headerSchema = z.record(
  z.string(),
  z.object({
    dtype: z.string(),
    shape: z.array(z.int().nonnegative()),
    data_offsets: z.tuple([z.int().nonnegative(), z.int().nonnegative()]),
  }),
);
const indexSchema = z.looseObject({ weight_map: z.record(z.string(), z.string()) });

/**
 * Reads tensors one at a time from a `.safetensors` file, or from all shards of a `.safetensors.index.json`. The whole
 * header is checked when it is opened (https://github.com/huggingface/safetensors#format): a truncated or altered file
 * fails there, not at some later tensor.
 */
export class SafetensorsReader {
  readonly metadata: Readonly<Record<string, string>>;
  readonly #tensors: ReadonlyMap<string, StoredTensor>;
  readonly #files: readonly FileHandle[];

  private constructor(tensors: Map<string, StoredTensor>, metadata: Record<string, string>, files: FileHandle[]) {
    this.#tensors = tensors;
    this.metadata = metadata;
    this.#files = files;
  }

  static async open(path: string): Promise<SafetensorsReader> {
    const paths = path.endsWith('.index.json') ? await shardPaths(path) : [path];
    const tensors = new Map<string, StoredTensor>();
    const files: FileHandle[] = [];
    let metadata: Record<string, string> = {};
    try {
      for (const shard of paths) {
        const file = await open(shard, 'r').catch((error: NodeJS.ErrnoException) => {
          if (shard === path || error.code !== 'ENOENT') throw error;
          throw corrupt(path, `the shard ${basename(shard)} is missing`);
        });
        files.push(file);
        const header = await readHeader(file, shard);
        metadata = { ...metadata, ...header.metadata };
        for (const [name, tensor] of header.tensors) {
          if (tensors.has(name)) throw corrupt(shard, `the tensor ${name} is in two shards`);
          tensors.set(name, tensor);
        }
      }
    } catch (error) {
      await Promise.all(files.map((file) => file.close()));
      throw error;
    }
    return new SafetensorsReader(tensors, metadata, files);
  }

  /** In the order of the file. */
  names(): string[] {
    return [...this.#tensors.keys()];
  }

  has(name: string): boolean {
    return this.#tensors.has(name);
  }

  /** Throws `corrupt` if there is no such tensor: a model whose weights are incomplete cannot be used. */
  info(name: string): TensorInfo {
    return this.#get(name);
  }

  async readBytes(name: string): Promise<Uint8Array> {
    const tensor = this.#get(name);
    const bytes = new Uint8Array(tensor.bytes);
    await readFully(tensor.file, bytes, tensor.offset, tensor.path);
    return bytes;
  }

  /** Row-major values of a floating-point tensor, converted to float32. */
  async readFloat32(name: string): Promise<Float32Array> {
    const { dtype } = this.#get(name);
    const { buffer } = await this.readBytes(name);
    switch (dtype) {
      case 'F32':
        return new Float32Array(buffer);
      case 'F16':
        return halfToFloat32(new Uint16Array(buffer));
      case 'BF16':
        return bfloat16ToFloat32(new Uint16Array(buffer));
      case 'F64':
        return Float32Array.from(new Float64Array(buffer));
      default:
        throw new FtsError('invalid-input', `The tensor ${name} holds ${dtype}, not floating-point numbers.`, {
          field: name,
          value: dtype,
          remedy: 'If the model is quantized, open it as a quantized model.',
        });
    }
  }

  async readInt32(name: string): Promise<Int32Array> {
    const { dtype } = this.#get(name);
    if (dtype !== 'I32' && dtype !== 'U32') {
      throw new FtsError('corrupt', `The tensor ${name} holds ${dtype}, where I32 is expected.`, { field: name });
    }
    return new Int32Array((await this.readBytes(name)).buffer);
  }

  async close(): Promise<void> {
    await Promise.all(this.#files.map((file) => file.close()));
  }

  #get(name: string): StoredTensor {
    const tensor = this.#tensors.get(name);
    if (tensor !== undefined) return tensor;
    throw new FtsError('corrupt', `The weights have no tensor named ${name}.`, {
      field: name,
      remedy: 'Check that config.json belongs to these weights and that no shard is missing.',
    });
  }
}

async function shardPaths(indexPath: string): Promise<string[]> {
  const index = parseJsonWith(indexSchema, await readFile(indexPath, 'utf8'), basename(indexPath));
  const names = [...new Set(Object.values(index.weight_map))].sort();
  for (const name of names) {
    if (name !== basename(name) || !name.endsWith('.safetensors')) {
      throw corrupt(indexPath, `the shard ${name} is not a file beside the index`);
    }
  }
  return names.map((name) => join(dirname(indexPath), name));
}

async function readHeader(
  file: FileHandle,
  path: string,
): Promise<{ tensors: Map<string, StoredTensor>; metadata: Record<string, string> }> {
  const { size } = await stat(path);
  if (size < 8) throw corrupt(path, 'it is shorter than its own length field');
  const lengthField = new Uint8Array(8);
  await readFully(file, lengthField, 0, path);
  const headerBytes = Number(new DataView(lengthField.buffer).getBigUint64(0, true));
  if (headerBytes > maximumHeaderBytes || headerBytes > size - 8) {
    throw corrupt(path, `it announces a header of ${headerBytes} bytes in a file of ${size}`);
  }
  const text = new Uint8Array(headerBytes);
  await readFully(file, text, 8, path);
  const { entries, metadata } = parseHeader(new TextDecoder().decode(text), path);

  const dataStart = 8 + headerBytes;
  const tensors = new Map<string, StoredTensor>();
  let expectedStart = 0;
  for (const [name, { dtype: stored, shape, data_offsets: offsets }] of entries) {
    const [start, end] = offsets;
    const dtype = dtypes.find((known) => known === stored);
    if (dtype === undefined) {
      throw otherTypes.test(stored) ? unsupportedType(name, stored) : corrupt(path, `${name} has the type ${stored}`);
    }
    const bytes = bytesOf({ dtype, shape });
    if (end - start !== bytes) throw corrupt(path, `${name} has ${end - start} bytes where its shape needs ${bytes}`);
    if (start !== expectedStart) throw corrupt(path, `${name} does not start where the tensor before it ends`);
    expectedStart = end;
    tensors.set(name, { dtype, shape, bytes, file, path, offset: dataStart + start });
  }
  if (dataStart + expectedStart !== size) {
    throw corrupt(path, `its header describes ${dataStart + expectedStart} bytes, the file has ${size}`);
  }
  return { tensors, metadata };
}

function unsupportedType(name: string, dtype: string): FtsError {
  return new FtsError('invalid-input', `The tensor ${name} is stored as ${dtype}, which this program does not read.`, {
    field: name,
    value: dtype,
    remedy: `Use the model in one of ${dtypes.join(', ')}, such as its original in BF16.`,
  });
}

function parseHeader(text: string, path: string) {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    throw corrupt(path, 'its header is not JSON');
  }
  const result = z
    .looseObject({ __metadata__: z.record(z.string(), z.string()).optional() })
    .transform(({ __metadata__: metadata = {}, ...rest }, context) => {
      const entries = headerSchema.safeParse(rest);
      if (entries.success) {
        const byOffset = Object.entries(entries.data).sort((a, b) => a[1].data_offsets[0] - b[1].data_offsets[0]);
        return { metadata, entries: byOffset };
      }
      const [issue] = entries.error.issues;
      context.addIssue({ code: 'custom', message: `${issue!.path.join('.')}: ${issue!.message}` });
      return z.NEVER;
    })
    .safeParse(json);
  if (!result.success) throw corrupt(path, result.error.issues[0]!.message);
  return result.data;
}

async function readFully(file: FileHandle, into: Uint8Array, position: number, path: string): Promise<void> {
  if (!(await readExactly(file, into, position))) throw corrupt(path, 'it ends early');
}

function corrupt(path: string, why: string): FtsError {
  return new FtsError('corrupt', `${path} is not a whole safetensors file: ${why}.`, {
    field: basename(path),
    value: path,
    remedy: 'Copy or download that file again.',
  });
}

/** A tensor to be written: its bytes are asked for when their turn comes, so that only one need be in memory. */
export interface TensorSource {
  name: string;
  dtype: SafetensorsDtype;
  shape: readonly number[];
  read(): Promise<ArrayBufferView> | ArrayBufferView;
}

/** A float32 tensor that is already in memory, as a source. */
export function float32Source(name: string, shape: readonly number[], values: Float32Array): TensorSource {
  return { name, dtype: 'F32', shape, read: () => values };
}

/** What one file holds at the most, as Hugging Face cuts them. */
const SHARD_BYTES = 5e9;

/**
 * Writes a model's weights into a folder: `model.safetensors`, or where they are larger than a shard, numbered files
 * and their index. A single tensor is never cut.
 */
export async function writeModelWeights(
  folder: string,
  tensors: readonly TensorSource[],
  shardBytes = SHARD_BYTES,
): Promise<void> {
  const shards: TensorSource[][] = [];
  let used = Number.POSITIVE_INFINITY;
  let total = 0;
  for (const tensor of tensors) {
    const bytes = bytesOf(tensor);
    if (used + bytes > shardBytes) {
      shards.push([]);
      used = 0;
    }
    shards.at(-1)!.push(tensor);
    used += bytes;
    total += bytes;
  }
  if (shards.length <= 1) return writeSafetensors(join(folder, 'model.safetensors'), tensors);
  const number = (value: number): string => String(value).padStart(5, '0');
  const weightMap: Record<string, string> = {};
  for (const [index, shard] of shards.entries()) {
    const file = `model-${number(index + 1)}-of-${number(shards.length)}.safetensors`;
    await writeSafetensors(join(folder, file), shard);
    for (const { name } of shard) weightMap[name] = file;
  }
  const index = { metadata: { total_size: total }, weight_map: weightMap };
  await writeFileAtomic(join(folder, 'model.safetensors.index.json'), `${JSON.stringify(index, null, 2)}\n`);
}

function bytesOf({ dtype, shape }: Pick<TensorInfo, 'dtype' | 'shape'>): number {
  return shape.reduce((product, side) => product * side, dtypeBytes[dtype]);
}

/** Writes one `.safetensors` file, streamed and atomically. Tensors are laid out in the order given. */
export async function writeSafetensors(
  path: string,
  tensors: readonly TensorSource[],
  metadata: Record<string, string> = { format: 'pt' },
): Promise<void> {
  const header: Record<string, unknown> = { __metadata__: metadata };
  const sizes: number[] = [];
  let offset = 0;
  for (const { name, dtype, shape } of tensors) {
    if (Object.hasOwn(header, name)) throw new FtsError('internal', `The tensor ${name} is written twice.`);
    const bytes = bytesOf({ dtype, shape });
    header[name] = { dtype, shape, data_offsets: [offset, offset + bytes] };
    sizes.push(bytes);
    offset += bytes;
  }
  const json = new TextEncoder().encode(JSON.stringify(header));
  // Padded with spaces so that the data starts on a multiple of eight, as the reference writer does.
  const headerBytes = Math.ceil(json.length / 8) * 8;
  const head = new Uint8Array(8 + headerBytes).fill(0x20);
  new DataView(head.buffer).setBigUint64(0, BigInt(headerBytes), true);
  head.set(json, 8);

  await replaceFileAtomic(path, async (file) => {
    await file.writeFile(head);
    for (const [index, tensor] of tensors.entries()) {
      const view = await tensor.read();
      if (view.byteLength !== sizes[index]) {
        throw new FtsError('internal', `${tensor.name} gave ${view.byteLength} bytes, ${sizes[index]} are described.`);
      }
      await file.writeFile(new Uint8Array(view.buffer, view.byteOffset, view.byteLength));
    }
  });
}
