import { Command } from 'commander';
import { expect, it } from 'vitest';
import { z } from 'zod';
import { defineOperation } from '../operations/operation.ts';
import { addOperationFlags, readOperationInput } from './operation-flags.ts';

const operation = defineOperation({
  name: 'sample',
  title: '',
  description: '',
  effect: 'read',
  scope: 'read',
  idempotent: true,
  openWorld: false,
  job: false,
  positionals: ['subjects'],
  example: '',
  input: z.object({
    subjects: z.array(z.string()),
    groupSize: z.number().int().default(32),
    formats: z.array(z.enum(['q8_0', 'q4_0'])).optional(),
    symmetric: z.boolean().default(true),
    settings: z.object({ seed: z.number() }).optional(),
    patch: z.array(z.object({ op: z.string() })).optional(),
    network: z.enum(['STAGING', 'PRODUCTION']).optional(),
    letter: z.enum(['a', 'A']).optional(),
  }),
  output: z.object({}),
  run: async () => ({}),
});

function read(words: string[]): Record<string, unknown> {
  const command = new Command('sample').exitOverride().configureOutput({ writeErr: () => {} });
  addOperationFlags(command, operation);
  command.action(() => {});
  command.parse(words, { from: 'user' });
  return readOperationInput(command, operation);
}

it('turns words and flags into the types that the schema names', () => {
  expect(
    read(['a', 'b', '--group-size', '128', '--formats', 'q8_0', 'q4_0', '--no-symmetric', '--settings', '{"seed":1}']),
  ).toEqual({
    subjects: ['a', 'b'],
    groupSize: 128,
    formats: ['q8_0', 'q4_0'],
    symmetric: false,
    settings: { seed: 1 },
  });
});

it('takes a list of objects word by word, or whole', () => {
  const patch = [{ op: 'add' }, { op: 'remove' }];
  expect(read(['a', '--patch', ...patch.map((item) => JSON.stringify(item))])).toMatchObject({ patch });
  expect(read(['a', '--patch', JSON.stringify(patch)])).toMatchObject({ patch });
});

it('leaves out what was not given, so that the schema’s own defaults hold', () => {
  expect(read(['a'])).toEqual({ subjects: ['a'] });
});

it('names the flag whose JSON does not parse', () => {
  expect(() => read(['a', '--settings', '{seed'])).toThrow('--settings takes JSON');
});

it('gives a subcommand the flags that its parent has as well', () => {
  const parent = new Command('parent').exitOverride();
  addOperationFlags(parent, { ...operation, positionals: [] });
  const child = new Command('child').exitOverride();
  addOperationFlags(child, operation);
  child.action(() => {});
  parent.addCommand(child);
  parent.parse(['child', 'a', '--group-size', '64'], { from: 'user' });
  expect(readOperationInput(child, operation)).toEqual({ subjects: ['a'], groupSize: 64 });
});

it('takes a choice in any case, as long as that means one choice alone', () => {
  expect(read(['x', '--network', 'staging'])).toMatchObject({ network: 'STAGING' });
  expect(read(['x', '--letter', 'A'])).toMatchObject({ letter: 'A' });
  const command = new Command().exitOverride().configureOutput({ writeErr: () => {} });
  addOperationFlags(command, operation);
  expect(() => command.parse(['x', '--network', 'prod'], { from: 'user' })).toThrow(/STAGING, PRODUCTION/);
});
