import { SYNONYMS } from './jargon/synonyms.ts';
import { allStems, stems } from './search-index.ts';
import type { Spelling } from './spelling.ts';

/** Values in a request, and the nouns that they stand for. They are taken out before words are looked at. */
const LITERALS: readonly (readonly [RegExp, string])[] = [
  [/#?\b\d{1,3}\.[0-9a-f]{6,}\.\d{6,}\.[0-9a-f]{4,}\b/gi, ' error reference translate '],
  [/\bcve-\d{4}-\d+\b/gi, ' cve '],
  [/\bhttps?:\/\/\S+/gi, ' url '],
  [
    /\b\d{1,3}(?:\.\d{1,3}){3}(?:\/\d{1,2})?\b|\b[0-9a-f]{1,4}(?::[0-9a-f]{0,4}){3,7}(?:\/\d{1,3})?\b/gi,
    ' ip address ',
  ],
  [/\b[\w.+-]+@[\w-]+(?:\.[\w-]+)+\b/g, ' email '],
  [/\bprp_\w+/gi, ' property '],
  [/\bctr_\w+/gi, ' contract '],
  [/\bgrp_\w+/gi, ' group '],
  [/\behn_\w+/gi, ' edge hostname '],
  [/\bcpc_\w+/gi, ' cpcode '],
  [/\batv_\w+/gi, ' activation '],
  [/\b[\w-]+\.(?:tgz|tar\.gz)\b/gi, ' bundle '],
  [
    /\b(?:[a-z0-9*](?:[a-z0-9-]*[a-z0-9])?\.)+(?:com|net|org|io|dev|de|uk|fr|example|test|edu|gov|cn|jp|app|cloud|shop)\b/gi,
    ' hostname ',
  ],
  [/\bv\d+\b/gi, ' version '],
  [/\b\d[\d.,:/-]*\b/g, ' '],
];

/** Words that carry the intent or politeness, not the subject; verbs that name actions stay. */
const WEAK = new Set(
  stems(
    'show tell give please thing something make put take send know find let set one two all every here again today yesterday week month last next time able work people',
  ),
);
const WEAK_WEIGHT = 0.35;
const SYNONYM_WEIGHT = 0.55;
const LITERAL_WEIGHT = 0.5;
/** A word that was taken for another's misspelling. */
const CORRECTED_WEIGHT = 0.7;

interface Synonym {
  phrase: readonly string[];
  words: readonly string[];
}

let synonyms: ReadonlyMap<string, readonly Synonym[]> | undefined;

/** The stems to look for, each with its weight: `own` are the request's words and what its values stand for, `terms` also synonyms. */
export function expandRequest(
  request: string,
  spelling: Spelling,
): { own: Map<string, number>; terms: Map<string, number> } {
  const terms = new Map<string, number>();
  const add = (term: string, weight: number) => terms.set(term, Math.max(weight, terms.get(term) ?? 0));
  let text = request;
  for (const [pattern, noun] of LITERALS) {
    text = text.replace(pattern, () => {
      for (const term of stems(noun)) add(term, LITERAL_WEIGHT);
      return ' ';
    });
  }
  for (const term of stems(text)) {
    const meant = spelling.meant(term);
    if (meant === undefined) add(term, WEAK.has(term) ? WEAK_WEIGHT : 1);
    else add(meant, CORRECTED_WEIGHT);
  }
  const own = new Map(terms);
  const words = allStems(text).map((word) => spelling.meant(word) ?? word);
  for (const [position, term] of words.entries()) {
    for (const { phrase, words: meant } of knownSynonyms().get(term) ?? []) {
      if (!phrase.every((word, offset) => words[position + offset] === word)) continue;
      // A longer phrase says more surely what is meant.
      const weight = Math.min(0.85, SYNONYM_WEIGHT + 0.12 * (phrase.length - 1));
      for (const word of meant) add(word, weight);
    }
  }
  return { own, terms };
}

/** The stems that begin or belong to an everyday phrase, or are little words of the kind that requests are full of. */
export function everydayStems(): Set<string> {
  const phrases = [...knownSynonyms().values()].flat();
  return new Set([...WEAK, ...phrases.flatMap(({ phrase, words }) => [...phrase, ...words])]);
}

function knownSynonyms(): ReadonlyMap<string, readonly Synonym[]> {
  synonyms ??= parseSynonyms();
  return synonyms;
}

function parseSynonyms(): ReadonlyMap<string, readonly Synonym[]> {
  const byFirst = new Map<string, Synonym[]>();
  for (const line of SYNONYMS.split('\n')) {
    const [left, right] = line.split('=>');
    if (left === undefined || right === undefined) continue;
    const words = stems(right);
    for (const text of left.split('|')) {
      const phrase = allStems(text.trim());
      const first = phrase[0];
      if (first !== undefined) byFirst.set(first, [...(byFirst.get(first) ?? []), { phrase, words }]);
    }
  }
  return byFirst;
}
