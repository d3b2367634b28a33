import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { acceptsText } from '../matcher.ts';
import { newWorkshop } from '../workshop.ts';
import { compileSchema } from './compile-schema.ts';

/** A value that zod accepts, and one that it refuses, for the kinds of schemas that SDKs send. */
const cases: [string, z.ZodType, unknown, unknown][] = [
  ['email', z.email(), 'ada@example.org', 'ada@@example.org'],
  ['uuid', z.uuid(), '3f2b8c1e-9a4d-4c6e-8f10-1234567890ab', '3f2b8c1e'],
  ['url', z.url(), 'https://example.org/a?b=c', 'no url'],
  ['date and time', z.iso.datetime(), '2024-02-29T12:00:00Z', '2023-02-29T12:00:00Z'],
  ['date', z.iso.date(), '2024-02-29', '2024-02-30'],
  ['IPv4', z.ipv4(), '192.168.0.1', '192.168.0.256'],
  ['range', z.number().min(0).max(1), 0.25, 1.5],
  ['integer', z.int().positive().multipleOf(5), 15, 7],
  ['length', z.string().min(2).max(4), 'abc', 'abcde'],
  ['pattern', z.string().regex(/^[A-Z]{2}-\d+$/), 'AB-12', 'ab-12'],
  ['tuple', z.tuple([z.string(), z.number()]), ['a', 1], [1, 'a']],
  ['record', z.record(z.string(), z.number()), { a: 1 }, { a: 'b' }],
  ['literal', z.literal(['a', 7, null]), 7, 8],
  [
    'discriminated union',
    z.discriminatedUnion('kind', [
      z.object({ kind: z.literal('circle'), radius: z.number().nonnegative() }),
      z.object({ kind: z.literal('box'), sides: z.array(z.number()).length(2) }),
    ]),
    { kind: 'box', sides: [1, 2] },
    { kind: 'box', radius: 1 },
  ],
  [
    'nested object',
    z.strictObject({
      name: z.string(),
      tags: z.array(z.enum(['x', 'y'])).min(1),
      note: z.string().nullable().optional(),
    }),
    { name: 'a', tags: ['x'], note: null },
    { name: 'a', tags: [] },
  ],
  [
    'intersection',
    z.intersection(z.object({ a: z.string() }), z.object({ b: z.number() })),
    { a: 'x', b: 1 },
    { a: 'x' },
  ],
];

interface Category {
  name: string;
  children: Category[];
}
const category: z.ZodType<Category> = z.object({
  name: z.string(),
  get children() {
    return z.array(category);
  },
});

describe('a schema written in zod', () => {
  const workshop = newWorkshop();

  it.each([
    ...cases,
    ['recursion', category, { name: 'a', children: [{ name: 'b', children: [] }] }, { name: 'a', children: [{}] }],
  ] as [string, z.ZodType, unknown, unknown][])('is honoured: %s', (_name, schema, good, bad) => {
    const machine = compileSchema(z.toJSONSchema(schema), workshop);
    expect([good, bad].map((value) => schema.safeParse(value).success)).toEqual([true, false]);
    expect([good, bad].map((value) => acceptsText(machine, JSON.stringify(value)))).toEqual([true, false]);
  });
});
