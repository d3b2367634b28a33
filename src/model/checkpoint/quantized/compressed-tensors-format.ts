import { z } from 'zod';
import { FtsError } from '../../../errors/fts-error.ts';
import { parseWith } from '../../../errors/parse-with.ts';
import { anotherModel } from '../../unread-keys.ts';
import { float32ToHalf } from '../float-formats.ts';
import type { SafetensorsReader } from '../safetensors.ts';
import {
  type CheckpointFormat,
  groupOfColumn,
  type ModuleScheme,
  type QuantizedModule,
  requireShape,
  requireWholeWords,
} from './checkpoint-format.ts';
import { packRows, transposed, unpackRows } from './int-packing.ts';

const off = z.union([z.null(), z.literal(false), z.strictObject({})]).optional();

const weightScheme = z.strictObject({
  num_bits: z.union([z.literal(4), z.literal(8)]),
  type: z.literal('int'),
  symmetric: z.boolean(),
  strategy: z.enum(['group', 'channel']),
  group_size: z.int().nullish(),
  /** The order of the groups is in the weights themselves (`weight_g_idx`). */
  actorder: z.enum(['group', 'weight', 'static', 'dynamic']).nullish(),
  dynamic: z.literal(false).optional(),
  block_structure: off,
  observer: z.string().nullish(),
  observer_kwargs: z.record(z.string(), z.unknown()).nullish(),
  scale_dtype: z.string().nullish(),
  zp_dtype: z.string().nullish(),
});
const groupSchema = z.strictObject({
  targets: z.array(z.string()),
  weights: weightScheme,
  input_activations: off,
  output_activations: off,
  format: z.literal('pack-quantized').nullish(),
});
const configSchema = z.strictObject({
  quant_method: z.string(),
  format: z.literal('pack-quantized'),
  config_groups: z.record(z.string(), groupSchema),
  quantization_status: z.literal('compressed').optional(),
  /** Which modules are packed is in the weights themselves. */
  ignore: z.array(z.string()).nullish(),
  global_compression_ratio: z.number().nullish(),
  version: z.string().optional(),
  kv_cache_scheme: off,
  sparsity_config: off,
  transform_config: off,
});

const outputLayer = 'lm_head';

/** What targets an embedding: its class, which is how vLLM finds it. Anything else is targeted by its name. */
const embeddingTarget = 'Embedding';

/**
 * compressed-tensors' `pack-quantized`, which vLLM and Transformers read: `weight_packed` [out, in · bits / 32] packed
 * along the inputs (signed values shifted to unsigned, which our codes are), `weight_scale` [out, groups],
 * `weight_shape`, and `weight_zero_point` [out · bits / 32, groups] packed along the outputs where asymmetric.
 */
export const compressedTensorsFormat: CheckpointFormat = {
  name: 'compressed-tensors',
  marker: 'weight_packed',
  parts: ['weight_packed', 'weight_scale', 'weight_shape', 'weight_zero_point', 'weight_g_idx'],

  shape(module, weights, json) {
    const [rows, words] = weights.info(`${module.name}.weight_packed`).shape as [number, number];
    return [rows, (words * 32) / schemeOf(module, json).num_bits];
  },

  tensors(module, matrix) {
    const { rows, columns, bits, groupSize, symmetric, codes, scales, zeroPoints } = matrix;
    const perWord = 32 / bits;
    const groups = columns / groupSize;
    requireWholeWords(module, columns, bits);
    if (!symmetric) requireWholeWords(module, rows, bits);
    return [
      {
        name: `${module}.weight_packed`,
        dtype: 'I32',
        shape: [rows, columns / perWord],
        read: () => packRows(codes, rows, columns, bits),
      },
      { name: `${module}.weight_scale`, dtype: 'F16', shape: [rows, groups], read: () => float32ToHalf(scales) },
      {
        name: `${module}.weight_shape`,
        dtype: 'I64',
        shape: [2],
        read: () => BigInt64Array.of(BigInt(rows), BigInt(columns)),
      },
      ...(symmetric
        ? []
        : [
            {
              name: `${module}.weight_zero_point`,
              dtype: 'I32' as const,
              shape: [rows / perWord, groups],
              read: () => {
                const words = packRows(transposed(zeroPoints, rows, groups), groups, rows, bits);
                return transposed(words, groups, rows / perWord);
              },
            },
          ]),
    ];
  },

  quantizationConfig(summary) {
    const scheme = ({ bits, groupSize, symmetric }: ModuleScheme, targets: string[]): object => ({
      targets,
      weights: {
        num_bits: bits,
        type: 'int',
        symmetric,
        strategy: groupSize === undefined ? 'channel' : 'group',
        group_size: groupSize ?? null,
        dynamic: false,
        actorder: null,
      },
      input_activations: null,
      output_activations: null,
    });
    const exceptions = [...summary.exceptions];
    const [exception] = exceptions;
    const groups = [
      ...[...summary.tables].map(([role, table]) =>
        scheme(table, [role === 'embedding' ? embeddingTarget : table.module]),
      ),
      ...(exception === undefined
        ? []
        : [
            scheme(
              { ...summary, bits: exception[1] },
              exceptions.map(([module]) => module),
            ),
          ]),
      scheme(summary, ['Linear']),
    ];
    return {
      quant_method: 'compressed-tensors',
      format: 'pack-quantized',
      quantization_status: 'compressed',
      config_groups: Object.fromEntries(groups.map((group, index) => [`group_${index}`, group])),
      ignore: [...(summary.tables.has('output') ? [] : [outputLayer]), ...summary.unquantized],
      kv_cache_scheme: null,
    };
  },

  async read({ name: module, isEmbedding }, weights, json) {
    const scheme = schemeOf({ name: module, isEmbedding }, json);
    const { num_bits: bits, symmetric } = scheme;
    const perWord = 32 / bits;
    const [rows, words] = weights.info(`${module}.weight_packed`).shape as [number, number];
    const columns = words * perWord;
    const groupSize = scheme.strategy === 'channel' ? columns : (scheme.group_size ?? columns);
    const perRow = columns / groupSize;
    requireShape(weights, `${module}.weight_scale`, [rows, perRow]);
    await requireStoredShape(module, weights, [rows, columns]);
    const order = await groupOfColumn(weights, `${module}.weight_g_idx`, { columns, groupSize });
    let zeroPoints = new Uint8Array(rows * perRow).fill(2 ** (bits - 1));
    if (!symmetric) {
      requireShape(weights, `${module}.weight_zero_point`, [rows / perWord, perRow]);
      const packed = transposed(await weights.readInt32(`${module}.weight_zero_point`), rows / perWord, perRow);
      zeroPoints = Uint8Array.from(transposed(unpackRows(packed, perRow, rows, bits), perRow, rows));
    }
    return {
      rows,
      columns,
      bits,
      groupSize,
      symmetric,
      codes: unpackRows(await weights.readInt32(`${module}.weight_packed`), rows, columns, bits),
      scales: await weights.readFloat32(`${module}.weight_scale`),
      zeroPoints,
      ...(order === undefined ? {} : { groupOfColumn: order }),
    };
  },
};

/** What the configuration says of a module: by its name or a pattern, else by its class. */
function schemeOf(
  { name, isEmbedding }: QuantizedModule,
  json: Record<string, unknown>,
): z.output<typeof weightScheme> {
  const config = parseWith(configSchema, json, 'quantization_config', anotherModel);
  const groups = Object.values(config.config_groups);
  const named = groups.find(({ targets }) => targets.some((target) => isTarget(target, name, isEmbedding)));
  const scheme = (named ?? groups.find(({ targets }) => targets.includes('Linear')))?.weights;
  if (scheme !== undefined) return scheme;
  throw new FtsError('corrupt', `quantization_config says nothing of ${name}.`, {
    field: 'config_groups',
    remedy: 'Restore config.json.',
  });
}

function isTarget(target: string, module: string, isEmbedding: boolean): boolean {
  if (!target.startsWith('re:')) return target === (isEmbedding ? embeddingTarget : module);
  try {
    return new RegExp(`^(?:${target.slice(3)})`, 'u').test(module);
  } catch (cause) {
    throw new FtsError('corrupt', `quantization_config has a target that cannot be read: ${target}.`, {
      field: 'config_groups',
      value: target,
      remedy: 'Restore config.json.',
      cause,
    });
  }
}

/** Throws where the shape that a module had before it was packed is not the one that its words have. */
async function requireStoredShape(module: string, weights: SafetensorsReader, shape: readonly number[]): Promise<void> {
  const name = `${module}.weight_shape`;
  if (!weights.has(name)) return;
  const { dtype } = weights.info(name);
  const { buffer } = await weights.readBytes(name);
  const sides = dtype === 'I64' ? [...new BigInt64Array(buffer)].map(Number) : [...new Int32Array(buffer)];
  if (sides.length === shape.length && sides.every((side, axis) => side === shape[axis])) return;
  throw new FtsError('corrupt', `${name} says [${sides}]; the packed words have [${shape}].`, {
    field: name,
    value: sides,
    remedy: 'Copy or download the weights again.',
  });
}
