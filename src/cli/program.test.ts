import { Command } from 'commander';
import { expect, it } from 'vitest';
import { exitCodeMeanings, exitCodes } from './exit-codes.ts';
import { createProgram, joinWords } from './program.ts';

const program = createProgram('0.0.0', [new Command('serve')]);

it('takes the words of an operation apart or joined', () => {
  const words = (line: string) => joinWords(line.split(' '), program).join(' ');
  expect(words('akamai plans show plan-1')).toBe('akamai plans-show plan-1');
  expect(words('akamai plans-show plan-1')).toBe('akamai plans-show plan-1');
  expect(words('--json approvers passkey remove ana SHA256:x')).toBe('--json approvers passkey-remove ana SHA256:x');
  expect(words('jobs list')).toBe('jobs list');
  expect(words('akamai dns example.com')).toBe('akamai dns example.com');
  expect(words('serve')).toBe('serve');
});

it('says in words what each exit code means', () => {
  expect(Object.values(exitCodes).filter((code) => exitCodeMeanings[code] === undefined)).toEqual([]);
});
