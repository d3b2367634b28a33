import { closeSync, openSync, writeSync } from 'node:fs';
import { mulberry32Words } from '../../src/random/mulberry32.ts';

/** The shape of a Llama model whose weights are random: as fast as a real one, and as large. */
export interface RandomModelShape {
  width: number;
  layers: number;
  heads: number;
  kvHeads: number;
  ffnWidth: number;
  vocabSize: number;
  contextLength?: number;
  seed?: number;
  chatTemplate?: string;
  /** Base of the rotary positions. */
  ropeBase?: number;
}

export const TINY: RandomModelShape = { width: 128, layers: 2, heads: 4, kvHeads: 2, ffnWidth: 256, vocabSize: 512 };
export const M100: RandomModelShape = {
  width: 768,
  layers: 12,
  heads: 12,
  kvHeads: 4,
  ffnWidth: 2048,
  vocabSize: 32_000,
};
export const B1: RandomModelShape = {
  width: 2048,
  layers: 16,
  heads: 32,
  kvHeads: 8,
  ffnWidth: 8192,
  vocabSize: 32_000,
};

const TYPE = { u32: 4, f32: 6, string: 8, array: 9 } as const;
export const Q4_0 = { id: 2, blockBytes: 18, blockValues: 32 };

export interface Tensor {
  name: string;
  dimensions: number[];
  type: number;
  bytes: number;
  fill(buffer: Buffer): void;
}

/**
 * Writes a GGUF of Q4_0 weights with a byte vocabulary; the same seed gives the same file. `replace` may give a tensor
 * other contents of the same size.
 */
export function writeRandomGguf(
  path: string,
  shape: RandomModelShape,
  replace: (tensor: Tensor) => Tensor['fill'] | undefined = () => undefined,
): void {
  const tensors = tensorsOf(shape, mulberry32Words(shape.seed ?? 1));
  writeGguf(
    path,
    tensors.map((tensor) => ({ ...tensor, fill: replace(tensor) ?? tensor.fill })),
    metadataOf(shape),
  );
}

function writeGguf(path: string, tensors: readonly Tensor[], metadata: readonly Buffer[]): void {
  let offset = 0;
  const table = tensors.map((tensor) => {
    const entry = Buffer.concat([
      text(tensor.name),
      u32(tensor.dimensions.length),
      ...tensor.dimensions.map(u64),
      u32(tensor.type),
      u64(offset),
    ]);
    offset += align(tensor.bytes);
    return entry;
  });
  const head = Buffer.concat([
    Buffer.from('GGUF'),
    u32(3),
    u64(tensors.length),
    u64(metadata.length),
    ...metadata,
    ...table,
  ]);
  const file = openSync(path, 'w');
  try {
    writeSync(file, Buffer.concat([head, Buffer.alloc(align(head.length) - head.length)]));
    for (const tensor of tensors) {
      const buffer = Buffer.alloc(align(tensor.bytes));
      tensor.fill(buffer);
      writeSync(file, buffer);
    }
  } finally {
    closeSync(file);
  }
}

/** Writes a LoRA adapter of rank 4 over every down projection, large enough to change what the model says. */
export function writeRandomLora(path: string, shape: RandomModelShape): void {
  const next = mulberry32Words(shape.seed ?? 9);
  const rank = 4;
  const factor = (name: string, columns: number, rows: number): Tensor => ({
    name,
    dimensions: [columns, rows],
    type: 0,
    bytes: columns * rows * 4,
    fill: (buffer) => {
      for (let i = 0; i < columns * rows; i++) buffer.writeFloatLE((next() / 2 ** 32 - 0.5) * 2, i * 4);
    },
  });
  const tensors = Array.from({ length: shape.layers }, (_, layer) => [
    factor(`blk.${layer}.ffn_down.weight.lora_a`, shape.ffnWidth, rank),
    factor(`blk.${layer}.ffn_down.weight.lora_b`, rank, shape.width),
  ]).flat();
  writeGguf(path, tensors, [
    entry('general.architecture', TYPE.string, text('llama')),
    entry('general.type', TYPE.string, text('adapter')),
    entry('adapter.type', TYPE.string, text('lora')),
    entry('adapter.lora.alpha', TYPE.f32, f32(rank * 4)),
  ]);
}

function metadataOf(shape: RandomModelShape): Buffer[] {
  const { vocabSize } = shape;
  const tokens = Array.from({ length: vocabSize }, (_, id) => tokenText(id));
  const list = (key: string, type: number, values: Buffer[]) =>
    entry(key, TYPE.array, Buffer.concat([u32(type), u64(values.length), ...values]));
  return [
    entry('general.architecture', TYPE.string, text('llama')),
    entry('general.name', TYPE.string, text('random')),
    entry('general.file_type', TYPE.u32, u32(2)),
    entry('llama.context_length', TYPE.u32, u32(shape.contextLength ?? 4096)),
    entry('llama.embedding_length', TYPE.u32, u32(shape.width)),
    entry('llama.block_count', TYPE.u32, u32(shape.layers)),
    entry('llama.feed_forward_length', TYPE.u32, u32(shape.ffnWidth)),
    entry('llama.attention.head_count', TYPE.u32, u32(shape.heads)),
    entry('llama.attention.head_count_kv', TYPE.u32, u32(shape.kvHeads)),
    entry('llama.attention.layer_norm_rms_epsilon', TYPE.f32, f32(1e-5)),
    entry('llama.rope.dimension_count', TYPE.u32, u32(shape.width / shape.heads)),
    entry('llama.rope.freq_base', TYPE.f32, f32(shape.ropeBase ?? 10_000)),
    entry('llama.vocab_size', TYPE.u32, u32(vocabSize)),
    entry('tokenizer.ggml.model', TYPE.string, text('llama')),
    list('tokenizer.ggml.tokens', TYPE.string, tokens.map(text)),
    list(
      'tokenizer.ggml.scores',
      TYPE.f32,
      tokens.map((_, id) => f32(-id)),
    ),
    list(
      'tokenizer.ggml.token_type',
      5,
      tokens.map((_, id) => u32(tokenType(id))),
    ),
    entry('tokenizer.ggml.bos_token_id', TYPE.u32, u32(1)),
    entry('tokenizer.ggml.eos_token_id', TYPE.u32, u32(2)),
    ...(shape.chatTemplate === undefined
      ? []
      : [entry('tokenizer.chat_template', TYPE.string, text(shape.chatTemplate))]),
  ];
}

function entry(key: string, type: number, value: Buffer): Buffer {
  return Buffer.concat([text(key), u32(type), value]);
}

function tokenText(id: number): string {
  if (id < 3) return ['<unk>', '<s>', '</s>'][id]!;
  return id < 259 ? `<0x${(id - 3).toString(16).toUpperCase().padStart(2, '0')}>` : `t${id}`;
}

/** Unknown, control, byte, normal: llama.cpp's token types. */
function tokenType(id: number): number {
  if (id === 0) return 2;
  if (id < 3) return 3;
  return id < 259 ? 6 : 1;
}

function tensorsOf(shape: RandomModelShape, next: () => number): Tensor[] {
  const { width, layers, heads, kvHeads, ffnWidth, vocabSize } = shape;
  const kvWidth = (kvHeads * width) / heads;
  const norm = (name: string): Tensor => ({
    name,
    dimensions: [width],
    type: 0,
    bytes: width * 4,
    fill: (buffer) => {
      for (let i = 0; i < width; i++) buffer.writeFloatLE(1, i * 4);
    },
  });
  const matrix = (name: string, columns: number, rows: number): Tensor => {
    const blocks = (columns * rows) / Q4_0.blockValues;
    return {
      name,
      dimensions: [columns, rows],
      type: Q4_0.id,
      bytes: blocks * Q4_0.blockBytes,
      fill: (buffer) => {
        for (let block = 0; block < blocks; block++) {
          const at = block * Q4_0.blockBytes;
          // Scales near 0.003 in half precision keep activations in range.
          buffer.writeUInt16LE(0x1a00 + (next() & 63), at);
          for (let word = 0; word < 4; word++) buffer.writeUInt32LE(next(), at + 2 + 4 * word);
        }
      },
    };
  };
  const blocks = Array.from({ length: layers }, (_, layer) => {
    const at = `blk.${layer}.`;
    return [
      norm(`${at}attn_norm.weight`),
      matrix(`${at}attn_q.weight`, width, width),
      matrix(`${at}attn_k.weight`, width, kvWidth),
      matrix(`${at}attn_v.weight`, width, kvWidth),
      matrix(`${at}attn_output.weight`, width, width),
      norm(`${at}ffn_norm.weight`),
      matrix(`${at}ffn_gate.weight`, width, ffnWidth),
      matrix(`${at}ffn_up.weight`, width, ffnWidth),
      matrix(`${at}ffn_down.weight`, ffnWidth, width),
    ];
  });
  return [matrix('token_embd.weight', width, vocabSize), ...blocks.flat(), norm('output_norm.weight')];
}

function u32(value: number): Buffer {
  const buffer = Buffer.alloc(4);
  buffer.writeUInt32LE(value);
  return buffer;
}

function u64(value: number): Buffer {
  const buffer = Buffer.alloc(8);
  buffer.writeBigUInt64LE(BigInt(value));
  return buffer;
}

function f32(value: number): Buffer {
  const buffer = Buffer.alloc(4);
  buffer.writeFloatLE(value);
  return buffer;
}

function text(value: string): Buffer {
  const bytes = Buffer.from(value);
  return Buffer.concat([u64(bytes.length), bytes]);
}

function align(bytes: number): number {
  return Math.ceil(bytes / 32) * 32;
}
