import type { ErrorKind } from '../errors/fts-error.ts';

/** What a shell script can tell from the exit code alone. */
export const exitCodes: Record<ErrorKind, number> = {
  internal: 1,
  'invalid-input': 2,
  'not-found': 3,
  conflict: 4,
  corrupt: 5,
  exhausted: 6,
  unavailable: 7,
  'rate-limited': 7,
  unauthorized: 8,
  forbidden: 8,
  cancelled: 130,
};

/** The same in words, for `fts --help` and the documentation. */
export const exitCodeMeanings: Record<number, string> = {
  0: 'done',
  1: 'our fault or a check that did not pass',
  2: 'wrong input',
  3: 'not found',
  4: 'conflict',
  5: 'corrupt data',
  6: 'disk or memory full',
  7: 'something needed is unavailable',
  8: 'not allowed',
  130: 'cancelled',
};
