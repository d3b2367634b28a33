import { describe, expect, it } from 'vitest';
import { FtsError } from '../../errors/fts-error.ts';
import { acceptsText } from '../matcher.ts';
import { newWorkshop } from '../workshop.ts';
import { compileSchema } from './compile-schema.ts';

const workshop = newWorkshop();

function judge(schema: unknown, ...values: unknown[]): boolean[] {
  const machine = compileSchema(schema, workshop);
  return values.map((value) => acceptsText(machine, JSON.stringify(value)));
}

function refusal(schema: unknown): FtsError {
  try {
    compileSchema(schema, workshop);
  } catch (error) {
    if (error instanceof FtsError) return error;
    throw error;
  }
  throw new Error('The schema was accepted.');
}

describe('compileSchema', () => {
  it('takes properties in any order and every required one', () => {
    const schema = { type: 'object', properties: { a: { type: 'integer' }, b: { type: 'string' } }, required: ['a'] };
    expect(judge(schema, { a: 1 }, { b: 'x', a: 2 }, { c: null, a: 1 }, { b: 'x' }, { a: 'x' }, {})).toEqual([
      true,
      true,
      true,
      false,
      false,
      false,
    ]);
  });

  it('reads white space as JSON.stringify writes it', () => {
    const machine = compileSchema({ type: 'object', properties: { a: { type: 'array' } } }, workshop);
    expect(acceptsText(machine, JSON.stringify({ a: [1, { b: 2 }] }, null, 2))).toBe(true);
    expect(acceptsText(machine, '{"a": [1, {"b": 2}]}')).toBe(true);
    expect(acceptsText(machine, ' {"a":[]}')).toBe(false);
    expect(acceptsText(machine, '{"a":    []}')).toBe(false);
  });

  it('keeps numbers inside their bounds, however they are written', () => {
    expect(judge({ type: 'integer', minimum: -3, exclusiveMaximum: 120 }, -3, -4, 0, 119, 120, 3.5)).toEqual([
      true,
      false,
      true,
      true,
      false,
      false,
    ]);
    expect(judge({ type: 'number', exclusiveMinimum: 0, maximum: 2.5 }, 0, 1e-7, 2.5, 2.51, 1e21, -1)).toEqual([
      false,
      true,
      true,
      false,
      false,
      false,
    ]);
    expect(judge({ type: 'number', multipleOf: 0.25 }, 0.75, 3, 0.3, -1.25)).toEqual([true, true, false, true]);
  });

  it('joins pattern, length and format', () => {
    expect(judge({ type: 'string', pattern: '^(?!foo)[a-z]+$', maxLength: 5 }, 'bar', 'foob', 'barbar')).toEqual([
      true,
      false,
      false,
    ]);
    expect(judge({ type: 'string', format: 'date' }, '2024-02-29', '2023-02-29', 'soon')).toEqual([true, false, false]);
    expect(judge({ type: 'string', minLength: 2, maxLength: 2 }, '😀é', '"\n', 'abc')).toEqual([true, true, false]);
  });

  it('counts items, tells them apart and looks for the ones that must be there', () => {
    expect(
      judge({ type: 'array', items: { type: 'boolean' }, minItems: 2, maxItems: 3 }, [true], [true, false]),
    ).toEqual([false, true]);
    expect(judge({ type: 'array', items: { type: 'string' }, uniqueItems: true }, ['a', 'b'], ['a', 'b', 'a'])).toEqual(
      [true, false],
    );
    expect(
      judge({ type: 'array', contains: { type: 'integer' }, maxContains: 2 }, ['a'], [1, 'a', 2], [1, 2, 3]),
    ).toEqual([false, true, false]);
  });

  it('counts to thousands without writing the counts out', () => {
    const schema = { type: 'array', items: { type: 'integer' }, minItems: 3000, maxItems: 100_000 };
    expect(judge(schema, Array(2999).fill(1), Array(3000).fill(1))).toEqual([false, true]);
  });

  it('decides oneOf, not and if', () => {
    const either = { oneOf: [{ required: ['a'] }, { required: ['b'] }], type: 'object' };
    expect(judge(either, { a: 1 }, { b: 1 }, { a: 1, b: 1 }, {})).toEqual([true, true, false, false]);
    expect(judge({ not: { type: 'object', required: ['a'] } }, {}, { a: 1 }, 3)).toEqual([true, false, true]);
    const conditional = {
      if: { properties: { kind: { const: 'x' } }, required: ['kind'] },
      // biome-ignore lint/suspicious/noThenProperty: a keyword of JSON Schema
      then: { required: ['size'] },
      else: { required: ['name'] },
    };
    expect(judge(conditional, { kind: 'x' }, { kind: 'x', size: 1 }, { kind: 'y' }, { kind: 'y', name: 1 })).toEqual([
      false,
      true,
      false,
      true,
    ]);
  });

  it('follows references, with siblings, by anchor and back to themselves', () => {
    const list = {
      $defs: {
        node: { $anchor: 'node', type: 'object', properties: { next: { $ref: '#node' } }, required: ['value'] },
      },
      $ref: '#/$defs/node',
      properties: { value: { type: 'integer' } },
    };
    expect(
      judge(list, { value: 1 }, { value: 1, next: { value: 'x' } }, { value: 1, next: {} }, { value: 'x' }),
    ).toEqual([true, true, false, false]);
  });

  it('judges what other keywords left unevaluated', () => {
    const schema = { allOf: [{ properties: { a: true } }], properties: { b: true }, unevaluatedProperties: false };
    expect(judge(schema, { a: 1, b: 2 }, { c: 1 })).toEqual([true, false]);
  });

  it('does not count a repeated name twice', () => {
    const machine = compileSchema({ type: 'object', minProperties: 2 }, workshop);
    expect(acceptsText(machine, '{"a":1,"a":2}')).toBe(false);
    expect(acceptsText(machine, '{"a":1,"b":2}')).toBe(true);
  });

  it('refuses a contradiction, and names keyword, place and remedy of what it cannot decide', () => {
    expect(refusal({ type: 'array', items: { type: 'boolean' }, minItems: 5, maxItems: 2 }).message).toContain(
      'contradicts',
    );
    expect(refusal({ enum: [] }).message).toContain('contradicts');
    const lookbehind = refusal({ properties: { a: { type: 'string', pattern: '(?<=x)y' } } });
    expect(lookbehind).toMatchObject({ kind: 'invalid-input', field: '/properties/a/pattern' });
    expect(lookbehind.remedy).toBeTruthy();
    expect(refusal({ $ref: 'https://example.com/other.json' }).field).toBe('/$ref');
    expect(refusal({ type: 'text' }).field).toBe('/type');
    expect(refusal({ $ref: '#' }).message).toContain('leads back to itself');
  });
});
