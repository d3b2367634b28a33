import { visibleLines } from '../../text/visible-text.ts';

/** Figures as people read them. Unknown is a dash. */

export const number = (value: unknown, digits = 3): string =>
  typeof value === 'number' ? value.toLocaleString('en-US', { maximumFractionDigits: digits }) : '–';

/** Losses and perplexities: as many digits as tell them apart. */
export const figure = (value: unknown, digits = 4): string =>
  typeof value === 'number' ? value.toLocaleString('en-US', { maximumSignificantDigits: digits }) : '–';

export const percent = (share: unknown, digits = 1): string =>
  typeof share === 'number' ? `${(share * 100).toFixed(digits)} %` : '–';

export function bytes(value: unknown): string {
  if (typeof value !== 'number') return '–';
  if (value < 1e6) return `${number(value / 1e3, 0)} kB`;
  return value < 1e9 ? `${number(value / 1e6, 1)} MB` : `${number(value / 1e9, 2)} GB`;
}

export function duration(seconds: number): string {
  if (seconds < 1) return `${Math.round(seconds * 1000)} ms`;
  if (seconds < 60) return `${seconds.toFixed(seconds < 10 ? 1 : 0)} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} min ${Math.round(seconds % 60)} s`;
  const hours = Math.floor(minutes / 60);
  return hours < 48 ? `${hours} h ${minutes % 60} min` : `${Math.floor(hours / 24)} days ${hours % 24} h`;
}

export const moment = (iso: string): string =>
  new Date(iso).toLocaleString(undefined, { dateStyle: 'medium', timeStyle: 'medium' });

/** A value of any kind as text: JSON laid out where it is a structure, also where it came as a string. */
export function valueText(value: unknown): string {
  return visibleLines(laidOut(value));
}

function laidOut(value: unknown): string {
  if (typeof value !== 'string') return JSON.stringify(value, null, 2) ?? '';
  if (!/^\s*[[{]/.test(value)) return value;
  try {
    return JSON.stringify(JSON.parse(value), null, 2);
  } catch {
    return value;
  }
}
