import { z } from 'zod';
import { FtsError } from '../../errors/fts-error.ts';
import { parseWith } from '../../errors/parse-with.ts';
import { float32ToHalf } from '../float-formats.ts';
import { type CheckpointFormat, type ModuleScheme, requireShape, requireWholeWords } from './checkpoint-format.ts';
import { packRows, transposed, unpackRows } from './int-packing.ts';

const groupSchema = z.looseObject({
  targets: z.array(z.string()),
  weights: z.looseObject({
    num_bits: z.union([z.literal(4), z.literal(8)]),
    type: z.literal('int'),
    symmetric: z.boolean(),
    strategy: z.enum(['group', 'channel']),
    group_size: z.int().positive().nullish(),
  }),
  input_activations: z.null().optional(),
});
const configSchema = z.looseObject({
  format: z.literal('pack-quantized'),
  config_groups: z.record(z.string(), groupSchema),
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
    const config = parseWith(configSchema, json, 'quantization_config');
    const groups = Object.values(config.config_groups);
    const named = groups.find(({ targets }) => targets.includes(isEmbedding ? embeddingTarget : module));
    const scheme = (named ?? groups.find(({ targets }) => targets.includes('Linear')))?.weights;
    if (scheme === undefined) {
      throw new FtsError('corrupt', `quantization_config says nothing of ${module}.`, {
        field: 'config_groups',
        remedy: 'Restore config.json.',
      });
    }
    const { num_bits: bits, symmetric } = scheme;
    const perWord = 32 / bits;
    const [rows, words] = weights.info(`${module}.weight_packed`).shape as [number, number];
    const columns = words * perWord;
    const groupSize = scheme.strategy === 'channel' ? columns : (scheme.group_size ?? columns);
    const perRow = columns / groupSize;
    requireShape(weights, `${module}.weight_scale`, [rows, perRow]);
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
    };
  },
};
