import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { fileToReadSchema } from '../inputs/file-inputs.ts';
import { namedThings } from '../inputs/names.ts';
import { operations } from './find-operation.ts';
import { namedBy } from './named-fields.ts';

interface Leaf {
  /** `train.data`, `evaluate.artifacts[]` */
  place: string;
  schema: z.core.$ZodType;
  description: string;
}

type Definition = z.core.$ZodTypeDef & {
  innerType?: z.core.$ZodType;
  element?: z.core.$ZodType;
  options?: z.core.$ZodType[];
  shape?: Record<string, z.core.$ZodType>;
  valueType?: z.core.$ZodType;
  in?: z.core.$ZodType;
  items?: z.core.$ZodType[];
};

/** Every schema of an input that takes a string of any text, and every one that is marked. */
function* leavesOf(schema: z.core.$ZodType, place: string, above = ''): Generator<Leaf> {
  const definition = schema._zod.def as Definition;
  const description = (schema as z.ZodType).description ?? above;
  if (namedThings.has(schema as z.ZodType) || namedThings.get(schema as z.ZodType) !== undefined) {
    yield { place, schema, description };
    return;
  }
  if (definition.type === 'string') {
    if ((schema._zod as { bag?: { format?: string } }).bag?.format === undefined) yield { place, schema, description };
    return;
  }
  const { innerType, element, options = [], shape = {}, valueType, in: input, items = [] } = definition;
  for (const inner of [innerType, input]) if (inner !== undefined) yield* leavesOf(inner, place, description);
  if (element !== undefined) yield* leavesOf(element, `${place}[]`, description);
  for (const option of [...options, ...items]) yield* leavesOf(option, place, description);
  for (const [name, field] of Object.entries(shape)) yield* leavesOf(field, `${place}.${name}`);
  if (valueType !== undefined) yield* leavesOf(valueType, `${place}{}`, description);
}

const leaves = operations.flatMap(({ name, input }) => [...leavesOf(input, name)]);
const soundsLikeAFile =
  /\b(paths?|folders?|files?|director(y|ies)|models?|artifacts?|adapters?|bundles?|checkpoints?|corpus|archive)\b|\.(gguf|tgz|svg|png|html|json|jsonl|txt)\b/i;

/** Texts that speak of such a thing and name none on this machine, each with what it is. */
const others: Record<string, string> = {
  'akamai.describe.operation': 'a path of Akamai’s API',
  'akamai.read.operation': 'a path of Akamai’s API',
  'akamai.plan.operation': 'a path of Akamai’s API',
  'akamai.property.change.patch[].path': 'a place in a rule tree',
  'audit.list.subject': 'a path of Akamai’s API',
  'audit.export.subject': 'a path of Akamai’s API',
  'benchmark.model': 'a name that another server may know',
};

describe('the fields of all operations', () => {
  it('are found by the walk, also inside lists, options and defaults', () => {
    const schema = z.object({ files: z.array(fileToReadSchema).default([]), note: z.string().optional() });
    expect([...leavesOf(schema, 'x')].map(({ place, schema: leaf }) => [place, namedBy(leaf)])).toEqual([
      ['x.files[]', 'file to read'],
      ['x.note', undefined],
    ]);
    expect(namedBy(schema.shape.files)).toBe('file to read');
    expect(leaves.length).toBeGreaterThan(80);
  });

  it('name no file, folder, model or artifact in a free string', () => {
    const free = leaves
      .filter(({ schema }) => namedBy(schema) === undefined)
      .filter(({ place, description }) => {
        const field = place.slice(place.lastIndexOf('.') + 1).replaceAll(/([A-Z])/g, ' $1');
        return soundsLikeAFile.test(field) || soundsLikeAFile.test(description);
      });
    expect(free.filter(({ place }) => !(place in others)).map((leaf) => `${leaf.place}: ${leaf.description}`)).toEqual(
      [],
    );
    expect(free.map(({ place }) => place).sort()).toEqual(Object.keys(others).sort());
  });

  it('name files to read and to write at the top, where they are checked before the work begins', () => {
    const deep = leaves.filter(
      ({ place, schema }) =>
        (namedBy(schema) ?? '').startsWith('file to ') &&
        !operations.some(({ name, input }) =>
          Object.entries(input.shape).some(([field, top]) => {
            return place.replace('[]', '') === `${name}.${field}` && namedBy(top) === namedBy(schema);
          }),
        ),
    );
    expect(deep.map(({ place }) => place)).toEqual([]);
  });

  it('have --overwrite beside every file to write', () => {
    for (const { name, input } of operations) {
      const writes = Object.values(input.shape).some((schema) => namedBy(schema) === 'file to write');
      expect('overwrite' in input.shape, name).toBe(writes);
    }
  });
});
