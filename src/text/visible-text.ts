/**
 * Text from outside (names, answers, errors, files) as it may be shown to a person, on every face. A character that
 * moves the cursor, reorders or hides what stands beside it, or cannot be seen at all is written as ⟨U+202E⟩, its
 * number in Unicode's own notation. All functions leave alone what they have made: showing twice changes nothing.
 *
 * Writing from right to left stays as it is. In a line each stretch of it stands between ⟨rtl⟩ and ⟨/rtl⟩: Latin
 * letters on both sides keep the digits and signs beside it in their places (UAX #9), in terminals and fonts that know
 * nothing of invisible isolates, and a reader sees that this stretch is read the other way round.
 */

/** Moves, hides or is unseen: controls, format characters, half characters, private use, blank letters. */
const unseen = String.raw`\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}\p{Noncharacter_Code_Point}\u2800`;
/** Looks like a space and is none. */
const oddSpaces = String.raw`\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000`;

/** Scripts whose spelling needs the zero-width joiner and non-joiner. */
const joiningScripts = [
  ...['Arabic', 'Syriac', 'Mongolian', 'Devanagari', 'Bengali', 'Gurmukhi', 'Gujarati', 'Oriya', 'Tamil', 'Telugu'],
  ...['Kannada', 'Malayalam', 'Sinhala', 'Khmer', 'Myanmar'],
].map((script) => `\\p{Script=${script}}`);
const joined = `[${joiningScripts.join('')}]`;
const emoji = String.raw`\p{Extended_Pictographic}(?:[\ufe0e\ufe0f]|\p{Emoji_Modifier})?`;
/** Unseen characters in their proper use: within one emoji, and within words of the scripts above. */
const proper = [
  // The flags of England, Scotland and Wales, the only ones that are made of tags.
  String.raw`\u{1f3f4}\u{e0067}\u{e0062}(?:\u{e0065}\u{e006e}\u{e0067}|\u{e0073}\u{e0063}\u{e0074}|\u{e0077}\u{e006c}\u{e0073})\u{e007f}`,
  String.raw`${emoji}(?:\u200d${emoji}){0,8}`,
  String.raw`[0-9#*]\ufe0f\u20e3`,
  String.raw`(?<=${joined})[\u200c\u200d](?=${joined})`,
].join('|');
/** Marks that pile up over other lines, or that change a character of ours because they have none of their own. */
const strayMarks = String.raw`(?<=\p{M}{8})\p{M}+|(?<=^|[\n ])\p{M}+`;

const hazardsIn = (spared: string, more = ''): RegExp =>
  new RegExp(`(${proper})|((?:(?!${spared})[${unseen}${more}])+|${strayMarks})`, 'gu');
const inLine = hazardsIn('$^', oddSpaces);
const inLines = hazardsIn(String.raw`[\t\n]`, oddSpaces);
const inProse = hazardsIn(String.raw`[\t\n]`);

/** The pattern of `visibleLines`, for pages that can import nothing: first group, what stays; second, what is made visible. */
export const unseenInLines = inLines.source;

/** What Unicode sets aside for writing from right to left, its digits included. */
const rightToLeft = String.raw`\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc\u{10800}-\u{10fff}\u{1e800}-\u{1efff}`;
const stretch = String.raw`[${rightToLeft}](?:[${rightToLeft} \u200c\u200d]*[${rightToLeft}])?`;
const stretches = new RegExp(`⟨rtl⟩${stretch}⟨/rtl⟩|${stretch}`, 'gu');

/** One line, such as a name or a message: line breaks and tabs are made visible too. */
export function visibleLine(text: string): string {
  return isolated(escaped(text, inLine));
}

/** Several lines, such as a body or a form: line breaks and tabs keep their meaning. */
export function visibleLines(text: string): string {
  return isolated(escaped(text.replaceAll('\r\n', '\n'), inLines));
}

/** Text of ours that was put together from visible values: only what a terminal would obey is still looked for. */
export function visibleControls(text: string): string {
  return escaped(text, inProse);
}

/** What somebody wrote to be read, such as a model's answer: as lines, with its own direction and plain spaces. */
export function visibleProse(text: string): string {
  return escaped(text.replaceAll('\r\n', '\n'), inProse).replaceAll(new RegExp(`[${oddSpaces}]`, 'g'), ' ');
}

/**
 * Every text of a value, keys included: as one line each, or with `show`; those under the names in `manyLines`, however
 * deep, keep their line breaks.
 */
export function visibleValue<Value>(
  value: Value,
  { show = visibleLine, manyLines = [] }: { show?: (text: string) => string; manyLines?: readonly string[] } = {},
): Value {
  const shown = (inner: unknown, showInner: (text: string) => string): unknown => {
    if (typeof inner === 'string') return showInner(inner);
    if (Array.isArray(inner)) return inner.map((item) => shown(item, showInner));
    if (typeof inner !== 'object' || inner === null || !isPlain(inner)) return inner;
    const entries = Object.entries(inner);
    return Object.fromEntries(
      entries.map(([key, item]) => [visibleLine(key), shown(item, manyLines.includes(key) ? visibleLines : showInner)]),
    );
  };
  return shown(value, show) as Value;
}

const unseenInJson = new RegExp(`(?!\\n)[${unseen}]`, 'gu');

/** JSON that reads back as the same value and has nothing unseen in it: such characters are written as \uXXXX. */
export function visibleJson(value: unknown, indent?: number): string {
  return visibleJsonText(JSON.stringify(value, null, indent) ?? 'null');
}

/** The same for JSON that was written elsewhere. */
export function visibleJsonText(json: string): string {
  return json.replaceAll(unseenInJson, (character) =>
    Array.from({ length: character.length }, (_, unit) => jsonEscape(character.charCodeAt(unit))).join(''),
  );
}

const jsonEscape = (unit: number): string => `\\u${unit.toString(16).padStart(4, '0')}`;

/** More of them in a row than this are counted, not written. */
const mostWritten = 8;

function escaped(text: string, hazards: RegExp): string {
  return text.replaceAll(hazards, (all: string, kept: string | undefined) => {
    if (kept !== undefined) return kept;
    const characters = [...all];
    const written = characters.slice(0, mostWritten).map((one) => `⟨U+${codePoint(one)}⟩`);
    const more = characters.length - written.length;
    return `${written.join('')}${more > 0 ? `⟨and ${more} more⟩` : ''}`;
  });
}

const codePoint = (character: string): string => character.codePointAt(0)!.toString(16).toUpperCase().padStart(4, '0');

function isolated(text: string): string {
  return text.replaceAll(stretches, (found) => (found.startsWith('⟨') ? found : `⟨rtl⟩${found}⟨/rtl⟩`));
}

const isPlain = (value: object): boolean => [Object.prototype, null].includes(Object.getPrototypeOf(value));
