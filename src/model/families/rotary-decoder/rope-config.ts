import { z } from 'zod';
import { FtsError } from '../../../errors/fts-error.ts';
import { parseWith } from '../../../errors/parse-with.ts';
import type { ModelConfig, RopeScaling } from '../../model-config.ts';
import { anotherModel, refuseUnreadKeys } from '../../unread-keys.ts';
import { count } from '../config-fields.ts';

const positive = z.number().positive();
const factors = z.array(positive).min(1);

const ropeFields = {
  rope_type: z.string().optional(),
  type: z.string().optional(),
  rope_theta: positive.optional(),
  partial_rotary_factor: positive.max(1).optional(),
  factor: positive.optional(),
  low_freq_factor: positive.optional(),
  high_freq_factor: positive.optional(),
  original_max_position_embeddings: count.optional(),
  beta_fast: positive.optional(),
  beta_slow: positive.optional(),
  attention_factor: positive.nullish(),
  short_factor: factors.optional(),
  long_factor: factors.optional(),
};
const ropeSchema = z.looseObject(ropeFields);
type Rope = z.output<typeof ropeSchema>;

/** Which fields each kind of scaling reads, besides those that all may have. */
const readBy: Record<string, readonly string[]> = {
  default: ['original_max_position_embeddings'],
  linear: ['factor', 'original_max_position_embeddings'],
  llama3: ['factor', 'low_freq_factor', 'high_freq_factor', 'original_max_position_embeddings'],
  yarn: ['factor', 'beta_fast', 'beta_slow', 'attention_factor', 'original_max_position_embeddings'],
  longrope: ['factor', 'attention_factor', 'short_factor', 'long_factor', 'original_max_position_embeddings'],
};
const readByAll = ['rope_type', 'type', 'rope_theta', 'partial_rotary_factor'];

/** Fields of `config.json` about rotary positions, of Transformers 4 and 5. */
export const ropeConfigFields = {
  rope_theta: positive.optional(),
  rope_scaling: z.record(z.string(), z.unknown()).nullish(),
  rope_parameters: z.record(z.string(), z.unknown()).nullish(),
  original_max_position_embeddings: count.nullish(),
  max_position_embeddings: count,
};
type RawRope = z.output<z.ZodObject<typeof ropeConfigFields>>;

/** Base, scaling and share of the rotated dimensions. Throws `invalid-input` naming what would be computed otherwise. */
export function parseRope(
  raw: RawRope,
  headDim: number,
  partialRotaryFactor: number | undefined,
): Pick<ModelConfig, 'ropeTheta' | 'ropeScaling' | 'rotaryDim'> {
  const field = raw.rope_parameters == null ? 'rope_scaling' : 'rope_parameters';
  const given = raw.rope_parameters ?? raw.rope_scaling ?? {};
  if (raw.rope_parameters != null && raw.rope_scaling != null)
    refuseContradiction(raw.rope_parameters, raw.rope_scaling);
  const rope = parseWith(ropeSchema, given, field, anotherModel);
  const type = rope.rope_type ?? rope.type ?? 'default';
  const known = Object.hasOwn(readBy, type) ? readBy[type] : undefined;
  if (known === undefined) throw unsupported(field, type, given);
  refuseUnreadKeys(given, {
    read: [...readByAll, ...known],
    harmless: () => false,
    subject: `${field} in config.json`,
  });
  const scaling = scalingOf(type, rope, raw, field);
  const share = rope.partial_rotary_factor ?? partialRotaryFactor ?? 1;
  if (share !== 1 && partialRotaryFactor === undefined) {
    throw new FtsError('invalid-input', 'Only a part of each head is rotated, which this family does not do.', {
      field: 'partial_rotary_factor',
      value: share,
      remedy: anotherModel,
    });
  }
  const rotaryDim = Math.floor(headDim * share);
  return {
    // Where both are there, Transformers takes the inner one.
    ropeTheta: rope.rope_theta ?? raw.rope_theta ?? 10_000,
    ...(scaling === undefined ? {} : { ropeScaling: scaling }),
    ...(rotaryDim === headDim ? {} : { rotaryDim }),
  };
}

function scalingOf(type: string, rope: Rope, raw: RawRope, field: string): RopeScaling | undefined {
  const original = rope.original_max_position_embeddings ?? raw.original_max_position_embeddings ?? undefined;
  const { factor } = rope;
  if (type === 'default') return undefined;
  if (type === 'linear' && factor !== undefined) return { type, factor };
  if (type === 'llama3' && factor !== undefined && original !== undefined) {
    const { low_freq_factor: low, high_freq_factor: high } = rope;
    if (low !== undefined && high !== undefined) {
      return { type, factor, lowFrequencyFactor: low, highFrequencyFactor: high, originalContextLength: original };
    }
  }
  if (type === 'yarn' && factor !== undefined) {
    const usual = 0.1 * Math.log(factor) + 1;
    if (Math.abs((rope.attention_factor ?? usual) - usual) > 1e-4) throw unsupported(field, type, rope);
    return {
      type,
      factor,
      betaFast: rope.beta_fast ?? 32,
      betaSlow: rope.beta_slow ?? 1,
      originalContextLength: original ?? raw.max_position_embeddings,
    };
  }
  if (type === 'longrope' && rope.short_factor !== undefined && rope.long_factor !== undefined) {
    // Transformers derives the factor of the angles from the two context lengths; another one is not computed.
    if (original !== undefined && rope.attention_factor == null && rope.factor === undefined) {
      return {
        type,
        shortFactors: rope.short_factor,
        longFactors: rope.long_factor,
        originalContextLength: original,
      };
    }
  }
  throw unsupported(field, type, rope);
}

function unsupported(field: string, type: string, value: unknown): FtsError {
  return new FtsError('invalid-input', `The rotary scaling "${type}" is not supported or is incomplete.`, {
    field,
    value,
    remedy: 'Use a model with default, linear, llama3, yarn or longrope rotary embeddings.',
  });
}

function contradiction(field: string, value: unknown): FtsError {
  return new FtsError('invalid-input', `config.json says ${field} twice, and differently.`, {
    field,
    value,
    remedy: 'Use the original config.json of the model.',
  });
}

function refuseContradiction(parameters: Record<string, unknown>, scaling: Record<string, unknown>): void {
  for (const [key, value] of Object.entries(scaling)) {
    if (JSON.stringify(parameters[key]) !== JSON.stringify(value)) throw contradiction('rope_scaling', scaling);
  }
}

/** The inverse of `parseRope`, as Transformers 4 and 5 read it. */
export function ropeToJson({ ropeTheta = 10_000, ropeScaling }: ModelConfig): Record<string, unknown> {
  return { rope_theta: ropeTheta, rope_scaling: ropeScaling === undefined ? null : scalingToJson(ropeScaling) };
}

function scalingToJson(scaling: RopeScaling): object {
  switch (scaling.type) {
    case 'linear':
      return { rope_type: 'linear', factor: scaling.factor };
    case 'llama3':
      return {
        rope_type: 'llama3',
        factor: scaling.factor,
        low_freq_factor: scaling.lowFrequencyFactor,
        high_freq_factor: scaling.highFrequencyFactor,
        original_max_position_embeddings: scaling.originalContextLength,
      };
    case 'yarn':
      return {
        rope_type: 'yarn',
        factor: scaling.factor,
        beta_fast: scaling.betaFast,
        beta_slow: scaling.betaSlow,
        original_max_position_embeddings: scaling.originalContextLength,
      };
    case 'longrope':
      return {
        rope_type: 'longrope',
        short_factor: scaling.shortFactors,
        long_factor: scaling.longFactors,
        original_max_position_embeddings: scaling.originalContextLength,
      };
  }
}
