/** About 10,000 tokens: what an assistant can take in without losing its thread. */
const limitCharacters = 40_000;

/** A list that was cut, as the path to it and what it shows. */
interface Cut {
  path: string;
  shown: number;
  of: number;
}

/**
 * Cuts a result that is too long for a conversation: the list that takes most of it loses its end, until the whole
 * fits. What was cut is said in `more`, so that its reader knows that there is more and narrows the call.
 */
export function limitResult(value: Record<string, unknown>, limit = limitCharacters): Record<string, unknown> {
  if (JSON.stringify(value).length <= limit) return value;
  const copy = structuredClone(value);
  const cuts = new Map<string, Cut>();
  for (;;) {
    const size = JSON.stringify(copy).length;
    if (size <= limit) break;
    const longest = heaviestList(copy, '');
    if (longest === undefined) break;
    const { list, path } = longest;
    const of = cuts.get(path)?.of ?? list.length;
    const excess = (size - limit) / JSON.stringify(list).length;
    list.length = Math.max(0, Math.min(list.length - 1, Math.floor(list.length * (1 - excess))));
    cuts.set(path, { path, shown: list.length, of });
  }
  shortenTexts(copy, limit);
  const more = [...cuts.values()].map(
    ({ path, shown, of }) => `${path} shows ${shown} of ${of}: narrow the call to see the others.`,
  );
  return more.length === 0 ? copy : { ...copy, more };
}

function heaviestList(node: unknown, path: string): { list: unknown[]; path: string; size: number } | undefined {
  if (typeof node !== 'object' || node === null) return undefined;
  let heaviest: { list: unknown[]; path: string; size: number } | undefined;
  const consider = (candidate: { list: unknown[]; path: string; size: number } | undefined): void => {
    if (candidate !== undefined && (heaviest === undefined || candidate.size > heaviest.size)) heaviest = candidate;
  };
  if (Array.isArray(node)) {
    if (node.length > 0) consider({ list: node, path, size: JSON.stringify(node).length });
  } else {
    for (const [key, inner] of Object.entries(node))
      consider(heaviestList(inner, path === '' ? key : `${path}.${key}`));
  }
  return heaviest;
}

/** A single text that fills everything is cut in its middle of nowhere, with a word that says so. */
function shortenTexts(node: Record<string, unknown>, limit: number): void {
  for (const [key, inner] of Object.entries(node)) {
    if (typeof inner === 'string' && inner.length > limit)
      node[key] = `${inner.slice(0, limit)}… (${inner.length - limit} characters more)`;
    else if (typeof inner === 'object' && inner !== null && !Array.isArray(inner))
      shortenTexts(inner as Record<string, unknown>, limit);
  }
}
