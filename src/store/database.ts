import { dirname } from 'node:path';
import Libsql from 'libsql';
import { z } from 'zod';
import { FtsError } from '../errors/fts-error.ts';
import { databaseError } from './database-error.ts';

export type Database = Libsql.Database;

/** SQL, or what SQL cannot say; `home` is the folder of the database. */
export type SchemaStep = string | ((database: Database, home: string) => void);

/** One owner's tables as a list of steps; a step, once released, is never edited, only followed by another. */
export interface Schema {
  owner: string;
  steps: readonly SchemaStep[];
}

/**
 * Opens the SQLite file that all processes of this home share: WAL, so that readers never wait for a writer, and a
 * busy timeout, so that writers wait for each other instead of failing. A commit is on disk when it returns.
 */
export function openDatabase(path: string, schemas: readonly Schema[]): Database {
  let database: Database | undefined;
  try {
    database = new Libsql(path);
    database.pragma('busy_timeout = 10000');
    database.pragma('journal_mode = WAL');
    database.pragma('synchronous = FULL');
    database.pragma('foreign_keys = ON');
    migrate(database, schemas, dirname(path));
    return database;
  } catch (error) {
    database?.close();
    throw databaseError(error, path);
  }
}

const versionRow = z.object({ version: z.number() });

/** All steps of all owners in one transaction: a crash leaves the old tables or the new ones. */
function migrate(database: Database, schemas: readonly Schema[], home: string): void {
  database.exec('CREATE TABLE IF NOT EXISTS schema_versions (owner TEXT PRIMARY KEY, version INTEGER NOT NULL)');
  // Most starts find nothing to do, and should not wait for those who write.
  if (schemas.every((schema) => versionOf(database, schema) === schema.steps.length)) return;
  immediately(database, () => {
    for (const schema of schemas) {
      const { owner, steps } = schema;
      for (const step of steps.slice(versionOf(database, schema))) {
        if (typeof step === 'string') database.exec(step);
        else step(database, home);
      }
      database
        .prepare(
          'INSERT INTO schema_versions VALUES (?, ?) ON CONFLICT (owner) DO UPDATE SET version = excluded.version',
        )
        .run(owner, steps.length);
    }
  });
}

function versionOf(database: Database, { owner, steps }: Schema): number {
  const row = database.prepare('SELECT version FROM schema_versions WHERE owner = ?').get(owner);
  const version = row === undefined ? 0 : versionRow.parse(row).version;
  if (version <= steps.length) return version;
  throw new FtsError('conflict', `The registry was written by a newer fts (${owner} schema ${version}).`, {
    remedy: 'Update fts, or use another FTS_HOME.',
  });
}

/** What waits for the end of each database's open transaction. */
const waitingForCommit = new WeakMap<Database, (() => void)[]>();

/**
 * Runs `work` in a transaction that holds the write lock from its start, so that what it reads cannot move. Called
 * within such a transaction it takes part in it. The only way to begin one: `whenCommitted` relies on it.
 */
export function immediately<Result>(database: Database, work: () => Result): Result {
  requireOpen(database);
  if (database.inTransaction) return work();
  const waiting: (() => void)[] = [];
  waitingForCommit.set(database, waiting);
  let result: Result;
  try {
    result = inTransaction(database, work);
  } finally {
    waitingForCommit.delete(database);
  }
  for (const act of waiting) act();
  return result;
}

/** SQLite itself rolls back on a full or failing disk; rolling back again would hide that reason behind another error. */
function inTransaction<Result>(database: Database, work: () => Result): Result {
  database.exec('BEGIN IMMEDIATE');
  try {
    const result = work();
    database.exec('COMMIT');
    return result;
  } catch (error) {
    if (database.inTransaction) database.exec('ROLLBACK');
    throw error;
  }
}

/** Runs `act` after the open transaction has been committed, and never if it is rolled back. */
export function whenCommitted(database: Database, act: () => void): void {
  const waiting = waitingForCommit.get(database);
  if (waiting === undefined) throw new FtsError('internal', 'No transaction is open that could be waited for.');
  waiting.push(act);
}

/** libsql ends the whole process when a closed connection is asked whether it is in a transaction. */
function requireOpen(database: Database): void {
  if (database.open) return;
  throw new FtsError('unavailable', 'The registry is closed, because this process is ending.', {
    remedy: 'Run the command again.',
  });
}
