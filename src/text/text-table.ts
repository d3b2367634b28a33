import { displayWidth, padLeftToWidth, padToWidth } from './display-width.ts';

/** Columns under their heads, as wide as their widest cell; all but the first at the right end where `figures` is set. */
export function textTable(
  head: readonly string[],
  rows: readonly (readonly string[])[],
  { figures = false }: { figures?: boolean } = {},
): string {
  const all = [head, ...rows];
  const widths = head.map((_, column) => Math.max(...all.map((row) => displayWidth(row[column]!))));
  const padded = (cell: string, column: number): string =>
    figures && column > 0 ? padLeftToWidth(cell, widths[column]!) : padToWidth(cell, widths[column]!);
  return all.map((row) => row.map(padded).join('  ').trimEnd()).join('\n');
}
