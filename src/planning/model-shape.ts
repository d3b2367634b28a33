import type { ModelConfig } from '../model/model-config.ts';

/**
 * The numbers of a decoder-only transformer that fix its size and its work: a part of every `ModelConfig`, and what
 * the table of published models holds.
 */
export type ModelShape = Pick<
  ModelConfig,
  | 'family'
  | 'vocabSize'
  | 'width'
  | 'layers'
  | 'heads'
  | 'kvHeads'
  | 'headDim'
  | 'ffnWidth'
  | 'contextLength'
  | 'tiedEmbeddings'
  | 'qkvBias'
  | 'qkNorm'
>;

/** What a tensor is for: quantizers and memory formulas treat these differently. */
export type TensorRole =
  | 'token-embedding'
  | 'position-embedding'
  | 'query'
  | 'key'
  | 'value'
  | 'attention-output'
  | 'ffn-gate'
  | 'ffn-up'
  | 'ffn-down'
  | 'output-head'
  | 'norm'
  | 'bias';

export interface TensorShape {
  role: TensorRole;
  /** Layer index, or null for what stands outside the layers. */
  layer: number | null;
  /** Outputs × inputs of the matrix; a vector has one row. */
  rows: number;
  columns: number;
}

/**
 * Every parameter tensor of the model. A tied output head is not listed: it is the token embedding.
 * Sources: GPT-2 (Radford et al. 2019), Llama (Touvron et al. 2023), Qwen2 and Qwen3 technical reports.
 */
export function parameterTensors(shape: ModelShape): TensorShape[] {
  const tensors: TensorShape[] = [];
  const add = (role: TensorRole, layer: number | null, rows: number, columns: number) =>
    tensors.push({ role, layer, rows, columns });
  const gpt2 = shape.family === 'gpt2';
  const queryWidth = shape.heads * shape.headDim;
  const kvWidth = shape.kvHeads * shape.headDim;

  add('token-embedding', null, shape.vocabSize, shape.width);
  if (gpt2) add('position-embedding', null, shape.contextLength, shape.width);
  for (let layer = 0; layer < shape.layers; layer++) {
    const norm = (columns: number) => {
      add('norm', layer, 1, columns);
      if (gpt2) add('bias', layer, 1, columns);
    };
    norm(shape.width);
    add('query', layer, queryWidth, shape.width);
    add('key', layer, kvWidth, shape.width);
    add('value', layer, kvWidth, shape.width);
    if (shape.qkvBias) add('bias', layer, 1, queryWidth + 2 * kvWidth);
    if (shape.qkNorm) {
      add('norm', layer, 1, shape.headDim);
      add('norm', layer, 1, shape.headDim);
    }
    add('attention-output', layer, shape.width, queryWidth);
    if (gpt2) add('bias', layer, 1, shape.width);
    norm(shape.width);
    if (!gpt2) add('ffn-gate', layer, shape.ffnWidth, shape.width);
    add('ffn-up', layer, shape.ffnWidth, shape.width);
    if (gpt2) add('bias', layer, 1, shape.ffnWidth);
    add('ffn-down', layer, shape.width, shape.ffnWidth);
    if (gpt2) add('bias', layer, 1, shape.width);
  }
  add('norm', null, 1, shape.width);
  if (gpt2) add('bias', null, 1, shape.width);
  if (!shape.tiedEmbeddings) add('output-head', null, shape.vocabSize, shape.width);
  return tensors;
}

export interface ParameterCounts {
  total: number;
  /** Look-up tables: read one row per token, no multiplications. */
  embedding: number;
  /** Matrices inside the layers. */
  layers: number;
  /** The output head's multiplications, also when it is tied to the embedding. */
  head: number;
  /** Parameters that take part in a multiplication for every token (the N of 2ND and 6ND): layers and head. */
  multiplied: number;
}

/** Parameters by kind, exact: the total equals what the published checkpoints hold. */
export function countParameters(shape: ModelShape): ParameterCounts {
  let total = 0;
  let embedding = 0;
  let layers = 0;
  for (const tensor of parameterTensors(shape)) {
    const count = tensor.rows * tensor.columns;
    total += count;
    if (tensor.role === 'token-embedding' || tensor.role === 'position-embedding') embedding += count;
    else if (tensor.layer !== null && tensor.role !== 'norm' && tensor.role !== 'bias') layers += count;
  }
  const head = shape.vocabSize * shape.width;
  return { total, embedding, layers, head, multiplied: layers + head };
}
