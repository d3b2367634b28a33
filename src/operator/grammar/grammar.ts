import { createHash } from 'node:crypto';
import { certificateGrammar, errorGrammar } from './certificate.ts';
import { dnsGrammar } from './dns.ts';
import { edgeKvGrammar } from './edgekv.ts';
import { edgeWorkerGrammar } from './edgeworker.ts';
import type { GrammarEntry } from './entry.ts';
import { cpCodeGrammar, linodeGrammar, networkListGrammar } from './lists-and-machines.ts';
import { outOfScopeGrammar } from './out-of-scope.ts';
import { propertyGrammar } from './property.ts';
import { purgeGrammar } from './purge.ts';
import { choiceWordings, commandFrames, leadIns, leadOuts, synonymSets } from './synonyms.ts';

export type Split = 'train' | 'validation' | 'test';

const entries: readonly GrammarEntry[] = [
  ...purgeGrammar,
  ...propertyGrammar,
  ...edgeWorkerGrammar,
  ...certificateGrammar,
  ...errorGrammar,
  ...dnsGrammar,
  ...edgeKvGrammar,
  ...networkListGrammar,
  ...linodeGrammar,
  ...cpCodeGrammar,
  ...outOfScopeGrammar,
];

const splits = new Map<string, Split>();
const splitKey = (operation: string, phrase: string): string => `${operation}\n${phrase}`;

/** Of each operation's phrases, in the order of their hashes, 18 % test, 10 % validate (at least one each), 72 % train. */
function splitPhrases(): void {
  const byOperation = new Map<string, Set<string>>();
  for (const entry of entries) {
    const phrases = byOperation.get(entry.operation) ?? new Set();
    for (const phrase of [...entry.commands, ...(entry.others ?? [])]) phrases.add(phrase);
    byOperation.set(entry.operation, phrases);
  }
  const hash = (text: string): string => createHash('sha256').update(text).digest('hex');
  for (const [operation, phrases] of byOperation) {
    const keys = [...phrases].map((phrase) => splitKey(operation, phrase)).sort((a, b) => (hash(a) < hash(b) ? -1 : 1));
    const test = Math.max(1, Math.round(keys.length * 0.18));
    const validation = Math.max(1, Math.round(keys.length * 0.1));
    for (const [rank, key] of keys.entries()) {
      splits.set(key, rank < test ? 'test' : rank < test + validation ? 'validation' : 'train');
    }
  }
}
splitPhrases();

/** Whole phrases are held out of training: which split a phrase belongs to. */
export const splitOf = (operation: string, phrase: string): Split => splits.get(splitKey(operation, phrase)) ?? 'train';

const isHeldOut = (wording: string): boolean => wording.startsWith('~');

/** The wordings that a split may use. The test set says what the others do and what is kept for it. */
export function wordingsFor(split: Split, wordings: readonly string[]): { usual: string[]; heldOut: string[] } {
  const heldOut = wordings.filter(isHeldOut).map((wording) => wording.slice(1));
  return { usual: wordings.filter((wording) => !isHeldOut(wording)), heldOut: split === 'test' ? heldOut : [] };
}

export const operatorGrammar = {
  entries,
  synonymSets,
  choiceWordings,
  commandFrames,
  leadIns,
  leadOuts,
  /** Every phrase and wording that training can say: the source of the lexicon. */
  trainingPhrases(): string[] {
    const lists = [
      ...Object.values(synonymSets),
      ...Object.values(choiceWordings).flatMap((byValue) =>
        Object.values(byValue).flatMap((forms) => Object.values(forms)),
      ),
      commandFrames,
      leadIns,
      leadOuts,
    ];
    const phrases = entries.flatMap((entry) =>
      [...entry.commands, ...(entry.others ?? [])].filter((phrase) => splitOf(entry.operation, phrase) === 'train'),
    );
    return [...phrases, ...lists.flat().filter((wording) => !isHeldOut(wording))];
  },
};
