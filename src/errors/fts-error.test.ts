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
