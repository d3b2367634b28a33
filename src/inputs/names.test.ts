import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  artifactIdSchema,
  deploymentNameSchema,
  isSafeName,
  keyNameSchema,
  longestName,
  modelNameSchema,
  newModelNameSchema,
  safeNameFrom,
} from './names.ts';

describe('a model’s name', () => {
  it.each(['notes', 'Llama-3.1-8B', '_x', 'a', 'console', 'com', 'nulls.v2', 'x'.repeat(64)])('may be %s', (name) => {
    expect(newModelNameSchema.parse(name)).toBe(name);
  });
  it.each([
    '',
    '.',
    '..',
    '...',
    '.hidden',
    '-x',
    '--name',
    'a/b',
    '../x',
    'a\\b',
    'C:x',
    'x.',
    'x ',
    ' x',
    'a b',
    'x\n',
    'x\0',
    'CON',
    'nul',
    'Com1',
    'com0.txt',
    'lpt9.tar.gz',
    'PRN.',
    'x'.repeat(65),
    'naïve',
    'ｍodel',
    'a\u202Eb',
    'a\u200Bb',
    '%2e%2e',
  ])('may not be %j', (name) => {
    expect(newModelNameSchema.safeParse(name).success).toBe(false);
    expect(isSafeName(name)).toBe(false);
  });
  it('may be longer only where a model of an older home is looked up', () => {
    const long = 'x'.repeat(100);
    expect(modelNameSchema.safeParse(long).success).toBe(true);
    expect(newModelNameSchema.safeParse(long).success).toBe(false);
    expect(modelNameSchema.safeParse('..').success).toBe(false);
  });
});

describe('the names built on it', () => {
  it('takes an artifact’s id as model:format', () => {
    expect(artifactIdSchema.safeParse('operator:q4_0').success).toBe(true);
    for (const id of ['operator', ':q4_0', 'operator:', '../x:q4_0', 'a:b:c', '..:q4_0', 'a:..', 'a:b/c']) {
      expect(artifactIdSchema.safeParse(id).success, id).toBe(false);
    }
  });
  it('takes deployments named like artifacts and like repositories of the hub', () => {
    for (const name of ['operator', 'operator:q4_0', 'hf.co/bartowski/Meta-Llama-3.1-8B-Instruct-GGUF:Q4_K_M']) {
      expect(deploymentNameSchema.safeParse(name).success, name).toBe(true);
    }
    for (const name of ['', '..', 'a/../b', '/etc/passwd', 'a//b', 'a:', './x', 'a/.git', 'x/con']) {
      expect(deploymentNameSchema.safeParse(name).success, name).toBe(false);
    }
  });
  it('takes keys’ names whose ends can be seen', () => {
    expect(keyNameSchema.safeParse('my laptop').success).toBe(true);
    for (const name of [' laptop', 'laptop ', '', 'a\nb', 'x'.repeat(65)]) {
      expect(keyNameSchema.safeParse(name).success, name).toBe(false);
    }
  });
  it('makes a safe name of any text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 200 }), (text) => {
        expect(isSafeName(safeNameFrom(text))).toBe(true);
        expect(safeNameFrom(text).length).toBeLessThanOrEqual(longestName);
      }),
    );
    for (const text of ['con', '..', '', '.hidden', 'x'.repeat(300), 'a/../b', '---']) {
      expect(isSafeName(safeNameFrom(text)), text).toBe(true);
    }
  });
});
