import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { terminalText } from '../runtime/terminal-output.ts';
import { operations } from './find-operation.ts';
import { renderOutput, visibleOutput } from './render-output.ts';

const hostile = fc
  .array(
    fc.constantFrom(
      'a',
      '7',
      ' ',
      '\n',
      '\r',
      '\t',
      '\b',
      '\x1b[2J',
      '\x1b[8m',
      '\x9b',
      '\u202e',
      '\u2066',
      '\u200b',
      'א',
    ),
    { minLength: 1, maxLength: 12 },
  )
  .map((parts) => parts.join(''));

type Schema = z.core.JSONSchema.BaseSchema;

/** Outputs of an operation as its schema allows them, with every free text hostile. */
function outputs(schema: Schema | boolean): fc.Arbitrary<unknown> {
  if (typeof schema === 'boolean') return fc.oneof(hostile, fc.record({ key: hostile }));
  const choices = schema.anyOf ?? schema.oneOf;
  if (choices !== undefined) return fc.oneof(...choices.map((one) => outputs(one as Schema)));
  if (schema.const !== undefined) return fc.constant(schema.const);
  if (schema.enum !== undefined) return fc.constantFrom(...schema.enum);
  if (Array.isArray(schema.type))
    return fc.oneof(...schema.type.map((type: Schema['type']) => outputs({ ...schema, type })));
  switch (schema.type) {
    case 'string':
      return hostile;
    case 'number':
    case 'integer':
      return fc.integer({ min: Math.max(0, schema.minimum ?? 0), max: 1000 });
    case 'boolean':
      return fc.boolean();
    case 'null':
      return fc.constant(null);
    case 'array':
      return fc.array(outputs((schema.items ?? true) as Schema), { minLength: 1, maxLength: 3 });
    case 'object': {
      const fields = Object.entries(schema.properties ?? {}).map(([name, field]) => [name, outputs(field as Schema)]);
      const open = typeof schema.additionalProperties === 'object' ? schema.additionalProperties : undefined;
      const own = fc.record(Object.fromEntries(fields));
      if (open === undefined) return own;
      return fc.dictionary(hostile, outputs(open as Schema), { maxKeys: 3 });
    }
    default:
      return outputs(true);
  }
}

const obeyed = /(?![\n\t])[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u;

describe('what an operation answers, as a terminal shows it', () => {
  it.each(operations.map((operation) => [operation.name, operation] as const))('%s', (_, operation) => {
    const schema = z.toJSONSchema(operation.output, { io: 'input', unrepresentable: 'any' }) as Schema;
    fc.assert(
      fc.property(outputs(schema), (output) => {
        expect(JSON.stringify(visibleOutput(operation, output))).not.toMatch(obeyed);
        const text = renderOutput(operation, output);
        if (text !== undefined) expect(withoutStyles(terminalText(text))).not.toMatch(obeyed);
        // Nothing is left for the last check to find: the operation's own words were visible already.
        if (text !== undefined) expect(terminalText(text)).toBe(text);
      }),
      { numRuns: 30 },
    );
  });
});

// biome-ignore lint/suspicious/noControlCharactersInRegex: styles begin with it
const withoutStyles = (text: string): string => text.replaceAll(/\x1b\[\d+m/g, '');
