import { visibleLine } from '../../text/visible-text.ts';
import type { Description } from './change-kind.ts';

const longest = 400;

/**
 * Text from API answers and callers (names, notes, reasons) as one visible line, of no length that would push the rest of
 * a form out of sight. What an approver reads is laid out by us alone.
 */
export function plainText(text: string, limit = longest): string {
  const line = text.replaceAll(/ {2,}/g, ' ').trim();
  if (line.length <= limit) return visibleLine(line);
  const start = line.slice(0, limit).replace(/[\ud800-\udbff]$/, '');
  return `${visibleLine(start)}… (${text.length} characters)`;
}

export function plainDescription(description: Description): Description {
  return {
    ...description,
    title: plainText(description.title),
    affects: description.affects.map((text) => plainText(text)),
    blastRadius: plainText(description.blastRadius),
    wayBack: plainText(description.wayBack),
    warnings: description.warnings.map((text) => plainText(text)),
    differences: description.differences.map((one) => ({ ...one, place: plainText(one.place) })),
    ...(description.gate === undefined
      ? {}
      : { gate: { ...description.gate, explanation: plainText(description.gate.explanation) } }),
  };
}
