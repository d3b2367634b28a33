import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { pointerKeys, pointerStep, valueAtPointer } from './json-pointer.ts';

describe('a JSON pointer', () => {
  it('walks through the same keys that it was made of, whatever is in them', () => {
    fc.assert(
      fc.property(fc.array(fc.string()), (keys) => {
        const pointer = keys.map((key) => `/${pointerStep(key)}`).join('');
        expect(pointerKeys(pointer)).toEqual(keys);
      }),
    );
  });

  it('finds members, list items and the document itself', () => {
    const document = { 'a/b~c': [{ d: 1 }, null], '~1': 2 };
    expect(valueAtPointer(document, '')).toBe(document);
    expect(valueAtPointer(document, '/a~1b~0c/0/d')).toBe(1);
    expect(valueAtPointer(document, '/a~1b~0c/1')).toBeNull();
    expect(valueAtPointer(document, '/~01')).toBe(2);
  });

  it('finds nothing beyond the end, nor in a prototype', () => {
    const document = { list: [1] };
    for (const pointer of ['/none', '/list/1', '/list/0/x', '/constructor', '/list/-', '/__proto__']) {
      expect(valueAtPointer(document, pointer)).toBeUndefined();
    }
  });
});
