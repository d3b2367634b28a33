import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { refuseOversized } from './bounded-input.ts';
import { operations } from './find-operation.ts';

interface Node {
  type?: string;
  properties?: Record<string, Node>;
  items?: Node;
  anyOf?: Node[];
}

/** Every place of a schema that takes a text or a list, as an input that is too long there. */
function* oversized(node: Node): Generator<unknown> {
  for (const one of [node, ...(node.anyOf ?? [])]) {
    if (one.type === 'string') yield 'x'.repeat(1_100_000);
    if (one.type === 'array') {
      yield Array.from({ length: 20_000 }, () => 'x');
      for (const item of oversized(one.items ?? {})) yield [item];
    }
    for (const [key, member] of Object.entries(one.properties ?? {})) {
      for (const value of oversized(member)) yield { [key]: value };
    }
  }
}

describe('an oversized input', () => {
  it.each(operations.map((operation) => [operation.name, operation] as const))('is refused by %s', (_, operation) => {
    const schema = z.toJSONSchema(operation.input, { io: 'input', unrepresentable: 'any' }) as Node;
    for (const input of oversized(schema)) {
      expect(() => refuseOversized(operation, input)).toThrow(expect.objectContaining({ kind: 'invalid-input' }));
    }
  });

  it('is refused by the bound of its own schema, wherever that stands', () => {
    const bounded = { ...operations[0]!, input: z.object({ names: z.array(z.string().max(3)).max(2000).optional() }) };
    expect(() => refuseOversized(bounded, { names: Array(2000).fill('abc') })).not.toThrow();
    expect(() => refuseOversized(bounded, { names: ['abcd'] })).toThrow(
      expect.objectContaining({ field: 'names.0', remedy: 'Send at most 3.' }),
    );
    expect(() => refuseOversized(bounded, { unknown: { deep: Array(1001).fill(0) } })).toThrow(
      expect.objectContaining({ field: 'unknown.deep' }),
    );
  });
});
