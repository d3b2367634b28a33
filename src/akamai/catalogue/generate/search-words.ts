import type { Schema } from '../facts.ts';

const STOP = new Set(
  (
    'a an and any are as at be by can for from has have if in into is it its of on or that the their them then there ' +
    'these this those to use used uses using via want when where which while will with you your see also run operation ' +
    'ref note returns return response request object details each such more than only before after specific'
  ).split(' '),
);

/** Splits prose, camelCase, kebab-case and paths into lower-case words. */
export function wordsOf(text: string): string[] {
  return text
    .replace(/\]\([^)]*\)/g, ' ')
    .replace(/([a-z0-9])([A-Z])/g, '$1 $2')
    .replace(/([A-Z]+)([A-Z][a-z])/g, '$1 $2')
    .toLowerCase()
    .split(/[^a-z0-9]+/)
    .filter((word) => word.length > 1 && !STOP.has(word));
}

/** Distinct words, sorted: what a text is about without its sentences. */
export function vocabulary(texts: Iterable<string>, without: ReadonlySet<string> = new Set()): string {
  const words = new Set<string>();
  for (const text of texts) for (const word of wordsOf(text)) if (!without.has(word)) words.add(word);
  return [...words].sort().join(' ');
}

/** Names of the members of a body, two levels deep. */
export function memberNames(schema: Schema, depth = 2): string[] {
  if (typeof schema === 'boolean') return [];
  const names: string[] = [];
  for (const [name, inner] of Object.entries((schema.properties as Record<string, Schema>) ?? {})) {
    names.push(name);
    if (depth > 1) names.push(...memberNames(inner, depth - 1));
  }
  if (schema.items) names.push(...memberNames(schema.items as Schema, depth));
  for (const keyword of ['allOf', 'anyOf', 'oneOf']) {
    for (const inner of (schema[keyword] as Schema[]) ?? []) names.push(...memberNames(inner, depth));
  }
  return names;
}
