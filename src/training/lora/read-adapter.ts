import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { FtsError } from '../../errors/fts-error.ts';
import { type AdapterPair, adapterPair, adapterParameters, linearNames } from '../../model/architectures/adapter.ts';
import { isLinear, type ParameterSpec } from '../../model/architectures/parameter.ts';
import { SafetensorsReader } from '../../model/checkpoint/safetensors.ts';
import { readParameters } from '../../model/model-parameters.ts';
import { refuseUnreadTensors } from '../../model/unread-keys.ts';
import { elementsOf } from '../../tensor/shape.ts';
import { adapterPrefix } from './adapter-files.ts';
import { isTargeted, mergeWithPeft, parsePeftConfig, rankAndFactor } from './peft-config.ts';

/** A PEFT adapter: the values of each weight's factors by name, in the graph's layout. */
export interface ReadAdapter {
  pairs: readonly (AdapterPair & { factor: number })[];
  values: ReadonlyMap<string, Float32Array>;
}

/**
 * Reads a PEFT adapter for a model with the given parameters. Throws if it belongs to another model, and for every
 * unsupported option or tensor.
 */
export async function readAdapter(folder: string, parameters: readonly ParameterSpec[]): Promise<ReadAdapter> {
  const path = join(folder, 'adapter_config.json');
  const text = await readFile(path, 'utf8').catch((error: unknown) => {
    throw new FtsError('not-found', `There is no adapter in ${folder}: adapter_config.json cannot be read.`, {
      field: 'adapter',
      value: folder,
      remedy: "Name a folder in PEFT's layout (adapter_config.json, adapter_model.safetensors).",
      cause: error,
    });
  });
  const config = parsePeftConfig(text, path);
  const pairs = parameters.filter(isLinear).flatMap((weight) => {
    const { tensor, writtenAs = tensor } = weight.source;
    const module = writtenAs.replace(/\.weight$/, '');
    if (!isTargeted(module, config)) return [];
    const { rank, factor } = rankAndFactor(module, config);
    return [{ ...adapterPair(weight, rank), factor }];
  });
  if (pairs.length === 0) {
    throw new FtsError('invalid-input', 'The adapter is for layers that the model does not have.', {
      field: 'target_modules',
      value: config.target_modules,
      remedy: `Use an adapter for some of: ${linearNames(parameters).join(', ')}.`,
    });
  }
  const specs = adapterParameters(pairs);
  const reader = await SafetensorsReader.open(join(folder, 'adapter_model.safetensors'));
  try {
    const known = specs.flatMap(({ source }) => [source.tensor, source.writtenAs ?? source.tensor]);
    const read = new Set(known.map((name) => adapterPrefix + name));
    refuseUnreadTensors(reader.names(), (name) => read.has(name), folder, mergeWithPeft);
    const values = new Map(specs.map(({ name, shape }) => [name, new Float32Array(elementsOf(shape))]));
    const unprefixed = {
      has: (name: string) => reader.has(adapterPrefix + name),
      info: (name: string) => reader.info(adapterPrefix + name),
      readFloat32: (name: string) => reader.readFloat32(adapterPrefix + name),
    };
    await readParameters(specs, unprefixed, (name) => values.get(name)!);
    return { pairs, values };
  } finally {
    await reader.close();
  }
}
