import { describe, expect, it } from 'vitest';
import { Catalogue } from './catalogue/catalogue.ts';
import { changeKinds } from './change-kinds.ts';
import { lostRules } from './changes/lost-rules.ts';

const catalogue = Catalogue.load();

describe('the kinds of change', () => {
  it('name operations of the packed catalogue alone', () => {
    expect(lostRules(changeKinds, catalogue)).toEqual([]);
  });

  it.each(changeKinds.flatMap(({ name, operations }) => operations.map((operation) => [name, operation] as const)))(
    '%s has rules for %s, which changes something',
    (_kind, operation) => {
      const [api = '', operationId = ''] = operation.split(' ');
      expect(catalogue.find(api, operationId).effect).not.toBe('read');
    },
  );

  it('have one name each, and no operation belongs to two', () => {
    const names = changeKinds.map(({ name }) => name);
    const operations = changeKinds.flatMap((kind) => kind.operations);
    expect(new Set(names).size).toBe(names.length);
    expect(new Set(operations).size).toBe(operations.length);
  });
});
