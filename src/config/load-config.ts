import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { FtsError } from '../errors/fts-error.ts';
import { parseJsonWith, parseWith } from '../errors/parse-with.ts';
import { type Config, environmentName, type SettingKey, settingKeys, settings } from './settings.ts';

export type Origin = 'default' | 'file' | 'environment' | 'flag';

export interface LoadedConfig {
  values: Config;
  /** Where each value came from; for `file` and `environment` with the path or the variable's name. */
  origins: Record<SettingKey, { from: Origin; name?: string }>;
}

const fileSchema = z.record(z.string(), z.unknown());

/** Later sources win: default, file, environment, flag. Every value passes its schema whatever its source. */
export function loadConfig(sources: {
  file: string;
  environment: NodeJS.ProcessEnv;
  flags: Partial<Record<SettingKey, unknown>>;
}): LoadedConfig {
  const file = readConfigFile(sources.file);
  const values: Partial<Record<SettingKey, unknown>> = {};
  const origins = {} as LoadedConfig['origins'];
  for (const key of settingKeys) {
    const variable = environmentName(key);
    const [raw, origin] =
      sources.flags[key] !== undefined
        ? ([sources.flags[key], { from: 'flag' }] as const)
        : sources.environment[variable] !== undefined
          ? ([sources.environment[variable], { from: 'environment', name: variable }] as const)
          : key in file
            ? ([file[key], { from: 'file', name: sources.file }] as const)
            : ([undefined, { from: 'default' }] as const);
    origins[key] = origin;
    values[key] =
      raw === undefined ? settings[key].default() : parseWith(settings[key].schema, raw, describe(key, origin));
  }
  return { values: values as Config, origins };
}

function describe(key: SettingKey, origin: { from: Origin; name?: string }): string {
  return origin.name === undefined ? `setting ${key}` : `setting ${key} (from ${origin.name})`;
}

function readConfigFile(path: string): Record<string, unknown> {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return {};
    throw error;
  }
  const content = parseJsonWith(fileSchema, text, path);
  const unknown = Object.keys(content).find((key) => !(key in settings));
  if (unknown !== undefined) {
    throw new FtsError('invalid-input', `Unknown setting "${unknown}" in ${path}.`, {
      field: unknown,
      value: content[unknown],
      remedy: `Remove it, or use one of: ${settingKeys.join(', ')}.`,
    });
  }
  return content;
}
