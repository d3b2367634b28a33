import { type FileHandle, open } from 'node:fs/promises';
import { basename } from 'node:path';
import { FtsError } from '../../errors/fts-error.ts';
import { readExactly } from '../../store/read-exactly.ts';
import { blockType, blockTypeOfId, dequantizeBlocks, type GgmlType, tensorBytes } from './block-types.ts';
import {
  alignUp,
  defaultAlignment,
  type GgufMetadata,
  type GgufScalarType,
  type GgufValue,
  ggufMagic,
  ggufTypes,
} from './gguf-value.ts';

export interface GgufTensorInfo {
  name: string;
  type: GgmlType;
  /** Outermost dimension first. */
  shape: readonly number[];
  bytes: number;
}

const partValues = 1 << 20;

interface StoredTensor extends GgufTensorInfo {
  offset: number;
}

/** Reads a GGUF file: metadata at once, tensors on demand. A truncated or altered file fails when it is opened. */
export class GgufReader {
  readonly path: string;
  readonly metadata: GgufMetadata;
  readonly #tensors: ReadonlyMap<string, StoredTensor>;
  readonly #file: FileHandle;

  private constructor(path: string, file: FileHandle, metadata: GgufMetadata, tensors: Map<string, StoredTensor>) {
    this.path = path;
    this.#file = file;
    this.metadata = metadata;
    this.#tensors = tensors;
  }

  static async open(path: string): Promise<GgufReader> {
    const file = await open(path, 'r');
    try {
      const { size } = await file.stat();
      const { metadata, tensors } = await readHead(file, path, size);
      return new GgufReader(path, file, metadata, tensors);
    } catch (error) {
      await file.close();
      throw error;
    }
  }

  tensors(): GgufTensorInfo[] {
    return [...this.#tensors.values()];
  }

  has(name: string): boolean {
    return this.#tensors.has(name);
  }

  async readBytes(name: string): Promise<Uint8Array> {
    const tensor = this.#tensors.get(name);
    if (tensor === undefined) {
      throw new FtsError('corrupt', `${this.path} has no tensor named ${name}.`, { field: name, value: this.path });
    }
    return readAt(this.#file, tensor.offset, tensor.bytes, this.path);
  }

  /** Row-major values, dequantized where the tensor is quantized. */
  async readFloat32(name: string): Promise<Float32Array> {
    const bytes = await this.readBytes(name);
    return dequantizeBlocks(this.#tensors.get(name)!.type, bytes);
  }

  /** The values of a tensor in their order, a part at a time: a whole one may be larger than memory. */
  async *readParts(name: string): AsyncIterable<Float32Array> {
    const { type, offset, bytes } = this.#tensors.get(name)!;
    const { blockBytes, blockValues } = blockType(type);
    const step = Math.max(1, Math.floor(partValues / blockValues)) * blockBytes;
    for (let at = 0; at < bytes; at += step) {
      const part = await readAt(this.#file, offset + at, Math.min(step, bytes - at), this.path);
      yield dequantizeBlocks(type, part);
    }
  }

  close(): Promise<void> {
    return this.#file.close();
  }
}

async function readHead(
  file: FileHandle,
  path: string,
  size: number,
): Promise<{ metadata: GgufMetadata; tensors: Map<string, StoredTensor> }> {
  // The head has no length of its own: read more of the file until it parses.
  for (let bytes = Math.min(size, 1 << 20); ; bytes = Math.min(size, bytes * 4)) {
    const head = new HeadParser(await readAt(file, 0, bytes, path), path, size);
    try {
      return head.parse();
    } catch (error) {
      if (!(error instanceof HeadEndsEarly)) throw error;
      if (bytes === size) throw corrupt(path, 'it ends within its metadata');
    }
  }
}

class HeadEndsEarly extends Error {}

class HeadParser {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  readonly #path: string;
  readonly #fileBytes: number;
  #at = 0;

  constructor(bytes: Uint8Array, path: string, fileBytes: number) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#path = path;
    this.#fileBytes = fileBytes;
  }

  parse(): { metadata: GgufMetadata; tensors: Map<string, StoredTensor> } {
    if (this.#number('uint32') !== ggufMagic) throw corrupt(this.#path, 'it does not begin with "GGUF"');
    const version = this.#number('uint32');
    if (version !== 2 && version !== 3) throw corrupt(this.#path, `its version is ${version}, not 2 or 3`);
    const tensorCount = this.#count(24);
    const valueCount = this.#count(13);
    const metadata = new Map<string, GgufValue>();
    for (let i = 0; i < valueCount; i++) {
      const key = this.#string();
      metadata.set(key, this.#value());
    }
    return { metadata, tensors: this.#tensorInfos(tensorCount, metadata) };
  }

  #tensorInfos(count: number, metadata: GgufMetadata): Map<string, StoredTensor> {
    const infos = Array.from({ length: count }, () => {
      const name = this.#string();
      const dimensions = this.#number('uint32');
      if (dimensions > 4) throw corrupt(this.#path, `${name} has ${dimensions} dimensions`);
      const shape = Array.from({ length: dimensions }, () => Number(this.#bigint('uint64'))).reverse();
      const id = this.#number('uint32');
      const type = blockTypeOfId(id);
      if (type === undefined) {
        throw new FtsError('invalid-input', `${name} is stored in ggml type ${id}, which is not supported.`, {
          field: name,
          value: id,
          remedy: 'Use a file in one of the types of llama.cpp, such as F16, Q8_0 or Q4_K.',
        });
      }
      if ((shape.at(-1) ?? 1) % type.blockValues !== 0) {
        throw corrupt(this.#path, `rows of ${name} are not whole blocks of ${type.name}`);
      }
      return { name, type: type.name, shape, bytes: tensorBytes(type, shape), offset: Number(this.#bigint('uint64')) };
    });
    const alignment = metadata.get('general.alignment');
    const step = alignment?.type === 'uint32' ? alignment.value : defaultAlignment;
    if (step < 1 || !Number.isInteger(Math.log2(step))) throw corrupt(this.#path, `its alignment is ${step}`);
    const dataStart = alignUp(this.#at, step);
    const tensors = new Map<string, StoredTensor>();
    for (const info of infos) {
      const offset = dataStart + info.offset;
      if (!Number.isSafeInteger(info.bytes) || offset + info.bytes > this.#fileBytes) {
        throw corrupt(this.#path, `it ends before the tensor ${info.name} does`);
      }
      if (tensors.has(info.name)) throw corrupt(this.#path, `the tensor ${info.name} occurs twice`);
      tensors.set(info.name, { ...info, offset });
    }
    return tensors;
  }

  #value(): GgufValue {
    const type = this.#type();
    if (type !== 'array') return { type, value: this.#scalar(type) } as GgufValue;
    const of = this.#type();
    if (of === 'array') throw corrupt(this.#path, 'its metadata has an array of arrays');
    const length = this.#count(1);
    const values: (number | bigint | boolean | string)[] = [];
    for (let i = 0; i < length; i++) values.push(this.#scalar(of));
    return { type, of, values };
  }

  #type(): GgufScalarType | 'array' {
    const id = this.#number('uint32');
    const type = ggufTypes[id];
    if (type === undefined) throw corrupt(this.#path, `its metadata has a value of unknown type ${id}`);
    return type;
  }

  #scalar(type: GgufScalarType): number | bigint | boolean | string {
    if (type === 'string') return this.#string();
    if (type === 'bool') return this.#number('uint8') !== 0;
    if (type === 'uint64' || type === 'int64') return this.#bigint(type);
    return this.#number(type);
  }

  #number(type: Exclude<GgufScalarType, 'uint64' | 'int64' | 'bool' | 'string'>): number {
    switch (type) {
      case 'uint8':
        return this.#view.getUint8(this.#take(1));
      case 'int8':
        return this.#view.getInt8(this.#take(1));
      case 'uint16':
        return this.#view.getUint16(this.#take(2), true);
      case 'int16':
        return this.#view.getInt16(this.#take(2), true);
      case 'uint32':
        return this.#view.getUint32(this.#take(4), true);
      case 'int32':
        return this.#view.getInt32(this.#take(4), true);
      case 'float32':
        return this.#view.getFloat32(this.#take(4), true);
      case 'float64':
        return this.#view.getFloat64(this.#take(8), true);
    }
  }

  #bigint(type: 'uint64' | 'int64'): bigint {
    const at = this.#take(8);
    return type === 'uint64' ? this.#view.getBigUint64(at, true) : this.#view.getBigInt64(at, true);
  }

  #string(): string {
    const length = this.#count(1);
    const at = this.#take(length);
    return new TextDecoder().decode(this.#bytes.subarray(at, at + length));
  }

  /** A count of things that take at least so many bytes each: no file can hold more than its size allows. */
  #count(leastBytes: number): number {
    const count = Number(this.#bigint('uint64'));
    if (count * leastBytes > this.#fileBytes) throw corrupt(this.#path, `it announces ${count} entries`);
    return count;
  }

  #take(bytes: number): number {
    const at = this.#at;
    if (at + bytes > this.#bytes.length) throw new HeadEndsEarly();
    this.#at += bytes;
    return at;
  }
}

async function readAt(file: FileHandle, position: number, length: number, path: string): Promise<Uint8Array> {
  const bytes = new Uint8Array(length);
  if (!(await readExactly(file, bytes, position))) throw corrupt(path, 'it ends early');
  return bytes;
}

function corrupt(path: string, why: string): FtsError {
  return new FtsError('corrupt', `${path} is not a whole GGUF file: ${why}.`, {
    field: basename(path),
    value: path,
    remedy: 'Copy or download that file again.',
  });
}
