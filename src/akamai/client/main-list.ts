/** Where in an answer its rows are: the keys that lead to the array, and the array. */
export interface MainList {
  at: readonly string[];
  rows: readonly unknown[];
}

const USUAL_NAMES = new Set(['items', 'data', 'results', 'objects', 'content', 'records', 'rows', 'entries', 'values']);
const DEEPEST = 3;

/** The list that an answer is about: the answer itself, or the usual name, or the longest list of objects inside. */
export function findMainList(body: unknown): MainList | undefined {
  if (Array.isArray(body)) return { at: [], rows: body };
  const found = listsIn(body, []);
  found.sort((a, b) => a.at.length - b.at.length || rank(b) - rank(a) || b.rows.length - a.rows.length);
  return found[0];
}

/** The rows at a known place; an absent list is an empty page. */
export function listAt(body: unknown, at: readonly string[]): readonly unknown[] {
  let node = body;
  for (const key of at) node = isRecord(node) ? node[key] : undefined;
  return Array.isArray(node) ? node : [];
}

/** A copy of the answer with other rows in that place. */
export function withRows(body: unknown, at: readonly string[], rows: readonly unknown[]): unknown {
  const [key, ...rest] = at;
  if (key === undefined) return rows;
  return isRecord(body) ? { ...body, [key]: withRows(body[key], rest, rows) } : body;
}

function listsIn(body: unknown, at: readonly string[]): MainList[] {
  if (!isRecord(body) || at.length >= DEEPEST) return [];
  const lists: MainList[] = [];
  for (const [key, value] of Object.entries(body)) {
    const here = [...at, key];
    if (Array.isArray(value)) {
      if (key !== 'links' && key !== 'errors' && key !== 'warnings') lists.push({ at: here, rows: value });
    } else lists.push(...listsIn(value, here));
  }
  return lists;
}

function rank(list: MainList): number {
  if (USUAL_NAMES.has(list.at.at(-1) ?? '')) return 2;
  return list.rows.some(isRecord) ? 1 : 0;
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Uint8Array);
}
