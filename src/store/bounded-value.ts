const longestText = 200;
const mostItems = 20;
const mostMembers = 40;
const deepest = 5;
const mostCharacters = 4000;

/**
 * A JSON value cut to a size that may be recorded or shown: long texts, lists and objects end in how much was left out,
 * and what is still too large as a whole becomes a note of its size.
 */
export function bounded(value: unknown): unknown {
  const cut = cutValue(value, 0);
  const size = JSON.stringify(cut)?.length ?? 0;
  return size <= mostCharacters ? cut : { cut: `${size} characters` };
}

function cutValue(value: unknown, depth: number): unknown {
  if (typeof value === 'string') return cutText(value);
  if (typeof value !== 'object' || value === null) return typeof value === 'bigint' ? String(value) : value;
  if (depth === deepest) return '…';
  if (Array.isArray(value)) {
    const kept = value.slice(0, mostItems).map((item) => cutValue(item, depth + 1));
    return value.length > mostItems ? [...kept, `… ${value.length - mostItems} more`] : kept;
  }
  const entries = Object.entries(value);
  const kept = entries.slice(0, mostMembers).map(([key, member]) => [cutText(key), cutValue(member, depth + 1)]);
  if (entries.length > mostMembers) kept.push(['…', `${entries.length - mostMembers} more`]);
  return Object.fromEntries(kept);
}

export function cutText(text: string): string {
  return text.length <= longestText
    ? text
    : `${text.slice(0, longestText).replace(/[\ud800-\udbff]$/, '')}… ${text.length - longestText} more characters`;
}
