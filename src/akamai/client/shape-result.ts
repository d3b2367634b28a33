import { type JSONValue, search } from '@jmespath-community/jmespath';
import { FtsError } from '../../errors/fts-error.ts';
import { findMainList, isRecord, withRows } from './main-list.ts';

export interface Shape {
  /** JMESPath over the whole answer. Applied first. */
  select?: string | undefined;
  /** Members to keep of each row (or of the one object); `a.b` reaches inside. */
  fields?: readonly string[] | undefined;
  /** At most this many rows. */
  rows?: number | undefined;
  /** At most this many bytes of JSON. */
  maxBytes?: number | undefined;
}

export interface Shaped {
  data: unknown;
  bytes: number;
  /** What was left out and how to get it; absent when nothing was. */
  note?: string;
}

const DEFAULT_MAX_BYTES = 48_000;
const LONGEST_TEXT_IN_OUTLINE = 200;

/** Cuts an answer to what was asked for and to a size that fits a conversation, and says what is missing. */
export function shapeResult(body: unknown, shape: Shape): Shaped {
  const maxBytes = shape.maxBytes ?? DEFAULT_MAX_BYTES;
  const notes: string[] = [];
  let data: unknown = body instanceof Uint8Array ? `(${body.byteLength} bytes, not text)` : (body ?? null);
  if (shape.select !== undefined) data = selected(data, shape.select);
  if (shape.fields !== undefined && shape.fields.length > 0) data = projected(data, shape.fields);
  const list = findMainList(data);
  if (list && shape.rows !== undefined && list.rows.length > shape.rows) {
    notes.push(`${shape.rows} of ${list.rows.length} rows shown; raise rows or narrow with select.`);
    data = withRows(data, list.at, list.rows.slice(0, shape.rows));
  }
  if (sizeOf(data) > maxBytes) {
    const cut = cutToSize(data, maxBytes);
    data = cut.data;
    notes.push(cut.note);
  }
  return { data, bytes: sizeOf(data), ...(notes.length > 0 ? { note: notes.join(' ') } : {}) };
}

function selected(data: unknown, expression: string): unknown {
  try {
    return search(data as JSONValue, expression) ?? null;
  } catch (error) {
    throw new FtsError('invalid-input', `The JMESPath expression does not work: ${(error as Error).message}`, {
      field: 'select',
      value: expression,
      remedy: 'Correct it; for example: items[?name==`www`].{id: id, version: latestVersion}.',
      cause: error,
    });
  }
}

function projected(data: unknown, fields: readonly string[]): unknown {
  const list = findMainList(data);
  if (list)
    return withRows(
      data,
      list.at,
      list.rows.map((row) => (isRecord(row) ? pick(row, fields) : row)),
    );
  return isRecord(data) ? pick(data, fields) : data;
}

function pick(row: Record<string, unknown>, fields: readonly string[]): Record<string, unknown> {
  const kept: Record<string, unknown> = {};
  for (const field of fields) {
    let node: unknown = row;
    for (const key of field.split('.')) node = isRecord(node) ? node[key] : undefined;
    if (node !== undefined) kept[field] = node;
  }
  return kept;
}

/** As many whole rows as fit; where there are no rows, an outline of the members with their sizes. */
function cutToSize(data: unknown, maxBytes: number): { data: unknown; note: string } {
  const list = findMainList(data);
  if (list && list.rows.length > 1) {
    const frame = sizeOf(withRows(data, list.at, []));
    let used = frame;
    let count = 0;
    while (count < list.rows.length && used + sizeOf(list.rows[count]) + 1 <= maxBytes) {
      used += sizeOf(list.rows[count]) + 1;
      count++;
    }
    if (count > 0) {
      return {
        data: withRows(data, list.at, list.rows.slice(0, count)),
        note: `Cut to ${count} of ${list.rows.length} rows to stay under ${maxBytes} bytes; choose fields, use select, or raise maxBytes.`,
      };
    }
  }
  const outlined = outline(data, 3);
  const small = sizeOf(outlined) <= maxBytes ? outlined : outline(data, 1);
  return {
    data: small,
    note: `The answer has ${sizeOf(data)} bytes: this is its outline. Get a part with select (JMESPath), or raise maxBytes.`,
  };
}

function outline(value: unknown, depth: number): unknown {
  if (typeof value === 'string') {
    return value.length > LONGEST_TEXT_IN_OUTLINE ? `${value.slice(0, LONGEST_TEXT_IN_OUTLINE)}…` : value;
  }
  if (Array.isArray(value)) return `(list of ${value.length}, ${sizeOf(value)} bytes)`;
  if (!isRecord(value)) return value;
  if (depth === 0) return `(object with ${Object.keys(value).length} members, ${sizeOf(value)} bytes)`;
  return Object.fromEntries(
    Object.entries(value)
      .slice(0, 100)
      .map(([key, inner]) => [key, outline(inner, depth - 1)]),
  );
}

function sizeOf(value: unknown): number {
  return Buffer.byteLength(JSON.stringify(value) ?? '');
}
