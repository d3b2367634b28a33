import { z } from 'zod';

const count = z.int().positive();
const bits = z.union([z.literal(4), z.literal(8)]);

export const quantizationMethods = ['rtn', 'gptq', 'awq'] as const;

/** Settings of a quantization. Every field has a default; unknown fields are errors. */
export const quantizationSettingsSchema = z.strictObject({
  method: z.enum(quantizationMethods).default('gptq').describe('rtn (round to nearest), gptq or awq'),
  bits: bits.default(4).describe('Bits per weight'),
  groupSize: z
    .union([z.literal(32), z.literal(64), z.literal(128), z.literal('channel')])
    .default(32)
    .describe('Inputs that share a scale; "channel" is one scale per output'),
  symmetric: z.boolean().default(true).describe('Zero is the middle code; otherwise each group has a zero point'),
  embeddingBits: z
    .union([bits, z.literal(16)])
    .optional()
    .describe('Bits of the token embedding and the output layer; default: as `bits`'),
  keep: z
    .array(z.string())
    .default([])
    .describe('Modules at higher precision: "first", "last" (layers) or parts of names: "down_proj", "lm_head"'),
  keepBits: z
    .union([z.literal(8), z.literal(16)])
    .default(8)
    .describe('Bits of the modules in `keep`'),
  damping: z
    .number()
    .positive()
    .max(1)
    .default(0.1)
    .describe('Share of the mean diagonal added to the Hessian; use more with less calibration text'),
  actOrder: z.boolean().default(true).describe('GPTQ: round the inputs with the largest activations first'),
  samples: count.default(128).describe('Calibration sequences'),
  sampleTokens: count.default(256).describe('Tokens in a calibration sequence'),
  format: z
    .enum(['gptq', 'awq', 'compressed-tensors'])
    .default('gptq')
    .describe('Layout of the safetensors file; the GGUF file is always written'),
  packTables: z
    .boolean()
    .default(false)
    .describe('compressed-tensors: also pack the token embedding and output layer (else F16); needs recent readers'),
});

export type QuantizationSettings = z.output<typeof quantizationSettingsSchema>;
