import { z } from 'zod';
import { FtsError } from '../../../errors/fts-error.ts';
import { parseWith } from '../../../errors/parse-with.ts';
import { anotherModel, refuseUnreadKeys } from '../../unread-keys.ts';
import { float32ToHalf } from '../float-formats.ts';
import {
  type CheckpointFormat,
  groupOfColumn,
  groupSizeSchema,
  requireShape,
  requireWholeWords,
} from './checkpoint-format.ts';
import { packRows, transposed, unpackRows } from './int-packing.ts';

const bitsSchema = z.union([z.literal(4), z.literal(8)]);
const layoutSchema = z.enum(['gptq', 'gptq_v2']).optional();

const fields = {
  bits: bitsSchema,
  group_size: groupSizeSchema,
  sym: z.boolean(),
  checkpoint_format: layoutSchema,
  format: layoutSchema,
  pack_dtype: z.literal('int32').optional(),
  dynamic: z.record(z.string(), z.union([z.literal(false), z.strictObject({ bits: bitsSchema.optional() })])).nullish(),
};
const configSchema = z.looseObject(fields);

/** How a model was quantized, or is loaded; the order of its groups is in the weights themselves. */
const descriptive = new Set(
  `quant_method desc_act static_groups true_sequential lm_head damp_percent damp_auto_increment mse meta quantizer
  model_name_or_path model_file_base_name batch_size dataset tokenizer exllama_config use_exllama disable_exllama
  use_cuda_fp16 max_input_length cache_block_outputs module_name_preceding_first_block modules_in_block_to_quantize
  block_name_to_quantize model_seqlen pad_token_id backend version act_group_aware`.split(/\s+/),
);

function parseConfig(json: Record<string, unknown>): z.output<typeof configSchema> {
  const config = parseWith(configSchema, json, 'quantization_config', anotherModel);
  refuseUnreadKeys(json, {
    read: Object.keys(fields),
    harmless: (key) => descriptive.has(key),
    subject: 'quantization_config',
  });
  return config;
}

/**
 * GPTQ as AutoGPTQ, GPTQModel, Transformers and vLLM read it: `qweight` [in · bits / 32, out] packed along the inputs,
 * `qzeros` [groups, out · bits / 32] packed along the outputs and, in version 1, one less than the zero point, `scales`
 * [groups, out] in F16, `g_idx` [in].
 */
export const gptqFormat: CheckpointFormat = {
  name: 'gptq',
  marker: 'qweight',
  parts: ['qweight', 'qzeros', 'scales', 'g_idx'],

  shape({ name: module }, weights, json) {
    const [words, rows] = weights.info(`${module}.qweight`).shape as [number, number];
    return [rows, (words * 32) / bitsOf(module, parseConfig(json))];
  },

  tensors(module, matrix) {
    const { rows, columns, bits, groupSize, codes, scales, zeroPoints } = matrix;
    requireWholeWords(module, rows, bits);
    const perWord = 32 / bits;
    const groups = columns / groupSize;
    if (zeroPoints.includes(0)) {
      throw new FtsError('invalid-input', `The GPTQ layout has no zero point of 0; ${module} has one.`, {
        field: 'format',
        value: 'gptq',
        remedy: 'Use the format compressed-tensors, or quantize symmetrically.',
      });
    }
    const stored = zeroPoints.map((zero) => zero - 1);
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
    const config = parseConfig(json);
    const bits = bitsOf(module, config);
    const perWord = 32 / bits;
    const [words, rows] = weights.info(`${module}.qweight`).shape as [number, number];
    const columns = words * perWord;
    const groupSize = config.group_size === -1 ? columns : config.group_size;
    const groups = Math.ceil(columns / groupSize);
    requireShape(weights, `${module}.scales`, [groups, rows]);
    requireShape(weights, `${module}.qzeros`, [groups, rows / perWord]);
    const order = await groupOfColumn(weights, `${module}.g_idx`, { columns, groupSize });
    const qweight = await weights.readInt32(`${module}.qweight`);
    const zeros = unpackRows(await weights.readInt32(`${module}.qzeros`), groups, rows, bits);
    const layout = config.checkpoint_format ?? config.format ?? 'gptq';
    if (layout === 'gptq') addOne(zeros, 2 ** bits - 1, module);
    return {
      rows,
      columns,
      bits,
      groupSize,
      symmetric: config.sym,
      codes: unpackRows(transposed(qweight, words, rows), rows, columns, bits),
      scales: transposed(await weights.readFloat32(`${module}.scales`), groups, rows),
      zeroPoints: transposed(zeros, groups, rows),
      ...(order === undefined ? {} : { groupOfColumn: order }),
    };
  },
};

function bitsOf(module: string, { bits, dynamic }: z.output<typeof configSchema>): 4 | 8 {
  for (const [pattern, scheme] of Object.entries(dynamic ?? {})) {
    if (scheme === false || scheme.bits === undefined || pattern.startsWith('-:')) continue;
    // GPTQModel matches from the start of the name.
    if (patternOf(`^(?:${pattern.replace(/^\+:/, '')})`).test(module)) return scheme.bits;
  }
  return bits;
}

function patternOf(pattern: string): RegExp {
  try {
    return new RegExp(pattern, 'u');
  } catch (cause) {
    throw new FtsError('corrupt', `quantization_config has a pattern that cannot be read: ${pattern}.`, {
      field: 'dynamic',
      value: pattern,
      remedy: 'Restore config.json.',
      cause,
    });
  }
}

/** The first version keeps zero points less 1. What its highest code stands for depends on the kernel that reads it. */
function addOne(zeros: Uint8Array, largest: number, module: string): void {
  for (let i = 0; i < zeros.length; i++) {
    if (zeros[i] === largest) {
      throw new FtsError(
        'invalid-input',
        `${module} has a zero point that readers of GPTQ take for 0 or ${largest + 1}.`,
        {
          field: `${module}.qzeros`,
          value: largest,
          remedy: 'Use a model in the layout gptq_v2, or one that was quantized symmetrically.',
        },
      );
    }
    zeros[i]! += 1;
  }
}

function escaped(module: string): string {
  return module.replaceAll('.', '\\.');
}
