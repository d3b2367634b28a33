import type { ErrorKind } from './error-kind.ts';

export interface Refusal {
  kind: ErrorKind;
  message: string;
  remedy: string;
}

/** What a copy is made with, and what is gone with a database that is given up. */
const whatItHolds =
  'It holds the keys, the change plans, the audit log, the jobs and the registry: whoever moves it away loses these, while the files in models/ and runs/ stay.';

/** SQLite's own refusals, by the code's beginning (`SQLITE_READONLY_DBMOVED` is a `SQLITE_READONLY`). */
const refusals: readonly (readonly [prefix: string, refusal: Refusal])[] = [
  [
    'SQLITE_READONLY',
    {
      kind: 'forbidden',
      message: 'the database cannot be written',
      remedy:
        'Nothing is lost. Make FTS_HOME and its fts.db writable for this account (owner, mode, a read-only mount), or copy the whole folder (`cp -a`) to a writable place and set FTS_HOME to the copy.',
    },
  ],
  [
    'SQLITE_PERM',
    {
      kind: 'forbidden',
      message: 'this account may not open the database',
      remedy: 'Nothing is lost. Check the owner and mode of FTS_HOME and its fts.db, or run fts under their owner.',
    },
  ],
  [
    'SQLITE_CANTOPEN',
    {
      kind: 'forbidden',
      message: 'the database file or its folder cannot be opened',
      remedy:
        'Nothing is lost. Check that FTS_HOME is a folder that this account can read and write, and that fts.db in it is a file.',
    },
  ],
  [
    'SQLITE_FULL',
    {
      kind: 'exhausted',
      message: 'the disk is full',
      remedy: 'Free some space on the disk of FTS_HOME, then run the same command again: nothing is half-written.',
    },
  ],
  [
    'SQLITE_BUSY',
    {
      kind: 'unavailable',
      message: 'another process holds the database',
      remedy:
        'Run the same command again in a moment. If it goes on, see what has fts.db open (`lsof fts.db`): a stopped process goes on with `kill -CONT`.',
    },
  ],
  [
    'SQLITE_LOCKED',
    {
      kind: 'unavailable',
      message: 'another process holds the database',
      remedy: 'Run the same command again in a moment.',
    },
  ],
  [
    'SQLITE_IOERR',
    {
      kind: 'unavailable',
      message: 'the disk does not read or write the database',
      remedy:
        'Look for errors of the disk or the network file system under FTS_HOME, and copy the folder (`cp -a`) to a sound one before anything else.',
    },
  ],
  [
    'SQLITE_CORRUPT',
    {
      kind: 'corrupt',
      message: 'the database is damaged',
      remedy: `Stop every fts process, copy fts.db with its -wal and -shm files, and restore a backup with \`fts restore FILE\`. Without one, \`sqlite3 fts.db .recover\` may bring back most of it. ${whatItHolds}`,
    },
  ],
  [
    'SQLITE_NOTADB',
    {
      kind: 'corrupt',
      message: 'the file is no database',
      remedy: `Restore a backup with \`fts restore FILE\`. ${whatItHolds} Only if there is no backup: move fts.db elsewhere, keep it, and register each folder of models/ again with \`fts models import FOLDER\`.`,
    },
  ],
];

/** The names of SQLite's primary result codes by number, which libsql leaves out for most extended ones. */
const primaryCodes: Readonly<Record<number, string>> = {
  3: 'SQLITE_PERM',
  5: 'SQLITE_BUSY',
  6: 'SQLITE_LOCKED',
  8: 'SQLITE_READONLY',
  10: 'SQLITE_IOERR',
  11: 'SQLITE_CORRUPT',
  13: 'SQLITE_FULL',
  14: 'SQLITE_CANTOPEN',
  26: 'SQLITE_NOTADB',
};

/** SQLite's name for libsql's `code`: `UNKNOWN_SQLITE_ERROR_1544` (a folder that cannot be written) is a READONLY. */
export function sqliteCode(code: string): string {
  const number = /^UNKNOWN_SQLITE_ERROR_(\d+)$/.exec(code)?.[1];
  // The low byte of an extended code is its primary code.
  return number === undefined ? code : (primaryCodes[Number(number) & 0xff] ?? code);
}

/** What a code of SQLite means and what to do about it; undefined for what is our own fault. */
export function sqliteRefusal(code: string): Refusal | undefined {
  const name = sqliteCode(code);
  return refusals.find(([prefix]) => name.startsWith(prefix))?.[1];
}
