import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { displayWidth, padToWidth } from './display-width.ts';
import { visibleJson, visibleLine, visibleLines, visibleProse, visibleValue } from './visible-text.ts';

/** What a terminal or a browser obeys or hides; the joiners are looked at by themselves. */
const obeyed = /(?!\n|\t|\u200c|\u200d|\ufe0e|\ufe0f)[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]/u;
const dangerous = [
  ...['\x1b', '\x07', '\r', '\b', '\x7f', '\x85', '\x9b', '\0', '\v', '\f'],
  ...['\u202a', '\u202b', '\u202c', '\u202d', '\u202e', '\u2066', '\u2067', '\u2068', '\u2069', '\u200e', '\u200f'],
  ...['\u061c', '\u200b', '\u2060', '\ufeff', '\u00ad', '\u2028', '\u2029', '\u{e0041}', '\ud800', '\udc00', '\u180e'],
  ...['\u115f', '\u3164', '\uffa0', '\u2800', '\u034f', '\ufff9', '\ue000', '\ufffe', '\u{e0100}'],
];
const anyText = fc.array(
  fc.oneof(
    fc.constantFrom(...dangerous),
    fc.constantFrom('א', 'ب', '1', ' ', '\n', '\t', 'é', '👩', '\u200d', '\u200c', '\ufe0f', '⟨', '⟩', '\u0301'),
    fc.string({ unit: 'binary', maxLength: 4 }),
  ),
  { maxLength: 40 },
);
const text = anyText.map((parts) => parts.join(''));

describe('text from outside', () => {
  it.each(dangerous)('%j is written as its number', (character) => {
    const number = character.codePointAt(0)!.toString(16).toUpperCase().padStart(4, '0');
    for (const show of [visibleLine, visibleLines, visibleProse])
      expect(show(`a${character}b`)).toBe(`a⟨U+${number}⟩b`);
  });

  it('never has a character in it that is obeyed or unseen, whichever text it is', () => {
    fc.assert(
      fc.property(text, (given) => {
        for (const show of [visibleLine, visibleLines, visibleProse]) expect(show(given)).not.toMatch(obeyed);
        expect(visibleLine(given)).not.toMatch(/[\n\t]/);
        expect(JSON.stringify(visibleValue({ [given]: [given] }))).not.toMatch(obeyed);
      }),
    );
  });

  it('is the same when it is shown twice', () => {
    fc.assert(
      fc.property(text, (given) => {
        for (const show of [visibleLine, visibleLines, visibleProse]) expect(show(show(given))).toBe(show(given));
        expect(visibleLines(visibleLine(given))).toBe(visibleLine(given));
        expect(visibleProse(visibleLine(given))).toBe(visibleLine(given));
      }),
    );
  });

  it('reads back from JSON as what it was, with nothing unseen on the way', () => {
    fc.assert(
      fc.property(text, fc.constantFrom(undefined, 2), (given, indent) => {
        const json = visibleJson({ [given]: given, list: [given] }, indent);
        expect(json).not.toMatch(/(?!\n)[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]/u);
        expect(JSON.parse(json)).toEqual({ [given]: given, list: [given] });
      }),
    );
  });
});

describe('text that people write', () => {
  it.each(['naïve café', '東京', 'Ω≈ç√', '👍🏽', '👩‍👩‍👧‍👦', '❤️', '1️⃣', '🏴󠁧󠁢󠁳󠁣󠁴󠁿', 'क्‍ष', '[31m', '\\u202e'])(
    '%s stays as it is',
    (given) => {
      expect(visibleLine(given)).toBe(given);
    },
  );

  it('keeps line breaks and tabs where it has several lines, and shows them where it has one', () => {
    expect(visibleLines('a\r\n\tb')).toBe('a\n\tb');
    expect(visibleLine('a\r\n\tb')).toBe('a⟨U+000D⟩⟨U+000A⟩⟨U+0009⟩b');
    expect(visibleValue({ name: 'a\nb', body: { text: 'a\nb' } }, { manyLines: ['body'] })).toEqual({
      name: 'a⟨U+000A⟩b',
      body: { text: 'a\nb' },
    });
  });

  it('has no spaces that are none, except in prose, where they become spaces', () => {
    expect(visibleLine('a\u00a0b')).toBe('a⟨U+00A0⟩b');
    expect(visibleProse('10\u202f000')).toBe('10 000');
  });

  it('keeps letters from right to left, held apart from what stands beside them', () => {
    expect(visibleLine('שלום עולם 12 → 34')).toBe('⟨rtl⟩שלום עולם⟨/rtl⟩ 12 → 34');
    expect(visibleLine('می‌خواهم')).toBe('⟨rtl⟩می‌خواهم⟨/rtl⟩');
    expect(visibleProse('שלום 12')).toBe('שלום 12');
  });

  it('counts a flood of unseen characters instead of writing it', () => {
    const flooded = visibleLine(`a${'\u{e0041}'.repeat(10_000)}b`);
    expect(flooded.length).toBeLessThan(150);
    expect(flooded).toMatch(/⟨U\+E0041⟩⟨and 9992 more⟩b$/);
  });

  it('lets marks pile up over no other line and change no character of ours', () => {
    expect(visibleLine(`a${'\u0301'.repeat(30)}`).length).toBeLessThan(120);
    expect(visibleLine('\u0338ok')).toBe('⟨U+0338⟩ok');
  });
});

it('fills up to columns, not to characters', () => {
  expect([displayWidth('東京'), displayWidth('e\u0301'), displayWidth('👩‍👩‍👧')]).toEqual([4, 1, 2]);
  expect(padToWidth('東京', 6)).toBe('東京  ');
});
