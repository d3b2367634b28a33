import { commonWords } from './common-words.ts';
import { isLabel, isLexiconWord, isNameCue, isOrdinaryWord, isStructuralWord, resembledWord } from './lexicon.ts';
import {
  durationAt,
  kindOf,
  numberWord,
  referenceIn,
  slotsPerKind,
  slotToken,
  unknownWordToken,
  type ValueKind,
} from './value-kinds.ts';

/** One value as the request wrote it. */
export interface RequestValue {
  written: string;
  kind: ValueKind;
  /** The number it stands for, where the writing is not digits: durations in seconds, number words. */
  amount?: number;
}

/** What one slot stands for: one value, or several written as a list. */
export interface RequestSlot {
  token: string;
  values: readonly RequestValue[];
}

/** A request with its values taken out, and what its slots stand for, in the order of the text. */
export interface DelexicalisedRequest {
  text: string;
  slots: RequestSlot[];
}

type Piece = { word: string } | { mark: string } | { value: RequestValue; resembles?: string };

/**
 * Replaces the values of a request by slots: `Purge tag "summer sale" on staging` becomes ` purge tag<text:1> on
 * staging`. What remains is lower-case words of the lexicon, marks, kinds and slots, and nothing else: so no request
 * can write a token that it should not, and the model never meets a word it has not been trained on.
 */
export function delexicalise(request: string): DelexicalisedRequest {
  const slots: RequestSlot[] = [];
  const counts = new Map<ValueKind, number>();
  let text = '';
  for (const piece of joinLists(joinUnknownWords(piecesOf(request)))) {
    if ('word' in piece) text += ` ${piece.word}`;
    else if ('mark' in piece) text += piece.mark;
    else {
      const ordinal = (counts.get(piece.kind) ?? 0) + 1;
      if (ordinal > slotsPerKind) continue;
      counts.set(piece.kind, ordinal);
      const token = slotToken(piece.kind, ordinal);
      slots.push({ token, values: piece.values });
      if (piece.resembles !== undefined) text += ` ${piece.resembles}`;
      text += token;
    }
  }
  return { text, slots };
}

/** Words that say what the value after them is, and between word and value what says nothing. */
const labelKinds: Readonly<Record<string, ValueKind>> = {
  namespace: 'ns',
  ns: 'ns',
  'name space': 'ns',
  group: 'group',
  key: 'key',
  item: 'key',
  entry: 'key',
  tag: 'tag',
  tags: 'tag',
  tagged: 'tag',
  cpcode: 'cp',
  cpcodes: 'cp',
  'cp code': 'cp',
  'cp codes': 'cp',
};
const labelFillers = new Set([':', '=', 'id', 'name', 'named', 'called']);

/** The kind that the words just said give to the next value; DNS has entries too, which are no keys. */
function labelKind(said: readonly string[]): ValueKind | undefined {
  let at = said.length - 1;
  while (at >= 0 && labelFillers.has(said[at]!)) at--;
  const word = said[at] ?? '';
  const before = said[at - 1] ?? '';
  if (before === 'dns' || recordTypes.has(before)) return undefined;
  return labelKinds[word] ?? labelKinds[`${before} ${word}`];
}

const closingQuote: Readonly<Record<string, string>> = { '"': '"', "'": "'", '`': '`', '“': '”', '‘': '’', '«': '»' };
const recordTypes = new Set(['A', 'AAAA', 'CNAME', 'MX', 'TXT', 'NS', 'CAA', 'SRV', 'PTR']);
/** Types that are no English words and no label, so that they may be written small. */
const unmistakableTypes = new Set(['aaaa', 'cname', 'mx', 'txt', 'caa', 'srv', 'ptr']);

function piecesOf(request: string): Piece[] {
  const pieces: Piece[] = [];
  // A request all in capitals says nothing by its capitals.
  const capitalsMean = /\p{Ll}/u.test(request);
  let at = 0;
  while (at < request.length) {
    const rest = request.slice(at);
    const space = /^\s+/.exec(rest);
    if (space) {
      if (space[0].includes('\n')) pushMark(pieces, ',');
      at += space[0].length;
      continue;
    }
    const taken = takeQuoted(rest, pieces) || takeJson(rest, pieces) || takeDuration(rest, pieces);
    if (taken > 0) {
      at += taken;
      continue;
    }
    at += takeChunk(rest, pieces, capitalsMean);
  }
  return pieces;
}

function takeQuoted(rest: string, pieces: Piece[]): number {
  const close = closingQuote[rest[0]!];
  if (close === undefined) return 0;
  for (let end = rest.indexOf(close, 1); end > 1; end = rest.indexOf(close, end + 1)) {
    if (/^[\p{L}\p{N}]/u.test(rest.slice(end + 1))) continue; // an apostrophe
    const written = rest.slice(1, end);
    if (written.trim() === '' || (close === "'" && written.includes('\n'))) return 0;
    const reference = referenceIn(written);
    if (reference !== undefined) pieces.push({ value: { written: reference, kind: 'ref' } });
    else pieces.push({ value: { written, kind: (/\s/.test(written) ? undefined : kindOf(written)) ?? 'text' } });
    return end + 1;
  }
  return 0;
}

function takeJson(rest: string, pieces: Piece[]): number {
  const close = rest[0] === '{' ? '}' : rest[0] === '[' ? ']' : undefined;
  if (close === undefined) return 0;
  for (let end = rest.indexOf(close); end > 0; end = rest.indexOf(close, end + 1)) {
    const written = rest.slice(0, end + 1);
    try {
      JSON.parse(written);
    } catch {
      continue;
    }
    pieces.push({ value: { written, kind: 'text' } });
    return end + 1;
  }
  return 0;
}

function takeDuration(rest: string, pieces: Piece[]): number {
  const duration = durationAt(rest);
  if (!duration) return 0;
  const written = rest.slice(0, duration.length);
  pieces.push({ value: { written, kind: 'dur', amount: duration.seconds } });
  return duration.length;
}

/** A comma ends a URL only where another one follows it. */
const urlPattern = /^[a-z][a-z0-9+.-]*:\/\/(?:[^\s"<>`,]|,(?!https?:|[\p{L}\p{N}-]+\.[\p{L}\p{N}]|[0-9a-f]+:))+/iu;
const pathPattern =
  /^[^\s"“”`,;()<>[\]{}!?=/]*\/(?:[^\s"“”`<>,;]|,(?!https?:|\/|[\p{L}\p{N}-]+\.[\p{L}\p{N}]|[0-9a-f]+:))*/iu;
const plainPattern = /^[^\s"“”`,;()<>[\]{}!?=]+/u;

/** Takes one unbroken run of characters: a value, a word, `word=value`, or a mark. Returns the length taken. */
function takeChunk(rest: string, pieces: Piece[], capitalsMean: boolean): number {
  const arrow = /^(?:->|=>|→|➜|>)/.exec(rest);
  if (arrow) {
    pushMark(pieces, '->');
    return arrow[0].length;
  }
  const chunk = (urlPattern.exec(rest) ?? pathPattern.exec(rest) ?? plainPattern.exec(rest))?.[0];
  if (chunk === undefined) {
    if (/^[,;?=]/.test(rest)) pushMark(pieces, rest[0] === ';' ? ',' : rest[0]!);
    return 1;
  }
  const bare = chunk.replace(/^['‘’([]+/u, '');
  const lead = chunk.length - bare.length;
  const core = bare.replace(/(?:[.,;:!?'"’…]|[)\]](?=[.,;:!?'"’)\]]*$))+$/u, (tail) =>
    tail.startsWith(')') && bare.includes('(') ? ')' : '',
  );
  if (core === '') {
    if (/^[.:]/.test(chunk)) pushMark(pieces, chunk[0]!);
    return chunk.length;
  }
  const possessive = /^(.+)['’]s$/iu.exec(core);
  if (possessive && !isLexiconWord(plain(core))) {
    pushCore(pieces, possessive[1]!, capitalsMean);
    pieces.push({ word: "'s" });
  } else {
    const label = /^([\p{L}_-]+):(?!\/\/)(.+)$/u.exec(core);
    if (label && isLabel(plain(label[1]!)) && kindOf(core) !== 'ip6') {
      pieces.push({ word: plain(label[1]!) });
      pushMark(pieces, ':');
      return lead + label[1]!.length + 1;
    }
    pushCore(pieces, core, capitalsMean);
  }
  const tail = bare.slice(core.length)[0];
  if (tail === '.' || tail === ':' || tail === ',') pushMark(pieces, tail);
  return chunk.length;
}

function pushCore(pieces: Piece[], core: string, capitalsMean: boolean): void {
  const word = plain(core);
  const type = core.toUpperCase();
  if (recordTypes.has(type) && (unmistakableTypes.has(word) || (capitalsMean && core === type))) {
    pieces.push({ value: { written: type, kind: 'type' } });
    return;
  }
  const afterCue = isAfterNameCue(pieces);
  if (isLexiconWord(word)) {
    const amount = afterNumberCue(pieces) ? numberWord(word) : undefined;
    if (amount !== undefined) pieces.push({ value: { written: core, kind: 'num', amount } });
    else if (afterCue && isOrdinaryWord(word)) {
      pieces.push({ value: { written: core, kind: 'word' }, resembles: word });
    } else pieces.push({ word });
    return;
  }
  // "staging/production", "and/or", "cp-code": words joined by a mark.
  const joined = word.split(/[/-]/);
  if (joined.length > 1 && joined.every((part) => part.length > 1 && isLexiconWord(part) && !isOrdinaryWord(part))) {
    for (const part of joined) pieces.push({ word: part });
    return;
  }
  const kind = kindOf(core);
  if (kind !== undefined) {
    pieces.push({ value: { written: kind === 'ref' ? (referenceIn(core) ?? core) : core, kind } });
    return;
  }
  if (!/\p{L}/u.test(core)) return;
  const amount = afterNumberCue(pieces) ? numberWord(word) : undefined;
  if (amount !== undefined) {
    pieces.push({ value: { written: core, kind: 'num', amount } });
    return;
  }
  const value: RequestValue = { written: core, kind: 'word' };
  const resembled = resembledWord(word);
  if (commonWords.has(word) && !afterCue && !isAfterValueCue(pieces)) pieces.push({ mark: unknownWordToken });
  else if (resembled === undefined || (afterCue && !isStructuralWord(resembled.word))) pieces.push({ value });
  else if (resembled.sure && !afterCue) pieces.push({ word: resembled.word });
  else pieces.push({ value, resembles: resembled.word });
}

const plain = (word: string): string => word.toLowerCase().replaceAll('’', "'");

function pushMark(pieces: Piece[], mark: string): void {
  const last = pieces.at(-1);
  if (last && 'mark' in last && last.mark === mark) return;
  pieces.push({ mark });
}

/** Words that may stand between a cue and its value: "the tag called summer". */
const connectors = new Set(['named', 'called', 'name', 'labelled', 'labeled', 'is', 'of', 'id', 'with']);

const listMarks = new Set([',', 'and', '&', 'or', 'plus']);

/** Whether the next piece stands where a value belongs: after "tag", "tag called", or further on in "tags a, b and". */
function isAfterNameCue(pieces: readonly Piece[]): boolean {
  let at = pieces.length - 1;
  const said = (index: number): string | undefined => {
    const piece = pieces[index];
    if (piece === undefined || 'value' in piece) return undefined;
    return 'word' in piece ? piece.word : piece.mark;
  };
  const inList = listMarks.has(said(at) ?? '');
  while (listMarks.has(said(at) ?? '')) {
    while (listMarks.has(said(at) ?? '')) at--;
    if (!(pieces[at] && 'value' in pieces[at]!)) return false;
    at--;
  }
  for (; at >= 0; at--) {
    const piece = said(at);
    if (piece === ':' || piece === '=') continue;
    if (piece === undefined) return false;
    if (piece === 'called' || piece === 'named' || isNameCue(piece)) return !inList || piece.endsWith('s');
    if (!connectors.has(piece)) return false;
  }
  return false;
}

const numberCues = new Set(['version', 'v', 'ver', 'ttl', 'priority', 'number', 'no', 'next', 'within', 'revision']);

function afterNumberCue(pieces: readonly Piece[]): boolean {
  const last = pieces.at(-1);
  return last !== undefined && 'word' in last && numberCues.has(last.word);
}

/** Words after which several unknown words are one value: "set the key to hello world". */
const valueCues = new Set(['to', 'value', 'saying', 'content', 'text']);

function isAfterValueCue(pieces: readonly Piece[]): boolean {
  const last = pieces.at(-1);
  if (last === undefined || 'value' in last) return false;
  return 'word' in last ? valueCues.has(last.word) : [':', '=', '->'].includes(last.mark);
}

/**
 * Unknown words side by side are one value after a value cue, and one unknown remark where there are three or more;
 * but the word after a name cue stands alone: in "tag summer kindly" the tag is one word.
 */
function joinUnknownWords(pieces: readonly Piece[]): Piece[] {
  const joined: Piece[] = [];
  for (let at = 0; at < pieces.length; at++) {
    const run = unknownRun(pieces, at);
    if (run.length < 2) {
      joined.push(pieces[at]!);
      continue;
    }
    const afterValueCue = isAfterValueCue(pieces.slice(0, at));
    const alone = isAfterNameCue(pieces.slice(0, at)) ? 1 : 0;
    if (alone > 0) joined.push(pieces[at]!);
    const rest = run.slice(alone);
    if (rest.length >= 3 || (rest.length > 1 && afterValueCue)) {
      joined.push({ value: { written: rest.map((value) => value.written).join(' '), kind: 'word' } });
    } else for (const value of rest) joined.push({ value });
    at += run.length - 1;
  }
  return joined;
}

/** The values of the unknown words that stand side by side from `start`. */
function unknownRun(pieces: readonly Piece[], start: number): RequestValue[] {
  const run: RequestValue[] = [];
  for (let at = start; at < pieces.length; at++) {
    const piece = pieces[at]!;
    if (!('value' in piece) || piece.value.kind !== 'word' || piece.resembles !== undefined) break;
    run.push(piece.value);
  }
  return run;
}

type ListPiece = { word: string } | { mark: string } | { values: RequestValue[]; kind: ValueKind; resembles?: string };

/** Kinds whose lists become one slot; other kinds written side by side mean different things more often than a list. */
const listKinds = new Set<ValueKind>(['url', 'path', 'ip4', 'ip6', 'num', 'name', 'word', 'email', 'text']);

/** What a list may go on with after a label that says what all its members are, however they look. */
const labelledMembers: Partial<Record<ValueKind, ReadonlySet<ValueKind>>> = {
  tag: new Set<ValueKind>(['word', 'name', 'text', 'num', 'host', 'ver']),
  cp: new Set<ValueKind>(['num', 'name']),
};

function joinLists(pieces: readonly Piece[]): ListPiece[] {
  const joined: ListPiece[] = [];
  const said: string[] = [];
  for (let at = 0; at < pieces.length; at++) {
    const piece = pieces[at]!;
    if (!('value' in piece)) {
      joined.push(piece);
      said.push('word' in piece ? piece.word : piece.mark);
      continue;
    }
    const label = labelKind(said);
    const members = listMembers(pieces, at, label);
    at = members.last;
    said.push(piece.value.kind === 'type' ? piece.value.written : '');
    const { resembles } = piece;
    if (label !== undefined) joined.push({ values: members.values, kind: label });
    else if (resembles === undefined) joined.push({ values: members.values, kind: piece.value.kind });
    else joined.push({ values: members.values, kind: 'near', resembles });
  }
  return joined;
}

/** The values of the list that begins with the value at `first`, and where its last one stands. */
function listMembers(
  pieces: readonly Piece[],
  first: number,
  label: ValueKind | undefined,
): { values: RequestValue[]; last: number } {
  const { value, resembles } = pieces[first] as { value: RequestValue; resembles?: string };
  const labelled = label === undefined ? undefined : labelledMembers[label];
  const values = [value];
  let last = first;
  if (labelled === undefined && (resembles !== undefined || !listKinds.has(value.kind))) return { values, last };
  const adjacent = value.kind === 'url' || isAddress(value.kind);
  for (;;) {
    const next = last + 1 + separatorLength(pieces, last + 1, value.kind);
    const following = pieces[next];
    if ((next === last + 1 && !adjacent) || !following || !('value' in following)) break;
    const { kind } = following.value;
    const alike = kind === value.kind || (isAddress(kind) && isAddress(value.kind));
    if (labelled === undefined ? !alike || following.resembles !== undefined : !labelled.has(kind)) break;
    values.push(following.value);
    last = next;
  }
  return { values, last };
}

const isAddress = (kind: ValueKind): boolean => kind === 'ip4' || kind === 'ip6';

/** How many pieces from `at` separate two members of a list: "," "and" ", and". */
function separatorLength(pieces: readonly Piece[], at: number, kind: ValueKind): number {
  let length = 0;
  const first = pieces[at];
  if (first && 'mark' in first && first.mark === ',') length++;
  const next = pieces[at + length];
  if (
    next &&
    'word' in next &&
    (next.word === 'and' || next.word === '&' || (next.word === 'plus' && kind !== 'word'))
  ) {
    length++;
  }
  return length;
}
