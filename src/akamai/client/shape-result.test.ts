import { describe, expect, it } from 'vitest';
import { shapeResult } from './shape-result.ts';

const body = {
  accountId: 'act_1',
  groups: { items: Array.from({ length: 50 }, (_, id) => ({ id, name: `group ${id}`, note: 'x'.repeat(100) })) },
};

describe('an answer', () => {
  it('is returned whole where it is small enough', () => {
    expect(shapeResult(body, {})).toMatchObject({ data: body });
    expect(shapeResult(body, {}).note).toBeUndefined();
  });

  it('is narrowed by JMESPath, fields and rows, in that order', () => {
    expect(shapeResult(body, { select: 'groups.items[?id < `2`].name' }).data).toEqual(['group 0', 'group 1']);
    const { data, note } = shapeResult(body, { fields: ['id'], rows: 2 });
    expect(data).toEqual({ accountId: 'act_1', groups: { items: [{ id: 0 }, { id: 1 }] } });
    expect(note).toContain('2 of 50 rows');
  });

  it('is cut to whole rows with a note of what is missing', () => {
    const { data, bytes, note } = shapeResult(body, { maxBytes: 1000 });
    expect(bytes).toBeLessThanOrEqual(1000);
    expect((data as typeof body).groups.items.length).toBeGreaterThan(0);
    expect(note).toMatch(/Cut to \d+ of 50 rows/);
  });

  it('without rows becomes an outline that says how to get a part', () => {
    const tree = { rules: { name: 'default', children: [{ name: 'a' }], text: 'y'.repeat(5000) } };
    const { data, note } = shapeResult(tree, { maxBytes: 800 });
    expect(JSON.stringify(data).length).toBeLessThan(800);
    expect(note).toContain('select');
  });

  it('names a wrong expression and takes bytes and nothing', () => {
    expect(() => shapeResult(body, { select: 'groups[' })).toThrow(/JMESPath/);
    expect(shapeResult(new Uint8Array(3), {}).data).toBe('(3 bytes, not text)');
    expect(shapeResult(undefined, {}).data).toBeNull();
  });
});
