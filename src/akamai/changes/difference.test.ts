import { describe, expect, it } from 'vitest';
import { differences } from './difference.ts';

const rule = (name: string, ...behaviors: object[]) => ({ name, criteria: [], behaviors, children: [] as object[] });
const caching = (ttl: string) => ({ name: 'caching', options: { behavior: 'MAX_AGE', ttl } });

describe('differences', () => {
  it('finds nothing between equal values whatever the order of keys', () => {
    expect(differences({ a: 1, b: [1, 2] }, { b: [1, 2], a: 1 })).toEqual([]);
  });

  it('names the place of a changed option', () => {
    const before = { rules: { ...rule('default'), children: [rule('Static', caching('1d'))] } };
    const after = { rules: { ...rule('default'), children: [rule('Static', caching('7d'))] } };
    expect(differences(before, after)).toEqual([
      {
        op: 'replace',
        path: '/rules/children/0/behaviors/0/options/ttl',
        place: 'rules › Static › caching › ttl',
        before: '1d',
        after: '7d',
      },
    ]);
  });

  it('shows an inserted rule as one addition', () => {
    const before = { children: [rule('A'), rule('B')] };
    const after = { children: [rule('New'), rule('A'), rule('B')] };
    expect(differences(before, after)).toEqual([{ op: 'add', path: '/children/0', place: 'New', after: rule('New') }]);
  });

  it('shows a removed rule at its old place and changed values as replacements', () => {
    expect(differences({ children: [rule('A'), rule('B')] }, { children: [rule('B')] })).toMatchObject([
      { op: 'remove', path: '/children/0', place: 'A' },
    ]);
    expect(differences({ rdata: ['192.0.2.1', '192.0.2.2'] }, { rdata: ['192.0.2.1', '192.0.2.9'] })).toEqual([
      { op: 'replace', path: '/rdata/1', place: 'rdata › 1', before: '192.0.2.2', after: '192.0.2.9' },
    ]);
  });

  it('shows creation and deletion of the whole', () => {
    expect(differences(undefined, { a: 1 })).toEqual([{ op: 'add', path: '', place: '', after: { a: 1 } }]);
    expect(differences({ a: 1 }, undefined)).toEqual([{ op: 'remove', path: '', place: '', before: { a: 1 } }]);
  });

  it('escapes pointers', () => {
    expect(differences({ 'a/b~c': 1 }, { 'a/b~c': 2 })[0]?.path).toBe('/a~1b~0c');
  });
});
