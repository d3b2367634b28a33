import { FtsError } from '../../errors/fts-error.ts';

const UNIT_SECONDS: Record<string, number> = { ms: 0.001, s: 1, m: 60, h: 3600 };

/** Removes the tag `:latest`, which Ollama's clients add to names. */
export function registryName(name: string): string {
  return name.replace(/:latest$/, '');
}

/** Adds `:latest` to a name without a tag, because Ollama lists every name with a tag. */
export function taggedName(name: string): string {
  return name.includes(':') ? name : `${name}:latest`;
}

/** Seconds of a `keep_alive` (`"5m"`, `300`, `-1`); undefined if it is not given. */
export function keepAliveSeconds(value: string | number | null | undefined): number | undefined {
  if (value === null || value === undefined) return undefined;
  if (typeof value === 'number') return value;
  if (/^-?\d+(\.\d+)?$/.test(value)) return Number(value);
  const parts = [...value.matchAll(/(\d+(?:\.\d+)?)(ms|s|m|h)/g)];
  if (parts.length === 0 || parts.map((part) => part[0]).join('') !== value.replace(/^-/, '')) {
    throw new FtsError('invalid-input', `${value} is not a duration.`, {
      field: 'keep_alive',
      value,
      remedy: 'Write it like 5m, 1h30m, 300 (seconds) or -1 (forever).',
    });
  }
  const seconds = parts.reduce((sum, part) => sum + Number(part[1]) * UNIT_SECONDS[part[2]!]!, 0);
  return value.startsWith('-') ? -seconds : seconds;
}
