import { z } from 'zod';
import { FtsError } from '../../../errors/fts-error.ts';
import { parseWith } from '../../../errors/parse-with.ts';
import type { ModelConfig, RopeScaling } from '../../model-config.ts';
import { count, sharedFields, tokenIds, wholeHeadDim } from '../config-fields.ts';

const ropeParameters = z.looseObject({
  rope_type: z.string().optional(),
  type: z.string().optional(),
  rope_theta: z.number().positive().optional(),
  factor: z.number().positive().optional(),
  low_freq_factor: z.number().positive().optional(),
  high_freq_factor: z.number().positive().optional(),
  original_max_position_embeddings: count.optional(),
});

const decoderSchema = z.looseObject({
  ...sharedFields,
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

/** What all rotary decoders say of themselves in `config.json`. */
export function parseDecoder(json: unknown): Omit<ModelConfig, 'family' | 'qkvBias' | 'qkNorm'> {
  const raw = parseWith(decoderSchema, json, 'config.json');
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
    ...tokenIds(raw),
  };
}

/** The inverse of `parseDecoder`, without the fields that all families share. */
export function decoderConfigFields(config: ModelConfig): Record<string, unknown> {
  return {
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
  };
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
