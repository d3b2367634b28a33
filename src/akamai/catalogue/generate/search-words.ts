import type { Schema } from '../facts.ts';
import { wordsOf } from '../words.ts';

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
