import { FtsError, throwIfAborted } from '../../errors/fts-error.ts';
import type { Work } from '../../runtime/progress.ts';
import { replaceFileAtomic } from '../../store/atomic-file.ts';
import { blockType, type GgmlType, tensorBytes } from './block-types.ts';
import {
  alignUp,
  defaultAlignment,
  type GgufMetadata,
  type GgufScalarType,
  type GgufValue,
  ggufMagic,
  ggufTypes,
  ggufVersion,
} from './gguf-value.ts';

/** A tensor to be written; its bytes are asked for when their turn comes. */
export interface GgufTensorSource {
  name: string;
  type: GgmlType;
  /** Outermost dimension first (the file has them the other way round). */
  shape: readonly number[];
  read(): Promise<Uint8Array> | Uint8Array;
}

/** Writes a GGUF file (version 3), streamed and atomically. Resolves to its size in bytes. */
export async function writeGguf(
  path: string,
  metadata: GgufMetadata,
  tensors: readonly GgufTensorSource[],
  work?: Work,
): Promise<number> {
  const head = new ByteSink();
  head.number('uint32', ggufMagic);
  head.number('uint32', ggufVersion);
  head.bigint('uint64', BigInt(tensors.length));
  head.bigint('uint64', BigInt(metadata.size));
  for (const [key, value] of metadata) {
    head.string(key);
    head.number('uint32', ggufTypes.indexOf(value.type));
    putValue(head, value);
  }
  let offset = 0;
  for (const { name, type, shape } of tensors) {
    const stored = blockType(type);
    if ((shape.at(-1) ?? 1) % stored.blockValues !== 0) {
      throw new FtsError('internal', `${name}: rows of ${shape.at(-1)} are not whole blocks of ${type}.`);
    }
    head.string(name);
    head.number('uint32', shape.length);
    for (const side of [...shape].reverse()) head.bigint('uint64', BigInt(side));
    head.number('uint32', stored.id);
    head.bigint('uint64', BigInt(offset));
    offset = alignUp(offset + tensorBytes(stored, shape), defaultAlignment);
  }
  head.align(defaultAlignment);
  const headBytes = head.bytes();

  await replaceFileAtomic(path, async (file) => {
    await file.writeFile(headBytes);
    let written = 0;
    for (const tensor of tensors) {
      throwIfAborted(work?.signal);
      const bytes = await tensor.read();
      const expected = tensorBytes(blockType(tensor.type), tensor.shape);
      if (bytes.length !== expected) {
        throw new FtsError('internal', `${tensor.name} gave ${bytes.length} bytes, ${expected} are described.`);
      }
      await file.writeFile(bytes);
      await file.writeFile(new Uint8Array(alignUp(expected, defaultAlignment) - expected));
      written += alignUp(expected, defaultAlignment);
      work?.report({ stage: 'write GGUF', done: written, total: offset, unit: 'bytes' });
    }
  });
  return headBytes.length + offset;
}

function putValue(sink: ByteSink, value: GgufValue): void {
  if (value.type !== 'array') {
    putScalar(sink, value.type, value.value);
    return;
  }
  sink.number('uint32', ggufTypes.indexOf(value.of));
  sink.bigint('uint64', BigInt(value.values.length));
  for (const element of value.values) putScalar(sink, value.of, element);
}

function putScalar(sink: ByteSink, type: GgufScalarType, value: number | bigint | boolean | string): void {
  if (type === 'string') sink.string(String(value));
  else if (type === 'bool') sink.number('uint8', value ? 1 : 0);
  else if (type === 'uint64' || type === 'int64') sink.bigint(type, BigInt(value));
  else sink.number(type, Number(value));
}

/** Little-endian bytes that grow. */
class ByteSink {
  #buffer = new Uint8Array(1 << 16);
  #view = new DataView(this.#buffer.buffer);
  #length = 0;

  number(type: Exclude<GgufScalarType, 'uint64' | 'int64' | 'bool' | 'string'>, value: number): void {
    this.#reserve(8);
    const at = this.#length;
    switch (type) {
      case 'uint8':
        this.#view.setUint8(at, value);
        this.#length += 1;
        break;
      case 'int8':
        this.#view.setInt8(at, value);
        this.#length += 1;
        break;
      case 'uint16':
        this.#view.setUint16(at, value, true);
        this.#length += 2;
        break;
      case 'int16':
        this.#view.setInt16(at, value, true);
        this.#length += 2;
        break;
      case 'uint32':
        this.#view.setUint32(at, value, true);
        this.#length += 4;
        break;
      case 'int32':
        this.#view.setInt32(at, value, true);
        this.#length += 4;
        break;
      case 'float32':
        this.#view.setFloat32(at, value, true);
        this.#length += 4;
        break;
      case 'float64':
        this.#view.setFloat64(at, value, true);
        this.#length += 8;
        break;
    }
  }

  bigint(type: 'uint64' | 'int64', value: bigint): void {
    this.#reserve(8);
    if (type === 'uint64') this.#view.setBigUint64(this.#length, value, true);
    else this.#view.setBigInt64(this.#length, value, true);
    this.#length += 8;
  }

  string(value: string): void {
    const bytes = new TextEncoder().encode(value);
    this.bigint('uint64', BigInt(bytes.length));
    this.#reserve(bytes.length);
    this.#buffer.set(bytes, this.#length);
    this.#length += bytes.length;
  }

  align(alignment: number): void {
    const aligned = alignUp(this.#length, alignment);
    this.#reserve(aligned - this.#length);
    this.#length = aligned;
  }

  bytes(): Uint8Array {
    return this.#buffer.subarray(0, this.#length);
  }

  #reserve(more: number): void {
    if (this.#length + more <= this.#buffer.length) return;
    const larger = new Uint8Array(2 * (this.#length + more));
    larger.set(this.#buffer.subarray(0, this.#length));
    this.#buffer = larger;
    this.#view = new DataView(larger.buffer);
  }
}
