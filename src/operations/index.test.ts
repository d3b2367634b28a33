import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { operations } from './find-operation.ts';

const pathOf = (name: string): string => join(import.meta.dirname, `${name.replaceAll('.', '/')}.ts`);

it('keeps every operation at the path of its name', () => {
  for (const { name } of operations) {
    expect(existsSync(pathOf(name)), `${name} belongs in ${pathOf(name)}`).toBe(true);
    expect(readFileSync(pathOf(name), 'utf8')).toContain(`name: '${name}'`);
  }
});

it('keeps nothing but operations in their folders', () => {
  const known = new Set(operations.map(({ name }) => pathOf(name)));
  const strangers = readdirSync(import.meta.dirname, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.ts') && !entry.name.endsWith('.test.ts'))
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((path) => path.startsWith(`${import.meta.dirname}/`))
    .map((path) => path.slice(import.meta.dirname.length + 1))
    .filter((path) => path.includes('/') && !path.startsWith('inputs/'))
    .filter((path) => !known.has(join(import.meta.dirname, path)));
  expect(strangers).toEqual([]);
});

it('has every file that defines an operation', () => {
  const known = new Set(operations.map(({ name }) => pathOf(name)));
  const defining = readdirSync(import.meta.dirname, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts') && !name.endsWith('.test.ts'))
    .map((name) => join(import.meta.dirname, name))
    .filter((path) => readFileSync(path, 'utf8').includes('= defineOperation('));
  expect(defining.length).toBeGreaterThan(0);
  expect(defining.filter((path) => !known.has(path))).toEqual([]);
});
