import { operatorGrammar } from './grammar/grammar.ts';
import { NearWords } from './near-words.ts';
import { phraseWords } from './phrases.ts';

/** Words that name things: what follows one is a value, even if it is a word that the lexicon knows ("tag news"). */
const nameCues = words(`
  tag tags tagged key keys namespace namespaces ns group groups property properties zone zones list lists host hostname
  record worker edgeworker edgeworkers ew linode linodes instance instances server region label config configuration
  value named called item items entry entries subdomain
  space vm box script function machine id`);

/** Name cues that stand before another one, as in "edgeworker script", rather than being a value. */
const typeNouns = words('space vm box script function machine server id worker instance instances');

/** Words that are written against their value with a colon: `ttl:300`. */
const labels =
  words(`tag tags key namespace ns group property zone list host hostname label region ttl version v ver type target network
  url urls name action ip ips priority cp cpcode instance edgeworker value`);

/** Function words and the domain's own terms: never values, even after a cue. */
const structuralWords = words(`
  a an the this that these those my our your their its it them they i we you he she us me
  and or but so then also plus & not no yes if when while because since as than
  in on at to from for of off by with without within under into onto over through via using against about after before
  up down out back please now again asap today soon right away immediately just only still already currently yet
  is are was were be been being am do does did done have has had can could will would shall should may might must need
  needs want wants let let's i'd we'd i'm we're i'll we'll what what's whats which who where where's how when why there
  there's any all every some each one ones both 's
  network networks environment env
  version versions v ver ttl type types status active activation activations activate activated activating rollback
  named called name names id ids expire expires expired expiring expiry pointing points point target targets
  akamai edge compute virtual thanks
  property properties hostname hostnames host tag tags key keys namespace group zone zones record records list lists
  edgeworker edgeworkers edgekv ew kv dns cp code codes cpcode cpcodes url urls path paths item items entry entries
  certificate certificates cert certs linode linodes instance instances cached
  value set equal equals equal to
  and/or`);

/** How often the training phrases say each word. */
const counts = new Map<string, number>();
for (const phrase of operatorGrammar.trainingPhrases()) {
  for (const word of phraseWords(phrase)) counts.set(word, (counts.get(word) ?? 0) + 1);
}
for (const word of [...structuralWords, ...nameCues]) if (!counts.has(word)) counts.set(word, 0);

/** The words that the model was trained on; everything else in a request becomes a slot. */
const lexicon: ReadonlySet<string> = new Set(counts.keys());
const near = new NearWords(counts);

function words(text: string): Set<string> {
  return new Set(text.trim().split(/\s+/));
}

export const isLexiconWord = (word: string): boolean => lexicon.has(word);
export const isLabel = (word: string): boolean => labels.has(word);
export const isNameCue = (word: string): boolean => nameCues.has(word);
/** A lexicon word that could also be a value. */
export const isOrdinaryWord = (word: string): boolean =>
  lexicon.has(word) && !structuralWords.has(word) && !typeNouns.has(word);
export const isStructuralWord = (word: string): boolean => structuralWords.has(word) || typeNouns.has(word);

/** What an unknown word resembles: `sure` where it can hardly be anything else. */
export function resembledWord(word: string): { word: string; sure: boolean } | undefined {
  const base = baseForm(word);
  if (base !== undefined) return { word: base, sure: (counts.get(base) ?? 0) >= 3 };
  const found = near.nearest(word);
  return found && { word: found.word, sure: found.edits === 1 && word.length >= 7 && found.word[0] === word[0] };
}

/** The lexicon word of which this one is another inflection: `rebooted`, `boxes`, `activations`, `serve`. */
function baseForm(word: string): string | undefined {
  const longer = ['s', 'd', 'es', 'ed'].map((ending) => word + ending).find((form) => lexicon.has(form));
  if (longer !== undefined && word.length >= 4) return longer;
  const stem = /^(.{3,}?)(?:s|es|d|ed|ing)$/.exec(word);
  if (!stem) return undefined;
  for (const ending of ['s', 'es', 'd', 'ed', 'ing']) {
    if (!word.endsWith(ending)) continue;
    const base = word.slice(0, -ending.length);
    const forms = ending === 'ing' || ending === 'ed' ? [base, `${base}e`, base.replace(/(.)\1$/, '$1')] : [base];
    const known = forms.find((form) => form.length >= 3 && lexicon.has(form));
    if (known !== undefined) return known;
  }
  return undefined;
}
