import { FtsError } from '../../errors/fts-error.ts';

/** The sections of an `.edgerc` file, each a map of its keys. Keys before the first section belong to `default`. */
export type EdgercSections = Map<string, Map<string, string>>;

/**
 * Parses Akamai's credential file: INI sections, `key = value`, `#` and `;` comments on their own line or after white
 * space. Values are never quoted into an error: they are secrets.
 */
export function parseEdgerc(text: string, source: string): EdgercSections {
  const sections: EdgercSections = new Map();
  let section = 'default';
  for (const [index, raw] of text
    .replace(/^\uFEFF/, '')
    .split(/\r?\n/)
    .entries()) {
    const line = raw.trim();
    if (line === '' || line.startsWith('#') || line.startsWith(';')) continue;
    const header = /^\[([^\]]+)\]$/.exec(line.replace(/\s+[#;].*$/, ''));
    if (header) {
      section = header[1]!.trim();
      if (!sections.has(section)) sections.set(section, new Map());
      continue;
    }
    const pair = /^([A-Za-z][\w-]*)\s*[=:]\s*(.*)$/.exec(line);
    if (!pair) {
      throw new FtsError('invalid-input', `${source} line ${index + 1} is neither a [section] nor "key = value".`, {
        field: `${source}:${index + 1}`,
        remedy: 'Correct or remove that line.',
      });
    }
    const value = unquote(pair[2]!.replace(/\s+[#;].*$/, '').trim());
    const keys = sections.get(section) ?? new Map<string, string>();
    keys.set(pair[1]!.toLowerCase().replaceAll('-', '_'), value);
    sections.set(section, keys);
  }
  return sections;
}

function unquote(value: string): string {
  const quote = value[0];
  return value.length > 1 && (quote === '"' || quote === "'") && value.endsWith(quote) ? value.slice(1, -1) : value;
}
