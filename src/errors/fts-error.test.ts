import { expect, it } from 'vitest';
import { FtsError } from './fts-error.ts';

it('explains the operating system’s refusals with a remedy', () => {
  const full = Object.assign(new Error('ENOSPC: no space left on device, write'), {
    code: 'ENOSPC',
    path: '/data/model',
  });
  expect(FtsError.from(full)).toMatchObject({
    kind: 'exhausted',
    message: 'The disk is full (/data/model).',
    remedy: expect.stringContaining('Free some space'),
  });
});

it('survives a trip through JSON', () => {
  const error = new FtsError('conflict', 'Port 1 is taken.', { field: 'port', value: 1, remedy: 'Take 2.' });
  expect(FtsError.fromJSON(JSON.parse(JSON.stringify(error))).toJSON()).toEqual(error.toJSON());
});

it('keeps what it cannot explain as our own fault, with the cause', () => {
  const cause = new TypeError('x is not a function');
  expect(FtsError.from(cause)).toMatchObject({ kind: 'internal', cause });
});

it('repeats no more than the beginning of a long value, wherever it stands', () => {
  const long = 'x'.repeat(100_000);
  const errors = [
    new FtsError('not-found', `No model "${long}".`, { field: 'name', value: long, remedy: `Not ${long}.` }),
    new FtsError('invalid-input', `${long}: There is no such field`, { field: long, value: [long] }),
    new FtsError('invalid-input', long, { value: { deep: [long, long] } }),
    FtsError.from(Object.assign(new Error(long), { code: 'ENOENT', path: long })),
  ];
  for (const error of errors) expect(JSON.stringify(error).length).toBeLessThan(4500);
  expect(errors[0]).toMatchObject({
    message: `No model "${'x'.repeat(200)}…".`,
    value: `${'x'.repeat(200)}…`,
    remedy: `Not ${'x'.repeat(200)}….`,
  });
  const cyclic: Record<string, unknown> = {};
  cyclic.itself = cyclic;
  expect(new FtsError('invalid-input', 'x', { value: cyclic }).value).toBeUndefined();
  expect(new FtsError('invalid-input', 'x', { value: [1, 2] }).value).toEqual([1, 2]);
});
