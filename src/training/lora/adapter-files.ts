import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type AdapterPair, type AdapterSettings, adapterParameters } from '../../model/architectures/adapter.ts';
import { isStoredOutIn } from '../../model/architectures/parameter.ts';
import { float32Source, writeSafetensors } from '../../model/checkpoint/safetensors.ts';
import { toWeightReader } from '../../model/model-parameters.ts';

export const adapterPrefix = 'base_model.model.';

/** An adapter: its settings, and the values of each layer's factors by name, in the graph's layout. */
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
    // layers such as GPT-2's Conv1D store their matrices as [in, out]
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
          float32Source(adapterPrefix + written.get(name)!, tensors.info(name).shape, await tensors.readFloat32(name)),
        ),
    ),
  );
}
