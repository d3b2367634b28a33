import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { FtsError } from '../../errors/fts-error.ts';
import { parseJsonWith } from '../../errors/parse-with.ts';
import {
  type AdapterPair,
  type AdapterSettings,
  adapterPairs,
  adapterParameters,
  linearNames,
} from '../../model/architectures/adapter.ts';
import { isStoredOutIn, type ParameterSpec } from '../../model/architectures/parameter.ts';
import { readParameters, toWeightReader } from '../../model/model-parameters.ts';
import { float32Source, SafetensorsReader, writeSafetensors } from '../../model/safetensors.ts';
import { elementsOf } from '../../tensor/shape.ts';

/** What of PEFT's `adapter_config.json` this program reads; options that change the mathematics are refused. */
const configSchema = z.looseObject({
  peft_type: z.literal('LORA'),
  r: z.int().positive(),
  lora_alpha: z.number().positive(),
  target_modules: z.union([z.array(z.string()).min(1), z.string()]),
  bias: z.literal('none').optional(),
  use_rslora: z.literal(false).optional(),
  use_dora: z.literal(false).optional(),
  modules_to_save: z.null().optional(),
  rank_pattern: z.record(z.string(), z.never()).nullish(),
  alpha_pattern: z.record(z.string(), z.never()).nullish(),
  layers_to_transform: z.null().optional(),
});

const PREFIX = 'base_model.model.';

/** An adapter with its numbers: its settings, and the factors of each layer in the graph's layout, by their names. */
export interface Adapter {
  settings: AdapterSettings;
  pairs: readonly AdapterPair[];
  values: ReadonlyMap<string, Float32Array>;
}

/** Writes an adapter in the layout of PEFT (`adapter_config.json`, `adapter_model.safetensors`). */
export async function writeAdapter(
  folder: string,
  { settings, pairs, values }: Adapter,
  { baseModel }: { baseModel: string | null },
): Promise<void> {
  await mkdir(folder, { recursive: true });
  const config = {
    peft_type: 'LORA',
    task_type: 'CAUSAL_LM',
    base_model_name_or_path: baseModel,
    r: settings.rank,
    lora_alpha: settings.alpha,
    lora_dropout: 0,
    target_modules: settings.targets,
    bias: 'none',
    // layers such as GPT-2's Conv1D keep their matrices as [in, out]
    fan_in_fan_out: pairs.some(({ weight }) => !isStoredOutIn(weight)),
    inference_mode: true,
    use_rslora: false,
    use_dora: false,
    modules_to_save: null,
  };
  await writeFile(join(folder, 'adapter_config.json'), `${JSON.stringify(config, null, 2)}\n`, { flush: true });
  const specs = adapterParameters(pairs);
  const tensors = toWeightReader({ specs, arrays: values });
  const written = new Map(specs.map(({ source }) => [source.tensor, source.writtenAs ?? source.tensor]));
  await writeSafetensors(
    join(folder, 'adapter_model.safetensors'),
    await Promise.all(
      tensors
        .names()
        .map(async (name) =>
          float32Source(PREFIX + written.get(name)!, tensors.info(name).shape, await tensors.readFloat32(name)),
        ),
    ),
  );
}

/** Reads a PEFT adapter for a model of these parameters. Throws when it belongs to another model. */
export async function readAdapter(folder: string, parameters: readonly ParameterSpec[]): Promise<Adapter> {
  const path = join(folder, 'adapter_config.json');
  const text = await readFile(path, 'utf8').catch((error: unknown) => {
    throw new FtsError('not-found', `There is no adapter in ${folder}: adapter_config.json cannot be read.`, {
      field: 'adapter',
      value: folder,
      remedy: "Name a folder in PEFT's layout (adapter_config.json, adapter_model.safetensors).",
      cause: error,
    });
  });
  const config = parseJsonWith(configSchema, text, path);
  const named = config.target_modules;
  const settings = {
    rank: config.r,
    alpha: config.lora_alpha,
    targets: Array.isArray(named) ? named : named === 'all-linear' ? linearNames(parameters) : [named],
  };
  const pairs = adapterPairs(parameters, settings);
  const specs = adapterParameters(pairs);
  const reader = await SafetensorsReader.open(join(folder, 'adapter_model.safetensors'));
  try {
    const values = new Map(specs.map(({ name, shape }) => [name, new Float32Array(elementsOf(shape))]));
    const unprefixed = {
      has: (name: string) => reader.has(PREFIX + name),
      info: (name: string) => reader.info(PREFIX + name),
      readFloat32: (name: string) => reader.readFloat32(PREFIX + name),
    };
    await readParameters(specs, unprefixed, (name) => values.get(name)!);
    return { settings, pairs, values };
  } finally {
    await reader.close();
  }
}
