/**
 * What a value looks like. The model sees the kind and its number within the kind in place of the value itself, so that
 * what it learns about one URL holds for every URL.
 */
export const valueKinds = [
  'url', // with a scheme, or a hostname with a path
  'path',
  'host',
  'email',
  'ip4', // addresses and CIDR blocks
  'ip6',
  'ref', // an Akamai reference number such as 9.6f64d440.1318965461.2f2b078, or an error such as ERR_DNS_FAIL
  'num',
  'ver', // v12, 1.4.0
  'type', // of a DNS record
  'dur', // 5 minutes, 1h
  'name', // hyphenated, underscored, or mixed with digits
  'text', // quoted, or JSON
  'word', // a word outside the lexicon; without a number where it can hardly be a value
  // what the word before it calls it, where that word means one thing
  'tag',
  'cp', // CP code
  'ns', // namespace
  'group',
  'key',
  'near', // follows a lexicon word: what was written there resembles it, and may be a typing error or a value
] as const;

export type ValueKind = (typeof valueKinds)[number];

/** How many values of one kind a request can carry; a list of values of one kind ("a, b and c") counts once. */
export const slotsPerKind = 6;

/** The nth value of its kind: most requests have one of each, so that the kind alone mostly says which is meant. */
export const slotToken = (kind: ValueKind, ordinal: number): string => `<${kind}:${ordinal}>`;

/** A word that the model does not know and that is hardly ever a value: it sees that one was there. */
export const unknownWordToken = '<word>';

/** Single tokens of the vocabulary: for what is no value, and for values, in prompts and in completions alike. */
export const operatorSlotTokens: readonly string[] = [
  unknownWordToken,
  ...valueKinds.flatMap((kind) => Array.from({ length: slotsPerKind }, (_, index) => slotToken(kind, index + 1))),
];

const seconds = { second: 1, minute: 60, hour: 3600, day: 86_400, week: 604_800, month: 2_592_000, year: 31_536_000 };

const durationUnits: Readonly<Record<string, number>> = {
  ...Object.fromEntries(
    Object.entries(seconds).flatMap(([unit, length]) => [
      [unit, length],
      [`${unit}s`, length],
    ]),
  ),
  s: 1,
  sec: 1,
  secs: 1,
  m: 60,
  min: 60,
  mins: 60,
  h: 3600,
  hr: 3600,
  hrs: 3600,
  d: 86_400,
  w: 604_800,
};

const durationPattern = new RegExp(
  `^(?:(\\d+)\\s*-?\\s*|(an?|one|half an)\\s+)(${Object.keys(durationUnits)
    .sort((a, b) => b.length - a.length)
    .join('|')})(?![\\p{L}\\p{N}_-])`,
  'iu',
);

/** The duration that the text begins with: its length in characters and in seconds. */
export function durationAt(text: string): { length: number; seconds: number } | undefined {
  const match = durationPattern.exec(text);
  if (!match) return undefined;
  const [whole, digits, article, unit] = match;
  const long = durationUnits[unit!.toLowerCase()]!;
  if (article !== undefined && unit!.length <= 2) return undefined; // "a s", "a d": not how anyone writes a duration
  const count = digits === undefined ? (article!.toLowerCase() === 'half an' ? 0.5 : 1) : Number(digits);
  return { length: whole.length, seconds: count * long };
}

const numberWords = [
  'zero',
  'one',
  'two',
  'three',
  'four',
  'five',
  'six',
  'seven',
  'eight',
  'nine',
  'ten',
  'eleven',
  'twelve',
];

/** The number that a word names, up to twelve. */
export function numberWord(word: string): number | undefined {
  const value = numberWords.indexOf(word.toLowerCase());
  return value < 0 ? undefined : value;
}

const hostPattern = /^(?:\*\.)?(?:[\p{L}\p{N}_](?:[\p{L}\p{N}_-]{0,61}[\p{L}\p{N}_])?\.)+\p{L}[\p{L}\p{N}-]*\p{L}\.?$/u;
const ip4Pattern = /^\d{1,3}(?:\.\d{1,3}){3}(?:\/\d{1,2})?$/;
const ip6Pattern = /^(?=.*:.*:)[0-9a-f:]+(?:\.\d{1,3}){0,3}(?:\/\d{1,3})?$/i;

/** The Akamai reference number in a text such as `Reference #18.2d351ab8.1557333295.a4e16ab`. */
export const referenceIn = (text: string): string | undefined =>
  /(?<![\p{L}\p{N}.])\d{1,3}\.[0-9a-f]{5,}\.\d{6,}\.[0-9a-f]{4,}/iu.exec(text)?.[0];

/** The kind of one unbroken piece of text; undefined for a plain word and for punctuation. */
export function kindOf(piece: string): ValueKind | undefined {
  if (/^[a-z][a-z0-9+.-]*:\/\/\S/i.test(piece)) return 'url';
  if (referenceIn(piece) === piece.replace(/^#/, '') || /^ERR_[A-Z0-9_]+$/.test(piece)) return 'ref';
  if (/^[^\s@]+@[^\s@]+\.\p{L}{2,}$/u.test(piece)) return 'email';
  if (ip4Pattern.test(piece)) return 'ip4';
  if (ip6Pattern.test(piece)) return 'ip6';
  if (/^\/\S*$/.test(piece)) return 'path';
  const slash = piece.indexOf('/');
  if (slash > 0 && hostPattern.test(piece.slice(0, slash).replace(/:\d+$/, ''))) return 'url';
  if (/^(?:#|cpc_)?\d+$/i.test(piece)) return 'num';
  if (/^v\d+(?:\.\d+)*$/i.test(piece) || /^\d+(?:\.\d+)+$/.test(piece)) return 'ver';
  if (hostPattern.test(piece)) return 'host';
  if (/^@$|^\*$/.test(piece)) return 'name';
  if (/[\p{L}\p{N}]/u.test(piece) && /[^\p{L}]/u.test(piece)) return 'name';
  return undefined;
}
