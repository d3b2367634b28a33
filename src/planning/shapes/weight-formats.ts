import { FtsError } from '../../errors/fts-error.ts';
import type { ParameterRole } from '../../model/architectures/parameter.ts';
import { blockType, type GgmlType } from '../../model/gguf/block-types.ts';
import type { ModelShape } from '../../model/model-config.ts';
import { parameterTensors, type TensorShape } from './model-shape.ts';

/**
 * Bytes of one block of weights on disk and in memory, scales and zero points included.
 * GGUF blocks: ggml's `block_*` structs (`ggml-common.h`).
 */
const blocks = {
  F32: ggufBlock('F32'),
  F16: ggufBlock('F16'),
  BF16: ggufBlock('BF16'),
  F8: { weights: 1, bytes: 1 },
  Q8_0: ggufBlock('Q8_0'),
  Q5_0: ggufBlock('Q5_0'),
  Q5_1: { weights: 32, bytes: 24 },
  Q4_0: ggufBlock('Q4_0'),
  Q4_1: ggufBlock('Q4_1'),
  Q6_K: ggufBlock('Q6_K'),
  Q5_K: ggufBlock('Q5_K'),
  Q4_K: ggufBlock('Q4_K'),
  Q3_K: { weights: 256, bytes: 110 },
  Q2_K: { weights: 256, bytes: 84 },
  /** GPTQ and AWQ safetensors: 4-bit values, with one FP16 scale and one 4-bit zero point per group. */
  'INT4-g32': { weights: 32, bytes: 16 + 2.5 },
  'INT4-g64': { weights: 64, bytes: 32 + 2.5 },
  'INT4-g128': { weights: 128, bytes: 64 + 2.5 },
  /** 8-bit values with one FP32 scale per output row, assuming rows of 4096. */
  INT8: { weights: 4096, bytes: 4096 + 4 },
  /**
   * QLoRA's base: 4-bit NormalFloat in blocks of 64, scales quantized again (0.127 bits a parameter; Dettmers 2023).
   */
  NF4: { weights: 64, bytes: 32 + 64 * (0.127 / 8) },
} as const;

function ggufBlock(type: GgmlType): { weights: number; bytes: number } {
  const { blockValues, blockBytes } = blockType(type);
  return { weights: blockValues, bytes: blockBytes };
}

export type BlockType = keyof typeof blocks;

/** Names of formats of whole models; a GGUF file type mixes several block types. */
const weightFormats = [
  'FP32',
  'BF16',
  'FP16',
  'FP8',
  'INT8',
  'INT4-g32',
  'INT4-g64',
  'INT4-g128',
  'NF4',
  'Q8_0',
  'Q6_K',
  'Q5_K_M',
  'Q5_0',
  'Q4_K_M',
  'Q4_1',
  'Q4_0',
  'Q3_K_M',
  'Q2_K',
] as const;
export type WeightFormat = (typeof weightFormats)[number];

/** Bits per weight of a block type, scales included: 4.5 for Q4_0. */
export function bitsPerWeight(type: BlockType): number {
  return (8 * blocks[type].bytes) / blocks[type].weights;
}

/** Parses the common spellings: `f16`, `bf16`, `q4_k_m`, `int4` (group 128), `fp32`. */
export function parseWeightFormat(name: string): WeightFormat {
  const wanted = name.trim().toUpperCase().replaceAll('-', '_');
  const alias: Record<string, WeightFormat> = {
    F32: 'FP32',
    F16: 'FP16',
    F8: 'FP8',
    INT4: 'INT4-g128',
    GPTQ: 'INT4-g128',
    AWQ: 'INT4-g128',
  };
  const found = weightFormats.find((format) => format.toUpperCase().replaceAll('-', '_') === wanted) ?? alias[wanted];
  if (found !== undefined) return found;
  throw new FtsError('invalid-input', `"${name}" is not a weight format.`, {
    field: 'format',
    value: name,
    remedy: `Use one of: ${weightFormats.join(', ')}.`,
  });
}

/** Vectors are never quantized, because they are a thousandth of the model and lose much quality. */
const vectorRoles = new Set<ParameterRole>(['norm', 'bias']);

/**
 * The block type of one tensor in a file of the given format. Mixed GGUF types follow llama.cpp's default quantization
 * (`llama_tensor_get_type`): the output head in Q6_K, some value and down projections with more bits than the rest.
 */
export function blockTypeOf(format: WeightFormat, tensor: TensorShape, shape: ModelShape): BlockType {
  const gguf = /^Q\d/.test(format);
  if (gguf && (vectorRoles.has(tensor.role) || tensor.role === 'position-embedding')) return 'F32';
  if (format === 'FP32') return 'F32';
  if (format === 'BF16') return 'BF16';
  if (format === 'FP16') return 'F16';
  if (!gguf) {
    // GPTQ, AWQ, LLM.int8, FP8 and QLoRA leave embedding, head and vectors in 16 bits.
    if (tensor.layer === null || vectorRoles.has(tensor.role)) return 'BF16';
    return format === 'FP8' ? 'F8' : (format as BlockType);
  }
  const blockType = ggufBlockType(format, tensor, shape);
  // Rows whose length is not a multiple of 256 cannot hold K-blocks; llama.cpp falls back to a type with blocks of 32.
  if (tensor.columns % 256 === 0 || blocks[blockType].weights < 256) return blockType;
  return blockType === 'Q6_K' ? 'Q8_0' : blockType === 'Q5_K' ? 'Q5_1' : blockType === 'Q4_K' ? 'Q5_0' : 'Q4_0';
}

function ggufBlockType(format: WeightFormat, tensor: TensorShape, shape: ModelShape): BlockType {
  const isHead = tensor.role === 'output-head' || (tensor.role === 'token-embedding' && shape.tiedEmbeddings);
  if (isHead) return format === 'Q8_0' ? 'Q8_0' : 'Q6_K';
  if (!format.includes('_K')) return format as BlockType;
  const layer = tensor.layer ?? 0;
  const grouped = shape.heads / shape.kvHeads >= 4;
  const finer = usesMoreBits(layer, shape.layers);
  const { role } = tensor;
  switch (format) {
    case 'Q4_K_M':
      if (role === 'value') return finer ? 'Q6_K' : shape.layers === 80 && grouped ? 'Q5_K' : 'Q4_K';
      return role === 'ffn-down' && finer ? 'Q6_K' : 'Q4_K';
    case 'Q5_K_M':
      return (role === 'value' || role === 'ffn-down') && finer ? 'Q6_K' : 'Q5_K';
    case 'Q3_K_M':
      if (role === 'value') return layer < 2 ? 'Q5_K' : 'Q4_K';
      if (role === 'ffn-down') return layer < Math.floor(shape.layers / 16) ? 'Q5_K' : 'Q4_K';
      return role === 'attention-output' ? 'Q4_K' : 'Q3_K';
    case 'Q2_K':
      if (role === 'value') return grouped ? 'Q4_K' : 'Q3_K';
      return role === 'ffn-down' || role === 'attention-output' ? 'Q3_K' : 'Q2_K';
    default:
      return 'Q6_K';
  }
}

/** llama.cpp's `use_more_bits`: the first and last eighth of the layers and every third between. */
function usesMoreBits(layer: number, layers: number): boolean {
  const eighth = Math.floor(layers / 8);
  return layer < eighth || layer >= Math.floor((7 * layers) / 8) || (layer - eighth) % 3 === 2;
}

/** Bytes of a tensor in a block type. Rows are whole numbers of blocks. */
function tensorBytes(tensor: TensorShape, type: BlockType): number {
  const block = blocks[type];
  return (tensor.rows * tensor.columns * block.bytes) / block.weights;
}

export interface WeightBytes {
  total: number;
  /** Lookup tables (token and position embeddings): held in memory, but not read completely for every token. */
  embedding: number;
  /** Read once for every forward pass: layers, norms and the head (also a tied one). */
  streamed: number;
}

/** Bytes of a whole model's weights in a format, tensor by tensor. */
export function weightBytes(shape: ModelShape, format: WeightFormat): WeightBytes {
  let total = 0;
  let embedding = 0;
  for (const tensor of parameterTensors(shape)) {
    const bytes = tensorBytes(tensor, blockTypeOf(format, tensor, shape));
    total += bytes;
    const lookedUp =
      tensor.role === 'position-embedding' || (tensor.role === 'token-embedding' && !shape.tiedEmbeddings);
    if (lookedUp) embedding += bytes;
  }
  return { total, embedding, streamed: total - embedding };
}
