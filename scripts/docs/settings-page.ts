import { environmentName, type SettingKey, settingKeys, settings } from '../../src/config/settings.ts';
import { code, page, prose, table } from './markdown.ts';

export function settingsPage(): string {
  return page('Settings', [
    'A setting comes from its default, the file `FTS_HOME/config.json`, its variable or a flag; each wins over those before it. Lists are written with commas in a variable, and as lists in the file. `fts config` shows the value of each here and now, with its origin. `FTS_HOME` itself is a variable only (default `~/.fts`).',
    table(
      ['key', 'variable', 'default', 'what it sets'],
      settingKeys.map((key) => [
        code(key),
        code(environmentName(key)),
        defaultOf(key),
        prose(settings[key].description),
      ]),
    ),
  ]);
}

/** What a default depends on, for one that is not the same on every machine. */
function defaultOf(key: SettingKey): string {
  const { defaultInWords, default: made } = settings[key];
  if (defaultInWords !== undefined) return defaultInWords;
  const value: unknown = made();
  if (value === undefined) return 'unset';
  if (Array.isArray(value)) return value.length === 0 ? 'empty' : code(value.join(','));
  return code(String(value));
}
