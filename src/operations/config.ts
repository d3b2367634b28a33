import { z } from 'zod';
import { environmentName, settingKeys, settings } from '../config/settings.ts';
import { defineOperation } from './operation.ts';

export const configShow = defineOperation({
  name: 'config',
  title: 'Show the configuration',
  description: 'Shows every setting with its effective value, where that value came from, and how to change it.',
  effect: 'read',
  scope: 'read',
  idempotent: true,
  openWorld: false,
  job: false,
  example: 'fts config',
  input: z.object({}),
  output: z.object({
    home: z.string(),
    file: z.string(),
    settings: z.array(
      z.object({
        key: z.string(),
        value: z.unknown(),
        from: z.enum(['default', 'file', 'environment', 'flag']),
        variable: z.string(),
        description: z.string(),
      }),
    ),
  }),
  async run(_input, { home, config }) {
    return {
      home: home.root,
      file: home.configFile,
      settings: settingKeys.map((key) => ({
        key,
        value: config.values[key],
        from: config.origins[key].from,
        variable: environmentName(key),
        description: settings[key].description,
      })),
    };
  },
});
