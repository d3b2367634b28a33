import Table from 'cli-table3';
import pc from 'picocolors';
import type { Operation } from '../operations/operation.ts';
import { renderOutput, visibleOutput } from '../operations/render-output.ts';
import { writeJsonResult, writeResult } from '../runtime/terminal-output.ts';
import { displayWidth, padToWidth } from '../text/display-width.ts';

/**
 * The result on standard output: JSON for machines, else the operation's own text, else its fields as tables. A check
 * that did not pass is a result as well, and makes the exit code 1.
 */
export function printResult(operation: Operation, result: unknown, json: boolean): void {
  if (json) writeJsonResult(operation.toJson?.(result) ?? result);
  else writeResult(`${renderOutput(operation, result) ?? asText(visibleOutput(operation, result))}\n`);
  if (operation.passed?.(result) === false) process.exitCode = 1;
}

function asText(value: unknown): string {
  if (Array.isArray(value)) return value.length === 0 ? pc.dim('(none)') : asTable(value);
  if (!isRecord(value)) return String(value);
  const lists = Object.entries(value).filter(([, inner]) => Array.isArray(inner) && inner.every(isRecord));
  const plain = Object.entries(value).filter(([key]) => !lists.some(([listed]) => listed === key));
  const width = Math.max(0, ...plain.map(([key]) => displayWidth(key)));
  return [
    ...plain.map(([key, inner]) => `${pc.bold(padToWidth(key, width))}  ${asCell(inner)}`),
    ...lists.map(
      ([key, inner]) => `${plain.length > 0 || lists.length > 1 ? `${pc.bold(key)}\n` : ''}${asText(inner)}`,
    ),
  ].join('\n');
}

function asTable(rows: unknown[]): string {
  if (!rows.every(isRecord)) return rows.map(asCell).join('\n');
  const columns = [...new Set(rows.flatMap((row) => Object.keys(row)))];
  const cells = rows.map((row) => columns.map((column) => asCell(row[column])));
  const table = new Table({
    head: columns.map((column) => pc.bold(column)),
    style: { head: [], border: [], compact: true },
    chars: plainBorders,
    wordWrap: true,
    colWidths: widthsInTerminal([columns, ...cells], process.stdout.columns),
  });
  table.push(...cells);
  return table.toString().replaceAll(/ +$/gm, '');
}

/** In a terminal that is too narrow the last column, where descriptions are, wraps into the room that is left. */
function widthsInTerminal(rows: readonly string[][], terminalColumns: number | undefined): (number | null)[] {
  const natural = rows[0]!.map((_, index) => Math.max(...rows.map((row) => displayWidth(row[index]!))) + 3);
  const others = natural.slice(0, -1).reduce((sum, width) => sum + width, 0);
  const left = (terminalColumns ?? Number.POSITIVE_INFINITY) - others - 1;
  const wraps = left >= 20 && left < natural.at(-1)!;
  return natural.map((_, index) => (wraps && index === natural.length - 1 ? left : null));
}

function asCell(value: unknown): string {
  if (value === null || value === undefined) return '-';
  if (typeof value === 'object') return JSON.stringify(value);
  return String(value);
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

const plainBorders = {
  top: '',
  'top-mid': '',
  'top-left': '',
  'top-right': '',
  bottom: '',
  'bottom-mid': '',
  'bottom-left': '',
  'bottom-right': '',
  left: '',
  'left-mid': '',
  mid: '',
  'mid-mid': '',
  right: '',
  'right-mid': '',
  middle: ' ',
};
