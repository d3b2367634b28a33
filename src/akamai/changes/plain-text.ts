import type { Description } from './change-kind.ts';

const longest = 400;

/**
 * Text from API answers and callers (names, notes, reasons) as one plain line: no control characters, no reversed writing, no length that
 * would push the rest of a form out of sight. What an approver reads is laid out by us alone.
 */
export function plainText(text: string, limit = longest): string {
  const line = text
    .replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]+/gu, ' ')
    .replaceAll(/ {2,}/g, ' ')
    .trim();
  return line.length > limit ? `${line.slice(0, limit)}… (${text.length} characters)` : line;
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
