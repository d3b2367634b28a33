import type { ErrorKind } from '../errors/fts-error.ts';

/** What a shell script can tell from the exit code alone; listed in `fts --help`. */
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
