import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FtsError } from '../errors/fts-error.ts';
import { type ConstraintSource, compileConstraint } from './compile-constraint.ts';
import { LIMITS } from './limits.ts';
import { Matcher } from './matcher.ts';
import { TokenMasks } from './token-masks.ts';
import { VocabularyTree } from './vocabulary.ts';
import { isWornOut, newWorkshop } from './workshop.ts';

const numbered = <T>(count: number, make: (index: number) => T): T[] =>
  Array.from({ length: count }, (_, index) => make(index));
const json = (schema: unknown): ConstraintSource => ({ kind: 'json-schema', schema });
const gbnf = (...lines: string[]): ConstraintSource => ({ kind: 'gbnf', grammar: lines.join('\n') });

/** Inputs that cost a naive engine exponential time, or a call stack. */
const known: ConstraintSource[] = [
  gbnf(
    'root ::= a a a a a a a a "x"',
    'a ::= b b b b b b b b',
    'b ::= c c c c c c c c',
    'c ::= "" | "y" | "y" "y" | [y]* [y]*',
  ),
  gbnf(`root ::= ${'('.repeat(100_000)}`),
  gbnf('root ::= ((("x"? | root2)*){0,500}){0,500}', 'root2 ::= "(" root2? ")"'),
  gbnf('root ::= r0', ...numbered(5000, (index) => `r${index} ::= "a" r${(index + 1) % 5000} | "b"`)),
  { kind: 'pattern', pattern: '(a|b)*a(a|b){30}' },
  { kind: 'pattern', pattern: '(((((a*)*)*)*)*)*b' },
  json({ type: 'string', allOf: numbered(12, (index) => ({ pattern: `(a|b)*a(a|b){${index + 8}}$` })) }),
  json({ allOf: numbered(20, (index) => ({ anyOf: [{ required: [`a${index}`] }, { required: [`b${index}`] }] })) }),
  json({ oneOf: numbered(60, (index) => ({ properties: { [`p${index}`]: { type: 'string' } } })) }),
  json({
    patternProperties: Object.fromEntries(numbered(14, (index) => [`a.*${String.fromCharCode(98 + index)}`, true])),
  }),
  json(JSON.parse(`${'{"items":'.repeat(5000)}{}${'}'.repeat(5000)}`)),
  json({ enum: numbered(300, (index) => ({ a: index })), not: { enum: numbered(300, (index) => ({ a: index })) } }),
  json({ type: 'array', minItems: 1e9, maxItems: 1e9, items: { type: 'null' } }),
  json({ type: 'object', minProperties: 1e6 }),
];

const pattern = fc.letrec<{ pattern: string }>((tie) => {
  const inner = tie('pattern');
  const repeats = fc.constantFrom('*', '+', '{20}', '{0,50}', '{1,1000}', '{100000}', '{3,}');
  return {
    pattern: fc.oneof(
      { maxDepth: 5, depthSize: 'medium' },
      fc.constantFrom('a', 'b', '.', '[a-c]', '\\d', '(a|b)', '[^a]', 'é'),
      fc.tuple(inner, inner).map(([a, b]) => a + b),
      fc.tuple(inner, inner).map(([a, b]) => `(?:${a}|${b})`),
      fc.tuple(inner, repeats).map(([a, count]) => `(?:${a})${count}`),
      inner.map((a) => `(?!${a})`),
      inner.map((a) => `.*${a}.*`),
    ),
  };
}).pattern;

const schema = fc.letrec<{ schema: unknown }>((tie) => {
  const inner = tie('schema');
  const many = fc.array(inner, { minLength: 2, maxLength: 8 });
  const byName = fc.dictionary(fc.constantFrom('a', 'b', 'c', 'd'), inner, { minKeys: 2, noNullPrototype: true });
  const byPattern = fc.dictionary(pattern, inner, { minKeys: 1, maxKeys: 5, noNullPrototype: true });
  return {
    schema: fc.oneof(
      { maxDepth: 5, depthSize: 'medium' },
      fc.constantFrom<unknown>(
        true,
        { type: 'integer', multipleOf: 999 },
        { $ref: '#' },
        { maxItems: 1e9, minItems: 1e9 },
      ),
      pattern.map((source) => ({ type: 'string', pattern: source, minLength: 3, maxLength: 1000 })),
      many.map((allOf) => ({ allOf })),
      many.map((anyOf) => ({ anyOf })),
      many.map((oneOf) => ({ oneOf })),
      inner.map((not) => ({ not })),
      byName.map((properties) => ({ type: 'object', properties, required: Object.keys(properties) })),
      byPattern.map((patternProperties) => ({ patternProperties, additionalProperties: false, minProperties: 3 })),
      fc.tuple(inner, inner).map(([a, b]) => ({ prefixItems: [a, b], contains: b, maxContains: 4, minItems: 50 })),
      inner.map((rest) => ({ unevaluatedProperties: rest, anyOf: [{ properties: { a: true } }, { required: ['b'] }] })),
    ),
  };
}).schema;

const expression = fc.letrec<{ expression: string }>((tie) => {
  const inner = tie('expression');
  const repeats = fc.constantFrom('*', '?', '{50}', '{0,200}', '{3,}', '{10000}');
  return {
    expression: fc.oneof(
      { maxDepth: 5, depthSize: 'medium' },
      fc.constantFrom('"x"', '[a-z]', '[y]*', 'a', 'b', 'c', '""', '.'),
      fc.array(inner, { minLength: 2, maxLength: 8 }).map((parts) => parts.join(' ')),
      fc.array(inner, { minLength: 2, maxLength: 6 }).map((parts) => `(${parts.join(' | ')})`),
      fc.tuple(inner, repeats).map(([part, count]) => `(${part})${count}`),
    ),
  };
}).expression;

const grammar = fc
  .tuple(expression, expression, expression, expression)
  .map(([root, a, b, c]) =>
    gbnf(`root ::= ${root} "!"`, `a ::= "(" (${a}) ")"`, `b ::= "[" (${b})? "]" b?`, `c ::= "x" (${c})`),
  );

const source: fc.Arbitrary<ConstraintSource> = fc.oneof(
  schema.map(json),
  grammar,
  pattern.map((text) => ({ kind: 'pattern' as const, pattern: text })),
);

const texts = [
  ...numbered(128, (code) => Uint8Array.of(code)),
  ...['ab', '"}', '","', 'aaaa', 'yyyy', '[['].map((text) => new TextEncoder().encode(text)),
];
const tree = new VocabularyTree(texts);
let workshop = newWorkshop();

/** Compiles a source and generates from it; whatever it refuses must be its own error. Returns the work of each step. */
function work(input: ConstraintSource): number[] {
  if (isWornOut(workshop)) workshop = newWorkshop();
  const { languages } = workshop.lexer;
  const steps: number[] = [];
  const measured = <T>(step: () => T): T => {
    const before = languages.work;
    try {
      return step();
    } finally {
      steps.push(languages.work - before);
    }
  };
  try {
    const machine = measured(() => compileConstraint(input, workshop));
    const matcher = new Matcher(machine, new TokenMasks(tree, workshop.lexer), (token) => texts[token]!);
    for (let length = 0; length < 20; length++) {
      measured(() => matcher.mask());
      const allowed = texts.flatMap((_, token) => (matcher.allows(token) ? [token] : []));
      if (allowed.length === 0) break;
      measured(() => matcher.advance(allowed[(length * 7919) % allowed.length]!));
    }
  } catch (error) {
    if (!(error instanceof FtsError) || error.kind !== 'invalid-input') throw error;
  }
  return steps;
}

describe('a hostile constraint', () => {
  it('is refused, or costs a bounded amount of work for compiling and for each token', () => {
    for (const input of known) for (const steps of work(input)) expect(steps).toBeLessThan(LIMITS.compileWork * 2);
  });

  it('is bounded too where it is made at random', () => {
    const runs = Number(process.env.FTS_PROPERTY_RUNS ?? 60);
    fc.assert(
      fc.property(source, (input) => {
        for (const steps of work(input)) expect(steps).toBeLessThan(LIMITS.compileWork * 2);
      }),
      { numRuns: runs, endOnFailure: true },
    );
  }, 600_000);
});
