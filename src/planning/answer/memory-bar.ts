import type { MemoryPart } from './plan-answer.ts';
import { bytesText } from './quantity-text.ts';

const fills = ['█', '▓', '▒', '░', '▞', '▚', '■'];

/**
 * A stacked bar for a terminal: the parts, to scale with the machine's memory, then a legend. `│` marks the end of the
 * machine's memory; parts to the right of it do not fit.
 */
export function memoryBarText(parts: readonly MemoryPart[], usableBytes: number, columns = 60): string {
  const total = parts.reduce((sum, part) => sum + part.bytes, 0);
  const scale = columns / Math.max(total, usableBytes);
  const end = Math.round(usableBytes * scale);
  let bar = '';
  let filled = 0;
  for (const [index, part] of parts.entries()) {
    filled += part.bytes;
    bar += fills[index % fills.length]!.repeat(Math.max(0, Math.round(filled * scale) - bar.length));
  }
  bar = bar.padEnd(columns, '·');
  const marked = `${bar.slice(0, end)}│${bar.slice(end)}`;
  const legend = parts.map((part, index) => `${fills[index % fills.length]} ${part.label} ${bytesText(part.bytes)}`);
  return `${marked}\n${legend.join('   ')}\ntotal ${bytesText(total)} of ${bytesText(usableBytes)} usable`;
}
