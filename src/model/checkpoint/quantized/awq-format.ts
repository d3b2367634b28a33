import { z } from 'zod';
import { FtsError } from '../../../errors/fts-error.ts';
import { parseWith } from '../../../errors/parse-with.ts';
import { anotherModel, refuseUnreadKeys } from '../../unread-keys.ts';
import { float32ToHalf } from '../float-formats.ts';
import { type CheckpointFormat, groupSizeSchema, requireShape, requireWholeWords } from './checkpoint-format.ts';
import { packRows, transposed, unpackRows } from './int-packing.ts';

const fields = {
  bits: z.literal(4),
  group_size: groupSizeSchema,
  version: z.enum(['gemm', 'GEMM']),
  zero_point: z.boolean(),
};
const configSchema = z.looseObject(fields);

const descriptive =
  /^(quant_method|modules_to_not_convert|backend|do_fuse|fuse_max_seq_len|modules_to_fuse|exllama_config)$/;

function parseConfig(json: Record<string, unknown>): z.output<typeof configSchema> {
  const config = parseWith(configSchema, json, 'quantization_config', anotherModel);
  refuseUnreadKeys(json, {
    read: Object.keys(fields),
    harmless: (key) => descriptive.test(key),
    subject: 'quantization_config',
  });
  return config;
}

/** Which of a word's eight outputs sits at its k-th four bits: the order in which the GPU kernel wants them. */
const outputOrder = [0, 2, 4, 6, 1, 3, 5, 7] as const;

/**
 * AWQ as AutoAWQ's `gemm` version, which Transformers and vLLM read: `qweight` [in, out / 8] and `qzeros`
 * [groups, out / 8] packed along the outputs in the kernel's order, `scales` [groups, out] in F16.
 */
export const awqFormat: CheckpointFormat = {
  name: 'awq',
  marker: 'qweight',
  parts: ['qweight', 'qzeros', 'scales'],

  shape({ name: module }, weights) {
    const [columns, words] = weights.info(`${module}.qweight`).shape as [number, number];
    return [words * 8, columns];
  },

  tensors(module, matrix) {
    const { rows, columns, bits, groupSize, codes, scales, zeroPoints } = matrix;
    if (bits !== 4) {
      throw new FtsError('invalid-input', `The AWQ layout has 4 bits; ${module} has ${bits}.`, {
        field: 'format',
        value: 'awq',
        remedy: 'Use the format gptq or compressed-tensors, or 4 bits (keepBits 16) throughout.',
      });
    }
    requireWholeWords(module, rows, bits);
    const groups = columns / groupSize;
    return [
      {
        name: `${module}.qweight`,
        dtype: 'I32',
        shape: [columns, rows / 8],
        read: () => packRows(transposed(codes, rows, columns), columns, rows, bits, outputOrder),
      },
      {
        name: `${module}.qzeros`,
        dtype: 'I32',
        shape: [groups, rows / 8],
        read: () => packRows(transposed(zeroPoints, rows, groups), groups, rows, bits, outputOrder),
      },
      {
        name: `${module}.scales`,
        dtype: 'F16',
        shape: [groups, rows],
        read: () => float32ToHalf(transposed(scales, rows, groups)),
      },
    ];
  },

  quantizationConfig: ({ bits, groupSize, unquantized }) => ({
    quant_method: 'awq',
    version: 'gemm',
    bits,
    group_size: groupSize ?? -1,
    // Symmetric weights have a zero point too, the middle code: the kernel subtracts it all the same.
    zero_point: true,
    modules_to_not_convert: unquantized.length === 0 ? null : unquantized,
  }),

  async read({ name: module }, weights, json) {
    const config = parseConfig(json);
    const [columns, words] = weights.info(`${module}.qweight`).shape as [number, number];
    const rows = words * 8;
    const groupSize = config.group_size === -1 ? columns : config.group_size;
    const groups = columns / groupSize;
    requireShape(weights, `${module}.scales`, [groups, rows]);
    requireShape(weights, `${module}.qzeros`, [groups, words]);
    const codes = unpackRows(await weights.readInt32(`${module}.qweight`), columns, rows, 4, outputOrder);
    const zeros = unpackRows(await weights.readInt32(`${module}.qzeros`), groups, rows, 4, outputOrder);
    const zeroPoints = transposed(zeros, groups, rows);
    return {
      rows,
      columns,
      bits: 4,
      groupSize,
      symmetric: zeroPoints.every((zero) => zero === 8),
      codes: transposed(codes, columns, rows),
      scales: transposed(await weights.readFloat32(`${module}.scales`), groups, rows),
      zeroPoints,
    };
  },
};
