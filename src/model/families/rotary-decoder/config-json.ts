import { z } from 'zod';
import { FtsError } from '../../../errors/fts-error.ts';
import { parseWith } from '../../../errors/parse-with.ts';
import type { ModelConfig } from '../../model-config.ts';
import { anotherModel, refuseUnreadKeys } from '../../unread-keys.ts';
import { count, layerCount, sharedFields, tokenIds, wholeHeadDim } from '../config-fields.ts';
import { isHarmlessConfigKey } from '../harmless-config-keys.ts';
import { parseRope, ropeConfigFields, ropeToJson } from './rope-config.ts';

/** What every family reads. */
const decoderFields = {
  ...sharedFields,
  ...ropeConfigFields,
  hidden_size: count,
  num_hidden_layers: layerCount,
  num_attention_heads: count,
  num_key_value_heads: count.nullish(),
  head_dim: count.nullish(),
  intermediate_size: count,
  rms_norm_eps: z.number().positive().default(1e-6),
  tie_word_embeddings: z.boolean().default(false),
};

/** What a family computes in one way only, unless it reads the field itself. */
const fixedFields = {
  hidden_act: z.enum(['silu', 'swish']).optional(),
  attention_bias: z.literal(false).optional(),
  mlp_bias: z.literal(false).optional(),
  use_sliding_window: z.literal(false).optional(),
  sliding_window: z.null().optional(),
  layer_types: z.array(z.literal('full_attention')).nullish(),
  partial_rotary_factor: z.literal(1).optional(),
};

/** A family's own fields of `config.json`, and what they mean. */
export interface DecoderConfig<Fields extends z.ZodRawShape> {
  fields: Fields;
  /** Values of fields that the file leaves out, where the class in Transformers has others than Llama. */
  defaults?: Record<string, unknown>;
  /** Puts what another version of Transformers writes into the form of the fields. */
  prepare?(json: Record<string, unknown>): Record<string, unknown>;
  /** Share of each head's dimensions that is rotated. */
  partialRotaryFactor?(raw: z.output<z.ZodObject<Fields>>): number;
  traits(raw: z.output<z.ZodObject<Fields>>, base: DecoderBase): Partial<ModelConfig>;
}

type DecoderBase = Omit<ModelConfig, 'family' | 'qkvBias' | 'qkNorm'>;

/** What a rotary decoder says of itself in `config.json`. Throws `invalid-input` for what this program does not compute. */
export function parseDecoder<Fields extends z.ZodRawShape>(
  json: unknown,
  { fields, defaults = {}, prepare = (given) => given, partialRotaryFactor, traits }: DecoderConfig<Fields>,
): DecoderBase {
  const stated = prepare(parseWith(z.record(z.string(), z.unknown()), json, 'config.json'));
  const given = withDefaults(stated, defaults);
  const raw = parseWith(z.looseObject(decoderFields), given, 'config.json', anotherModel);
  const ownFields = { ...fixedFields, ...fields };
  const own = parseWith(z.looseObject(ownFields), given, 'config.json', anotherModel) as z.output<z.ZodObject<Fields>>;
  refuseUnreadKeys(given, {
    read: [...Object.keys(decoderFields), ...Object.keys(ownFields)],
    harmless: isHarmlessConfigKey,
    subject: 'config.json',
  });
  const kvHeads = raw.num_key_value_heads ?? raw.num_attention_heads;
  if (raw.num_attention_heads % kvHeads !== 0) {
    throw new FtsError('invalid-input', 'The query heads do not divide among the key/value heads.', {
      field: 'num_key_value_heads',
      value: kvHeads,
      remedy: `Use a divisor of num_attention_heads (${raw.num_attention_heads}).`,
    });
  }
  const headDim = raw.head_dim ?? wholeHeadDim(raw.hidden_size, raw.num_attention_heads, 'num_attention_heads');
  const base: DecoderBase = {
    vocabSize: raw.vocab_size,
    width: raw.hidden_size,
    layers: raw.num_hidden_layers,
    heads: raw.num_attention_heads,
    kvHeads,
    headDim,
    ffnWidth: raw.intermediate_size,
    contextLength: raw.max_position_embeddings,
    normEpsilon: raw.rms_norm_eps,
    ...parseRope(raw, headDim, partialRotaryFactor?.(own)),
    tiedEmbeddings: raw.tie_word_embeddings,
    ...tokenIds(raw),
  };
  return { ...base, ...traits(own, base) };
}

/** The class's own values of what the file leaves out; a rotary base may stand in another field. */
function withDefaults(json: Record<string, unknown>, defaults: Record<string, unknown>): Record<string, unknown> {
  const { rope_theta: _, ...others } = defaults;
  return { ...(json.rope_parameters == null ? defaults : others), ...json };
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
    ...ropeToJson(config),
    hidden_act: 'silu',
  };
}
