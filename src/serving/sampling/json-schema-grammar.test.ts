import { describe, expect, it } from 'vitest';
import { jsonSchemaGrammar } from './json-schema-grammar.ts';

describe('the grammar of a JSON schema', () => {
  it('refuses what it cannot honour, by name', () => {
    expect(() => jsonSchemaGrammar({ type: 'string', pattern: '^a' })).toThrow(/pattern/);
    expect(() => jsonSchemaGrammar({ not: {} })).toThrow(/not/);
    expect(() => jsonSchemaGrammar({ $ref: '#/$defs/none' })).toThrow(/reference/);
    expect(() => jsonSchemaGrammar({ type: 'array', items: {}, maxItems: 1e9 })).toThrow(/length or count/);
  });

  it('follows references, recursive ones too', () => {
    const grammar = jsonSchemaGrammar({
      $ref: '#/$defs/node',
      $defs: { node: { type: 'object', properties: { next: { $ref: '#/$defs/node' } } } },
    });
    expect(grammar).toContain('root ::= ref0');
    expect(grammar.match(/^ref0 ::=/gm)).toHaveLength(1);
  });

  it('spells integer ranges exactly', () => {
    const accepts = (schema: object) => {
      const grammar = jsonSchemaGrammar({ type: 'integer', ...schema });
      const rule = /^r0 ::= (.*)$/m.exec(grammar)![1]!;
      const pattern = new RegExp(
        `^(${rule
          .replaceAll(/"([^"]*)"/g, '$1')
          .replaceAll(/\s*\|\s*/g, '|')
          .replaceAll(' ', '')})$`,
      );
      return (value: number) => pattern.test(String(value));
    };
    for (const [minimum, maximum] of [
      [0, 9],
      [7, 1234],
      [95, 105],
      [-12, 34],
      [-250, -7],
      [100, 100],
    ] as const) {
      const accepted = accepts({ minimum, maximum });
      for (let value = -1500; value <= 1500; value++) {
        expect([value, accepted(value)]).toEqual([value, value >= minimum && value <= maximum]);
      }
    }
  });
});
