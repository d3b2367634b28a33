import { expect, it } from 'vitest';
import { sqliteRefusal } from './sqlite-refusal.ts';

it.each([
  ['SQLITE_READONLY_DBMOVED', 'forbidden'],
  ['UNKNOWN_SQLITE_ERROR_1544', 'forbidden'], // SQLITE_READONLY_DIRECTORY
  ['UNKNOWN_SQLITE_ERROR_3338', 'unavailable'], // SQLITE_IOERR_ACCESS
  ['UNKNOWN_SQLITE_ERROR_779', 'corrupt'], // SQLITE_CORRUPT_INDEX
])('knows %s, by name or by number, as %s', (code, kind) => {
  expect(sqliteRefusal(code)?.kind).toBe(kind);
});

it('knows no remedy for what is our own fault', () => {
  expect(sqliteRefusal('SQLITE_CONSTRAINT_UNIQUE')).toBeUndefined();
  expect(sqliteRefusal('UNKNOWN_SQLITE_ERROR_1')).toBeUndefined();
});
