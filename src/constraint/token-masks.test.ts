import { describe, expect, it } from 'vitest';
import { type ConstraintSource, compileConstraint } from './compile-constraint.ts';
import { acceptsText, Matcher } from './matcher.ts';
import type { Configuration, Pushdown } from './pushdown.ts';
import { TokenMasks } from './token-masks.ts';
import { VocabularyTree } from './vocabulary.ts';
import { newWorkshop } from './workshop.ts';

const encoder = new TextEncoder();

/** Tokens of every kind that crosses a boundary: of strings, of names, of numbers, of characters. */
function vocabulary(): Uint8Array[] {
  const words = [
    'a',
    'b',
    'ab',
    'abc',
    'name',
    'nam',
    'e',
    'id',
    'x',
    'é',
    '日本',
    'the',
    ' ',
    '  ',
    '12',
    '3',
    '0',
    '.5',
    '-',
    'e5',
  ];
  const marks = [
    '"',
    '",',
    '":',
    '": ',
    '","',
    '"}',
    '"]',
    '{"',
    '{',
    '}',
    '[',
    ']',
    '[]',
    ',',
    ':',
    ', "',
    '\n',
    '\\',
    '\\"',
    '\\n',
    'u00e9',
  ];
  const mixed = [...words.slice(0, 8)].flatMap((word) => ['"', '",', '":', '"}'].map((mark) => word + mark));
  const texts = [...words, ...marks, ...mixed, 'true', 'false', 'null', 'tru', '"a","b"', '"a","a"'];
  return [
    ...texts.map((text) => encoder.encode(text)),
    Uint8Array.of(0xc3),
    Uint8Array.of(0xa9),
    Uint8Array.of(0xe6, 0x97),
  ];
}

/** The tokens that a configuration allows, each read byte by byte. */
function readEach(machine: Pushdown, from: Configuration, texts: readonly Uint8Array[]): number[] {
  return texts.flatMap((text, token) => {
    let at: Configuration | null = from;
    for (const byte of text) at = at === null ? null : machine.step(at, byte);
    return at === null ? [] : [token];
  });
}

const sources: ConstraintSource[] = [
  { kind: 'json-schema', schema: true },
  {
    kind: 'json-schema',
    schema: { type: 'object', properties: { name: { type: 'string' }, id: { type: 'integer' } }, required: ['name'] },
  },
  { kind: 'json-schema', schema: { type: 'array', items: { type: 'string', maxLength: 2 } } },
  {
    kind: 'json-schema',
    schema: { type: 'array', items: { enum: ['a', 'b', 'abc'] }, uniqueItems: true, minItems: 2 },
  },
  { kind: 'json-schema', schema: { type: 'array', items: { type: 'string' }, uniqueItems: true } },
  { kind: 'json-schema', schema: { type: 'object', minProperties: 2, additionalProperties: { type: 'number' } } },
  {
    kind: 'json-schema',
    schema: {
      anyOf: [
        { type: 'string', pattern: '^[a-z]*$' },
        { type: 'object', properties: { a: { const: 'é' } } },
      ],
    },
  },
  {
    kind: 'json-schema',
    schema: { type: 'object', propertyNames: { maxLength: 3 }, patternProperties: { '^a': { type: 'null' } } },
  },
  { kind: 'gbnf', grammar: 'root ::= item ("," item)*\nitem ::= [a-z]+ | "[" item? "]"' },
  { kind: 'pattern', pattern: '(?:ab|the)+ ?[^"]*"' },
];

describe('a mask', () => {
  it('holds exactly the tokens that can be read, at every place of random texts', () => {
    const texts = vocabulary();
    const tree = new VocabularyTree(texts);
    let seed = 7;
    const random = (): number => {
      seed = (seed * 1103515245 + 12345) % 2 ** 31;
      return seed / 2 ** 31;
    };
    for (const source of sources) {
      const workshop = newWorkshop();
      const machine = compileConstraint(source, workshop);
      const masks = new TokenMasks(tree, workshop.lexer);
      for (let round = 0; round < 25; round++) {
        const matcher = new Matcher(machine, masks, (token) => texts[token]!);
        let at = machine.start;
        for (let length = 0; length < 25; length++) {
          const mask = matcher.mask();
          const masked = texts.flatMap((_, token) =>
            (mask[tree.places[token]! >> 5]! >> (tree.places[token]! & 31)) & 1 ? [token] : [],
          );
          const allowed = readEach(machine, at, texts);
          expect({ source, masked }).toEqual({ source, masked: allowed });
          if (allowed.length === 0) break;
          const token = allowed[Math.floor(random() * allowed.length)]!;
          expect(matcher.advance(token)).toBe(true);
          for (const byte of texts[token]!) at = machine.step(at, byte)!;
        }
      }
    }
  });

  it('never leads into a dead end', () => {
    const workshop = newWorkshop();
    const schema = {
      type: 'object',
      properties: {
        tags: { type: 'array', items: { enum: ['a', 'b', 'c'] }, uniqueItems: true, minItems: 2 },
        n: { type: 'integer', minimum: 3, maximum: 12 },
      },
      required: ['tags', 'n'],
      maxProperties: 2,
    };
    const texts = Array.from({ length: 128 }, (_, code) => Uint8Array.of(code));
    const tree = new VocabularyTree(texts);
    const machine = compileConstraint({ kind: 'json-schema', schema }, workshop);
    const masks = new TokenMasks(tree, workshop.lexer);
    let seed = 3;
    for (let round = 0; round < 40; round++) {
      const matcher = new Matcher(machine, masks, (token) => texts[token]!);
      let text = '';
      while (!matcher.canEnd) {
        const allowed = texts.flatMap((_, token) => (matcher.allows(token) ? [token] : []));
        expect({ text, count: allowed.length }).not.toMatchObject({ count: 0 });
        seed = (seed * 1103515245 + 12345) % 2 ** 31;
        const token = allowed[seed % allowed.length]!;
        matcher.advance(token);
        text += String.fromCharCode(token);
      }
      expect(acceptsText(machine, text)).toBe(true);
      expect(Object.keys(JSON.parse(text) as object).sort()).toEqual(['n', 'tags']);
    }
  });

  it('knows the bytes that must come', () => {
    const workshop = newWorkshop();
    const machine = compileConstraint({ kind: 'json-schema', schema: { const: 'forced' } }, workshop);
    const texts = Array.from({ length: 128 }, (_, code) => Uint8Array.of(code));
    const matcher = new Matcher(
      machine,
      new TokenMasks(new VocabularyTree(texts), workshop.lexer),
      (token) => texts[token]!,
    );
    expect(new TextDecoder().decode(matcher.forced(100))).toBe('"forced"');
    expect(matcher.advance('"'.charCodeAt(0))).toBe(true);
    expect(new TextDecoder().decode(matcher.forced(3))).toBe('for');
  });
});
