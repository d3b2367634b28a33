import { FtsError } from '../errors/fts-error.ts';
import type { SeededRandom } from '../random/seeded-random.ts';
import { commonWords } from './common-words.ts';
import type { GrammarEntry } from './grammar/entry.ts';
import { operatorGrammar, type Split, wordingsFor } from './grammar/grammar.ts';
import { type DrawnValue, dashedName, noun } from './grammar/values.ts';
import { isLexiconWord, isNameCue } from './lexicon.ts';
import { type OperatorProposal, operatorOperations } from './operations.ts';
import { type PhraseNode, parsePhrase } from './phrases.ts';

/** A request as a person might write it, with the proposal that it asks for. */
export interface RealisedRequest {
  request: string;
  proposal: OperatorProposal;
}

/** Words whose letters may be mistyped: values never are, since nobody could then know what was meant. */
type Fragment = { words: string } | { value: string };

/** Turns one phrase of the grammar into a request: draws its wordings and values, frames it, and mistypes some of it. */
export function realise(
  entry: GrammarEntry,
  phrase: string,
  kind: 'command' | 'other',
  split: Split,
  random: SeededRandom,
): RealisedRequest {
  const values = entry.values(random);
  const mentioned = new Set<string>(entry.implied);
  const fragments: Fragment[] = [];
  const context = { split, random, values, mentioned, fragments };
  const framed = kind === 'command' && !/^(?:\[?(?:in|on|from|for|to)\b|\{(?:on|to)-network\})/.test(phrase);
  const [before, after] = framed ? drawFrame(split, random) : ['', ''];
  say(before, context);
  sayNodes(parsePhrase(phrase), context);
  say(after, context);
  const said = split === 'train' ? disturb(tidy(fragments), random) : tidy(fragments);
  return { request: typeset(surround(said, split, random), random), proposal: proposalOf(entry, values, mentioned) };
}

interface Context {
  split: Split;
  random: SeededRandom;
  values: Record<string, DrawnValue>;
  mentioned: Set<string>;
  fragments: Fragment[];
}

function drawWording(wordings: readonly string[], split: Split, random: SeededRandom): string {
  const { usual, heldOut } = wordingsFor(split, wordings);
  return heldOut.length > 0 && random.chance(0.12) ? random.pick(heldOut) : random.pick(usual);
}

function drawFrame(split: Split, random: SeededRandom): [string, string] {
  const [before = '', after = ''] = drawWording(operatorGrammar.commandFrames, split, random).split('%');
  return [before, after];
}

function say(source: string, context: Context): void {
  if (source !== '') sayNodes(parsePhrase(source), context);
}

function sayNodes(nodes: readonly PhraseNode[], context: Context): void {
  for (const node of nodes) {
    if ('text' in node) context.fragments.push({ words: node.text });
    else if ('alternatives' in node) sayNodes(context.random.pick(node.alternatives), context);
    else if ('set' in node) saySet(node, context);
    else sayArgument(node, context);
  }
}

function saySet(node: { set: string; optional: boolean }, context: Context): void {
  if (node.optional && context.random.chance(0.5)) return;
  const wordings = operatorGrammar.synonymSets[node.set];
  if (!wordings) throw new FtsError('internal', `The operator grammar has no synonym set {${node.set}}.`);
  say(drawWording(wordings, context.split, context.random), context);
}

function sayArgument(node: { argument: string; form: string | undefined }, context: Context): void {
  const drawn = context.values[node.argument];
  if (!drawn)
    throw new FtsError(
      'internal',
      `A phrase of the operator grammar mentions $${node.argument}, which its entry does not draw.`,
    );
  context.mentioned.add(node.argument);
  const wordings = operatorGrammar.choiceWordings[node.argument]?.[drawn.written]?.[node.form ?? 'plain'];
  if (wordings) context.fragments.push({ words: drawWording(wordings, context.split, context.random) });
  else context.fragments.push({ value: drawn.written });
}

/** One space between things, none before a comma or question mark. */
function tidy(fragments: readonly Fragment[]): Fragment[] {
  const tidied: Fragment[] = [];
  let endsInSpace = true;
  for (const fragment of fragments) {
    if ('value' in fragment) {
      tidied.push(fragment);
      endsInSpace = false;
      continue;
    }
    let words = fragment.words.replace(/\s+/g, ' ');
    if (endsInSpace) words = words.replace(/^ /, '');
    if (words === '') continue;
    tidied.push({ words });
    endsInSpace = words.endsWith(' ');
  }
  return tidied;
}

const dispensable = /\b(?:the|a|an|please|our|my|for me|of|this|that|now) (?=[a-z])/g;

/**
 * Training hears more ways of speaking than the grammar has: small words left out, and words that it does not know put
 * in, though never where they could be taken for a value.
 */
function disturb(fragments: readonly Fragment[], random: SeededRandom): Fragment[] {
  const drops = random.chance(0.2);
  const inserts = random.chance(0.35);
  if (!drops && !inserts) return [...fragments];
  return fragments.map((fragment) => {
    if ('value' in fragment) return fragment;
    const words = drops
      ? fragment.words.replace(dispensable, (small) => (random.chance(0.5) ? '' : small))
      : fragment.words;
    return { words: inserts ? insertUnknownWord(words, random) : words };
  });
}

const commonWordList = [...commonWords].filter((word) => !isLexiconWord(word));

/** Between two words of a fragment: the edges touch values. */
function insertUnknownWord(words: string, random: SeededRandom): string {
  const gaps = [...words.matchAll(/(?<=[a-z]) (?=[a-z])/g)].filter(
    ({ index }) => !isNameCue(lastWord(words.slice(0, index))),
  );
  if (gaps.length === 0 || random.chance(0.5)) return words;
  const { index } = random.pick(gaps);
  const roll = random.unit();
  const word = roll < 0.5 ? random.pick(commonWordList) : roll < 0.9 ? noun(random) : dashedName(random);
  return `${words.slice(0, index)} ${word}${words.slice(index)}`;
}

const lastWord = (text: string): string => /[a-z]+$/.exec(text)?.[0] ?? '';

/** Greetings, reasons and thanks around a request. */
function surround(request: readonly Fragment[], split: Split, random: SeededRandom): Fragment[] {
  const remark = (wordings: readonly string[]): string =>
    drawWording(wordings, split, random)
      .replaceAll('@noun', () => noun(random))
      .replaceAll(
        '@ticket',
        () =>
          `${random.pick(['CHG', 'INC', 'OPS', 'JIRA', 'TKT'])}${random.pick(['-', '', '-'])}${random.between(100, 999_999)}`,
      )
      .replaceAll('@time', () => `${random.between(0, 23)}:${random.pick(['00', '15', '30', '45'])}`);
  const surrounded: Fragment[] = [...request];
  if (random.chance(0.22)) {
    surrounded.unshift({
      words: `${remark(operatorGrammar.leadIns)}${random.pick([', ', ', ', '. ', '. ', ' ', ': ', ' - '])}`,
    });
    if (random.chance(0.2))
      surrounded.unshift({ words: `${random.pick(['hi', 'hello', 'hey'])}${random.pick([', ', '. ', ' '])}` });
  }
  if (random.chance(0.18)) {
    surrounded.push({
      words: `${random.pick([', ', '. ', '. ', ' ', ' - ', '\n'])}${remark(operatorGrammar.leadOuts)}`,
    });
  } else if (random.chance(0.3)) surrounded.push({ words: random.pick(['.', '?', '!', '.']) });
  return surrounded;
}

/** Capitals and typing errors. */
function typeset(fragments: readonly Fragment[], random: SeededRandom): string {
  const shouted = random.chance(0.02);
  const mistyped = random.chance(0.25) ? random.pick([1, 1, 2]) : 0;
  const places = fragments.flatMap((fragment, at) => ('words' in fragment ? [at] : []));
  const errors = new Set(Array.from({ length: mistyped }, () => random.pick(places)));
  const text = fragments
    .map((fragment, at) => {
      if ('value' in fragment) return fragment.value;
      const words = errors.has(at) ? mistype(fragment.words, random) : fragment.words;
      return shouted ? words.toUpperCase() : words;
    })
    .join('')
    .replace(/\s+([,?.!])/g, '$1')
    .trim();
  const first = fragments[0];
  const capital = first !== undefined && 'words' in first && random.chance(0.5);
  return capital ? text.charAt(0).toUpperCase() + text.slice(1) : text;
}

/** One typing error in one word of five letters or more: swapped, missing, doubled or wrong letter. */
function mistype(text: string, random: SeededRandom): string {
  const candidates = [...text.matchAll(/[a-z]{5,}/g)];
  if (candidates.length === 0) return text;
  const { 0: word, index } = random.pick(candidates);
  const at = random.between(1, word.length - 2);
  const letter = word[at]!;
  const wrong = random.pick([
    word.slice(0, at) + word[at + 1]! + letter + word.slice(at + 2),
    word.slice(0, at) + word.slice(at + 1),
    word.slice(0, at) + letter + word.slice(at),
    word.slice(0, at) + random.pick([...'aeinorst']) + word.slice(at + 1),
  ]);
  return text.slice(0, index) + wrong + text.slice(index + word.length);
}

function proposalOf(
  entry: GrammarEntry,
  values: Record<string, DrawnValue>,
  mentioned: ReadonlySet<string>,
): OperatorProposal {
  const args: Record<string, unknown> = {};
  for (const name of Object.keys(operatorOperations[entry.operation].arguments)) {
    if (mentioned.has(name)) args[name] = values[name]!.value;
  }
  return { operation: entry.operation, arguments: args };
}
