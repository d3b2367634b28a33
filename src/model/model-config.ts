import { z } from 'zod';
import { FtsError } from '../errors/fts-error.ts';
import { parseWith } from '../errors/parse-with.ts';

export type ModelFamily = 'gpt2' | 'llama' | 'qwen2' | 'qwen3';

/** How rotary frequencies are stretched for contexts longer than the model was trained on. */
export type RopeScaling =
  | { type: 'linear'; factor: number }
  | {
      type: 'llama3';
      factor: number;
      lowFrequencyFactor: number;
      highFrequencyFactor: number;
      originalContextLength: number;
    };

/** The shape of a decoder-only language model: all that its graph, its files and its planner need to know. */
export interface ModelConfig {
  family: ModelFamily;
  vocabSize: number;
  /** Width of the residual stream (hidden size). */
  width: number;
  layers: number;
  /** Query heads. */
  heads: number;
  /** Key and value heads; fewer than `heads` means grouped-query attention. */
  kvHeads: number;
  headDim: number;
  ffnWidth: number;
  /** Longest sequence in tokens. */
  contextLength: number;
  normEpsilon: number;
  /** Base of the rotary frequencies; absent where positions are learned (GPT-2). */
  ropeTheta?: number;
  ropeScaling?: RopeScaling;
  /** The output projection is the token embedding. */
  tiedEmbeddings: boolean;
  qkvBias: boolean;
  /** GPT-2 without biases (nanoGPT's recipes); its files have biases of zero. */
  biases?: false;
  /** GPT-2 with the exact GELU; absent means its tanh approximation, `gelu_new`. */
  activation?: 'gelu';
  /** RMS norm over each query and key head (Qwen 3). */
  qkNorm: boolean;
  bosTokenId?: number;
  eosTokenIds: number[];
  padTokenId?: number;
}

const count = z.int().positive();
const tokenId = z.int().nonnegative();

const ropeParameters = z.looseObject({
  rope_type: z.string().optional(),
  type: z.string().optional(),
  rope_theta: z.number().positive().optional(),
  factor: z.number().positive().optional(),
  low_freq_factor: z.number().positive().optional(),
  high_freq_factor: z.number().positive().optional(),
  original_max_position_embeddings: count.optional(),
});

const shared = {
  vocab_size: count,
  bos_token_id: tokenId.nullish(),
  eos_token_id: z.union([tokenId, z.array(tokenId)]).nullish(),
  pad_token_id: tokenId.nullish(),
};

const gpt2Schema = z.looseObject({
  ...shared,
  n_embd: count,
  n_layer: count,
  n_head: count,
  n_inner: count.nullish(),
  n_positions: count.optional(),
  n_ctx: count.optional(),
  layer_norm_epsilon: z.number().positive().default(1e-5),
  activation_function: z.enum(['gelu_new', 'gelu_pytorch_tanh', 'gelu']).default('gelu_new'),
  scale_attn_weights: z.literal(true).optional(),
  scale_attn_by_inverse_layer_idx: z.literal(false).optional(),
  add_cross_attention: z.literal(false).optional(),
  tie_word_embeddings: z.boolean().default(true),
});

const llamaSchema = z.looseObject({
  ...shared,
  hidden_size: count,
  num_hidden_layers: count,
  num_attention_heads: count,
  num_key_value_heads: count.nullish(),
  head_dim: count.nullish(),
  intermediate_size: count,
  max_position_embeddings: count,
  rms_norm_eps: z.number().positive().default(1e-6),
  rope_theta: z.number().positive().optional(),
  rope_scaling: ropeParameters.nullish(),
  rope_parameters: ropeParameters.nullish(),
  hidden_act: z.enum(['silu', 'swish']).default('silu'),
  tie_word_embeddings: z.boolean().default(false),
  attention_bias: z.literal(false).optional(),
  mlp_bias: z.literal(false).optional(),
  use_sliding_window: z.literal(false).optional(),
  partial_rotary_factor: z.literal(1).optional(),
});

const familyOfModelType: Record<string, ModelFamily> = {
  gpt2: 'gpt2',
  llama: 'llama',
  mistral: 'llama',
  qwen2: 'qwen2',
  qwen3: 'qwen3',
};

/**
 * Reads a Hugging Face `config.json`. Refuses, naming the field, every architecture or option whose mathematics would
 * differ from what this program computes.
 */
export function parseModelConfig(json: unknown): ModelConfig {
  const { model_type: modelType } = parseWith(z.looseObject({ model_type: z.string() }), json, 'config.json');
  const family = Object.hasOwn(familyOfModelType, modelType) ? familyOfModelType[modelType] : undefined;
  if (family === undefined) {
    throw new FtsError('invalid-input', `The architecture "${modelType}" is not supported.`, {
      field: 'model_type',
      value: modelType,
      remedy: `Use a model of one of these types: ${Object.keys(familyOfModelType).join(', ')}.`,
    });
  }
  return family === 'gpt2' ? parseGpt2(json) : parseLlama(json, family, modelType);
}

function parseGpt2(json: unknown): ModelConfig {
  const raw = parseWith(gpt2Schema, json, 'config.json');
  return {
    family: 'gpt2',
    vocabSize: raw.vocab_size,
    width: raw.n_embd,
    layers: raw.n_layer,
    heads: raw.n_head,
    kvHeads: raw.n_head,
    headDim: wholeHeadDim(raw.n_embd, raw.n_head, 'n_head'),
    ffnWidth: raw.n_inner ?? 4 * raw.n_embd,
    contextLength: raw.n_positions ?? raw.n_ctx ?? 1024,
    normEpsilon: raw.layer_norm_epsilon,
    tiedEmbeddings: raw.tie_word_embeddings,
    qkvBias: true,
    ...(raw.activation_function === 'gelu' ? { activation: 'gelu' } : {}),
    qkNorm: false,
    ...tokenIds(raw),
  };
}

function parseLlama(json: unknown, family: 'llama' | 'qwen2' | 'qwen3', modelType: string): ModelConfig {
  const raw = parseWith(llamaSchema, json, 'config.json');
  if (modelType === 'mistral' && raw.sliding_window !== null && raw.sliding_window !== undefined) {
    throw new FtsError('invalid-input', 'Sliding-window attention is not supported.', {
      field: 'sliding_window',
      value: raw.sliding_window,
      remedy: 'Use a model with full attention.',
    });
  }
  const kvHeads = raw.num_key_value_heads ?? raw.num_attention_heads;
  if (raw.num_attention_heads % kvHeads !== 0) {
    throw new FtsError('invalid-input', 'The query heads do not divide among the key/value heads.', {
      field: 'num_key_value_heads',
      value: kvHeads,
      remedy: `Use a divisor of num_attention_heads (${raw.num_attention_heads}).`,
    });
  }
  const rope = raw.rope_parameters ?? raw.rope_scaling ?? undefined;
  const ropeScaling = rope === undefined ? undefined : parseRopeScaling(rope);
  return {
    family,
    vocabSize: raw.vocab_size,
    width: raw.hidden_size,
    layers: raw.num_hidden_layers,
    heads: raw.num_attention_heads,
    kvHeads,
    headDim: raw.head_dim ?? wholeHeadDim(raw.hidden_size, raw.num_attention_heads, 'num_attention_heads'),
    ffnWidth: raw.intermediate_size,
    contextLength: raw.max_position_embeddings,
    normEpsilon: raw.rms_norm_eps,
    ropeTheta: raw.rope_theta ?? raw.rope_parameters?.rope_theta ?? 10_000,
    ...(ropeScaling === undefined ? {} : { ropeScaling }),
    tiedEmbeddings: raw.tie_word_embeddings,
    qkvBias: family === 'qwen2',
    qkNorm: family === 'qwen3',
    ...tokenIds(raw),
  };
}

function wholeHeadDim(width: number, heads: number, field: string): number {
  if (width % heads === 0) return width / heads;
  throw new FtsError('invalid-input', `The width ${width} does not divide among ${heads} heads.`, {
    field,
    value: heads,
    remedy: 'Use a number of heads that divides the width.',
  });
}

function parseRopeScaling(rope: z.output<typeof ropeParameters>): RopeScaling | undefined {
  const type = rope.rope_type ?? rope.type ?? 'default';
  if (type === 'default') return undefined;
  if (type === 'linear' && rope.factor !== undefined) return { type, factor: rope.factor };
  if (
    type === 'llama3' &&
    rope.factor !== undefined &&
    rope.low_freq_factor !== undefined &&
    rope.high_freq_factor !== undefined &&
    rope.original_max_position_embeddings !== undefined
  ) {
    return {
      type,
      factor: rope.factor,
      lowFrequencyFactor: rope.low_freq_factor,
      highFrequencyFactor: rope.high_freq_factor,
      originalContextLength: rope.original_max_position_embeddings,
    };
  }
  throw new FtsError('invalid-input', `The rotary scaling "${type}" is not supported or is incomplete.`, {
    field: 'rope_scaling',
    value: rope,
    remedy: 'Use a model with default, linear or llama3 rotary embeddings.',
  });
}

interface RawTokenIds {
  bos_token_id?: number | null | undefined;
  eos_token_id?: number | number[] | null | undefined;
  pad_token_id?: number | null | undefined;
}

function tokenIds(raw: RawTokenIds): Pick<ModelConfig, 'bosTokenId' | 'eosTokenIds' | 'padTokenId'> {
  const eos = raw.eos_token_id ?? [];
  return {
    ...(raw.bos_token_id == null ? {} : { bosTokenId: raw.bos_token_id }),
    eosTokenIds: Array.isArray(eos) ? eos : [eos],
    ...(raw.pad_token_id == null ? {} : { padTokenId: raw.pad_token_id }),
  };
}

const architectureClass: Record<ModelFamily, string> = {
  gpt2: 'GPT2LMHeadModel',
  llama: 'LlamaForCausalLM',
  qwen2: 'Qwen2ForCausalLM',
  qwen3: 'Qwen3ForCausalLM',
};

/** The inverse of `parseModelConfig`: a `config.json` that Transformers, vLLM and llama.cpp's converter read. */
export function toHuggingFaceConfig(
  config: ModelConfig,
  dtype: 'float32' | 'float16' | 'bfloat16' = 'float32',
): object {
  const [eos] = config.eosTokenIds;
  const common = {
    architectures: [architectureClass[config.family]],
    model_type: config.family,
    vocab_size: config.vocabSize,
    tie_word_embeddings: config.tiedEmbeddings,
    bos_token_id: config.bosTokenId ?? null,
    eos_token_id: eos === undefined ? null : config.eosTokenIds.length === 1 ? eos : config.eosTokenIds,
    pad_token_id: config.padTokenId ?? null,
    torch_dtype: dtype,
  };
  if (config.family === 'gpt2') {
    return {
      ...common,
      n_embd: config.width,
      n_layer: config.layers,
      n_head: config.heads,
      n_inner: config.ffnWidth,
      n_positions: config.contextLength,
      n_ctx: config.contextLength,
      layer_norm_epsilon: config.normEpsilon,
      activation_function: config.activation ?? 'gelu_new',
    };
  }
  return {
    ...common,
    hidden_size: config.width,
    num_hidden_layers: config.layers,
    num_attention_heads: config.heads,
    num_key_value_heads: config.kvHeads,
    head_dim: config.headDim,
    intermediate_size: config.ffnWidth,
    max_position_embeddings: config.contextLength,
    rms_norm_eps: config.normEpsilon,
    rope_theta: config.ropeTheta ?? 10_000,
    rope_scaling: config.ropeScaling === undefined ? null : ropeScalingToJson(config.ropeScaling),
    hidden_act: 'silu',
    ...(config.family === 'qwen2' ? { use_sliding_window: false } : { attention_bias: false }),
    ...(config.family === 'llama' ? { mlp_bias: false } : {}),
  };
}

function ropeScalingToJson(scaling: RopeScaling): object {
  if (scaling.type === 'linear') return { rope_type: 'linear', factor: scaling.factor };
  return {
    rope_type: 'llama3',
    factor: scaling.factor,
    low_freq_factor: scaling.lowFrequencyFactor,
    high_freq_factor: scaling.highFrequencyFactor,
    original_max_position_embeddings: scaling.originalContextLength,
  };
}
