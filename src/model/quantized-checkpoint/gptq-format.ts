import { z } from 'zod';
import { FtsError } from '../../errors/fts-error.ts';
import { parseWith } from '../../errors/parse-with.ts';
import { float32ToHalf } from '../float-formats.ts';
import { type CheckpointFormat, groupSizeSchema, requireShape, requireWholeWords } from './checkpoint-format.ts';
import { packRows, transposed, unpackRows } from './int-packing.ts';

const configSchema = z.looseObject({
  bits: z.union([z.literal(4), z.literal(8)]),
  group_size: groupSizeSchema,
  sym: z.boolean(),
  checkpoint_format: z.string().optional(),
  dynamic: z.record(z.string(), z.looseObject({ bits: z.union([z.literal(4), z.literal(8)]).optional() })).nullish(),
});

/**
 * GPTQ as AutoGPTQ, GPTQModel, Transformers and vLLM read it: `qweight` [in · bits / 32, out] packed along the inputs,
 * `qzeros` [groups, out · bits / 32] packed along the outputs and, in version 1, one less than the zero point, `scales`
 * [groups, out] in F16, `g_idx` [in].
 */
export const gptqFormat: CheckpointFormat = {
  name: 'gptq',
  marker: 'qweight',

  tensors(module, matrix) {
    const { rows, columns, bits, groupSize, codes, scales, zeroPoints } = matrix;
    requireWholeWords(module, rows, bits);
    const perWord = 32 / bits;
    const groups = columns / groupSize;
    const stored = zeroPoints.map((zero) => (zero - 1) & (2 ** bits - 1));
    return [
      {
        name: `${module}.g_idx`,
        dtype: 'I32',
        shape: [columns],
        read: () => Int32Array.from({ length: columns }, (_, column) => Math.floor(column / groupSize)),
      },
      {
        name: `${module}.qweight`,
        dtype: 'I32',
        shape: [columns / perWord, rows],
        read: () => {
          // Words along the inputs, then turned: [out, words] to [words, out].
          const words = packRows(codes, rows, columns, bits);
          return transposed(words, rows, columns / perWord);
        },
      },
      {
        name: `${module}.qzeros`,
        dtype: 'I32',
        shape: [groups, rows / perWord],
        read: () => packRows(transposed(stored, rows, groups), groups, rows, bits),
      },
      {
        name: `${module}.scales`,
        dtype: 'F16',
        shape: [groups, rows],
        read: () => float32ToHalf(transposed(scales, rows, groups)),
      },
    ];
  },

  quantizationConfig({ bits, groupSize, symmetric, exceptions, unquantized, damping }) {
    const dynamic = Object.fromEntries([
      ...[...exceptions].map(([module, other]) => [`+:^${escaped(module)}$`, { bits: other }]),
      ...unquantized.map((module) => [`-:^${escaped(module)}$`, {}]),
    ]);
    return {
      quant_method: 'gptq',
      checkpoint_format: 'gptq',
      bits,
      group_size: groupSize ?? -1,
      sym: symmetric,
      desc_act: false,
      static_groups: true,
      true_sequential: true,
      lm_head: false,
      ...(damping === undefined ? {} : { damp_percent: damping }),
      ...(Object.keys(dynamic).length === 0 ? {} : { dynamic }),
    };
  },

  async read({ name: module }, weights, json) {
    const config = parseWith(configSchema, json, 'quantization_config');
    const bits = bitsOf(module, config);
    const perWord = 32 / bits;
    const [words, rows] = weights.info(`${module}.qweight`).shape as [number, number];
    const columns = words * perWord;
    const groupSize = config.group_size === -1 ? columns : config.group_size;
    const groups = Math.ceil(columns / groupSize);
    requireShape(weights, `${module}.scales`, [groups, rows]);
    requireShape(weights, `${module}.qzeros`, [groups, rows / perWord]);
    await requireGroupsInOrder(module, weights, groupSize);
    const qweight = await weights.readInt32(`${module}.qweight`);
    const offset = config.checkpoint_format === 'gptq_v2' ? 0 : 1;
    const zeros = unpackRows(await weights.readInt32(`${module}.qzeros`), groups, rows, bits);
    return {
      rows,
      columns,
      bits,
      groupSize,
      symmetric: config.sym,
      codes: unpackRows(transposed(qweight, words, rows), rows, columns, bits),
      scales: transposed(await weights.readFloat32(`${module}.scales`), groups, rows),
      zeroPoints: transposed(zeros, groups, rows).map((zero) => zero + offset),
    };
  },
};

function bitsOf(module: string, { bits, dynamic }: z.output<typeof configSchema>): 4 | 8 {
  for (const [pattern, scheme] of Object.entries(dynamic ?? {})) {
    if (scheme.bits === undefined || pattern.startsWith('-:')) continue;
    if (new RegExp(pattern.replace(/^\+:/, ''), 'u').test(module)) return scheme.bits;
  }
  return bits;
}

async function requireGroupsInOrder(
  module: string,
  weights: Parameters<CheckpointFormat['read']>[1],
  groupSize: number,
): Promise<void> {
  if (!weights.has(`${module}.g_idx`)) return;
  const groups = await weights.readInt32(`${module}.g_idx`);
  if (groups.every((group, column) => group === Math.floor(column / groupSize))) return;
  throw new FtsError('invalid-input', `${module} has groups that are not consecutive (desc_act).`, {
    field: 'desc_act',
    value: true,
    remedy: 'Use a model that was quantized with desc_act=false or static_groups=true.',
  });
}

function escaped(module: string): string {
  return module.replaceAll('.', '\\.');
}
