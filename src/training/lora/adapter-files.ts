import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { FtsError } from '../../errors/fts-error.ts';
import { parseJsonWith } from '../../errors/parse-with.ts';
import { type AdapterPair, type AdapterSettings, adapterPairs } from '../../model/architectures/adapter.ts';
import { fromCheckpoint, type ParameterSpec, toCheckpoint } from '../../model/architectures/parameter.ts';
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
});

const PREFIX = 'base_model.model.';

/** Writes an adapter in the layout of PEFT (`adapter_config.json`, `adapter_model.safetensors`). */
export async function writeAdapter(
  folder: string,
  adapter: { settings: AdapterSettings; pairs: readonly AdapterPair[] },
  values: (name: string) => Float32Array,
  { baseModel, transformerPrefix }: { baseModel: string | null; transformerPrefix: string },
): Promise<void> {
  const { settings, pairs } = adapter;
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
    // GPT-2 keeps its matrices as [in, out]
    fan_in_fan_out: transformerPrefix !== '',
    inference_mode: true,
    use_rslora: false,
    use_dora: false,
    modules_to_save: null,
  };
  await writeFile(join(folder, 'adapter_config.json'), `${JSON.stringify(config, null, 2)}\n`, { flush: true });
  const tensors = pairs.flatMap(({ a, b }) =>
    [a, b].map((spec) => {
      const whole = new Float32Array(elementsOf(spec.source.shape));
      toCheckpoint(spec, values(spec.name), whole);
      return float32Source(PREFIX + transformerPrefix + spec.source.tensor, spec.source.shape, whole);
    }),
  );
  await writeSafetensors(join(folder, 'adapter_model.safetensors'), tensors);
}

/** An adapter that was read: its settings, and the factors of each layer in the graph's layout. */
export interface LoadedAdapter {
  settings: AdapterSettings;
  pairs: readonly AdapterPair[];
  values: ReadonlyMap<string, Float32Array>;
}

/** Reads a PEFT adapter for a model of these parameters. Throws when it belongs to another model. */
export async function readAdapter(folder: string, parameters: readonly ParameterSpec[]): Promise<LoadedAdapter> {
  const path = join(folder, 'adapter_config.json');
  const config = parseJsonWith(configSchema, await readFile(path, 'utf8'), path);
  const named = config.target_modules;
  const settings = {
    rank: config.r,
    alpha: config.lora_alpha,
    targets: Array.isArray(named) ? named : named === 'all-linear' ? allTargets(parameters) : [named],
  };
  const pairs = adapterPairs(parameters, settings);
  const reader = await SafetensorsReader.open(join(folder, 'adapter_model.safetensors'));
  try {
    const values = new Map<string, Float32Array>();
    for (const spec of pairs.flatMap(({ a, b }) => [a, b])) {
      const name = [PREFIX, `${PREFIX}transformer.`]
        .map((prefix) => prefix + spec.source.tensor)
        .find((n) => reader.has(n));
      if (name === undefined) {
        throw new FtsError('corrupt', `The adapter ${folder} has no tensor ${spec.source.tensor}.`, {
          field: spec.source.tensor,
          value: folder,
          remedy: 'Use the adapter with the model that it was trained on.',
        });
      }
      const array = new Float32Array(elementsOf(spec.shape));
      fromCheckpoint(spec, reader.info(name).shape, await reader.readFloat32(name), array);
      values.set(spec.name, array);
    }
    return { settings, pairs, values };
  } finally {
    await reader.close();
  }
}

/** The names of all linear layers but the output's: what LoRA adapts when nothing else is said. */
export function allTargets(parameters: readonly ParameterSpec[]): string[] {
  const linears = parameters.filter(({ layout, source, name }) => {
    return layout !== undefined && source.columns === undefined && !/^(lm_head|model\.embed_tokens)/.test(name);
  });
  return [...new Set(linears.map(({ name }) => name.split('.').at(-2)!))];
}
