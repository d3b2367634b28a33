import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { temporaryHome } from '../../testing/temporary-home.ts';
import { FtsError } from '../errors/fts-error.ts';
import { immediately, openDatabase, whenCommitted } from './database.ts';
import { databaseError } from './database-error.ts';

const notes = { owner: 'notes', steps: ['CREATE TABLE notes (text TEXT)'] };

it('applies each step of an owner once', () => {
  const path = join(temporaryHome(), 'fts.db');
  openDatabase(path, [notes]).close();
  const database = openDatabase(path, [
    { owner: 'notes', steps: [...notes.steps, 'ALTER TABLE notes ADD COLUMN author TEXT'] },
  ]);
  database.prepare('INSERT INTO notes VALUES (?, ?)').run('a', 'b');
  expect(database.prepare('SELECT author FROM notes').all()).toMatchObject([{ author: 'b' }]);
  database.close();
});

it('refuses a registry that a newer program wrote', () => {
  const path = join(temporaryHome(), 'fts.db');
  openDatabase(path, [{ owner: 'notes', steps: [...notes.steps, 'ALTER TABLE notes ADD COLUMN author TEXT'] }]).close();
  expect(() => openDatabase(path, [notes])).toThrow('newer fts');
});

it('says what to do when the file is no database: a backup first, and what is lost without it', () => {
  const path = join(temporaryHome(), 'fts.db');
  writeFileSync(path, 'not a database, but long enough to be looked at as one'.repeat(100));
  const remedy = expect.stringMatching(/fts restore.*keys, the change plans, the audit log.*loses/s);
  expect(() => openDatabase(path, [notes])).toThrow(expect.objectContaining({ kind: 'corrupt', remedy }));
});

it('names the reason and its own remedy where the database is sound, and never advises to give it up', () => {
  const path = '/nowhere/fts.db';
  const refusal = (code: string): FtsError => databaseError(Object.assign(new Error('refused'), { code }), path);
  expect(refusal('SQLITE_READONLY')).toMatchObject({ kind: 'forbidden', remedy: expect.stringContaining('cp -a') });
  expect(refusal('SQLITE_READONLY_DBMOVED').kind).toBe('forbidden');
  expect(refusal('SQLITE_CANTOPEN').kind).toBe('forbidden');
  expect(refusal('SQLITE_FULL')).toMatchObject({ kind: 'exhausted', remedy: expect.stringContaining('Free some') });
  expect(refusal('SQLITE_BUSY')).toMatchObject({ kind: 'unavailable', remedy: expect.stringContaining('lsof') });
  expect(refusal('SQLITE_IOERR_WRITE').kind).toBe('unavailable');
  expect(refusal('SQLITE_CORRUPT').kind).toBe('corrupt');
  for (const code of ['READONLY', 'PERM', 'CANTOPEN', 'FULL', 'BUSY', 'LOCKED', 'IOERR']) {
    expect(refusal(`SQLITE_${code}`).remedy).not.toMatch(/move .*(away|elsewhere)|start again/i);
  }
});

it('says the same of a refusal that comes later, in the middle of the work', () => {
  const path = join(temporaryHome(), 'fts.db');
  openDatabase(path, [notes]).close();
  const database = openDatabase(path, [notes]);
  database.pragma('query_only = ON');
  let thrown: unknown;
  try {
    database.prepare('INSERT INTO notes VALUES (?)').run('a');
  } catch (error) {
    thrown = error;
  } finally {
    database.close();
  }
  expect(FtsError.from(thrown)).toMatchObject({ kind: 'forbidden', field: 'fts.db' });
});

it('says which folder this account may not write', () => {
  if (process.getuid?.() === 0 || process.platform === 'win32') return; // may write anywhere, or has no modes
  const folder = temporaryHome();
  chmodSync(folder, 0o500);
  try {
    expect(() => openDatabase(join(folder, 'fts.db'), [notes])).toThrow(`may not read and write ${folder}`);
  } finally {
    chmodSync(folder, 0o700);
  }
});

it('takes all steps of all owners in one transaction', () => {
  const path = join(temporaryHome(), 'fts.db');
  openDatabase(path, [notes]).close();
  const longer = { owner: 'notes', steps: [...notes.steps, 'ALTER TABLE notes ADD COLUMN author TEXT'] };
  const broken = { owner: 'other', steps: ['CREATE TABLE other (a TEXT)', 'no SQL'] };
  expect(() => openDatabase(path, [longer, broken])).toThrow();
  const database = openDatabase(path, [notes]);
  expect(database.prepare('SELECT owner, version FROM schema_versions').all()).toMatchObject([
    { owner: 'notes', version: 1 },
  ]);
  database.close();
});

it('undoes everything in a transaction that throws', () => {
  const database = openDatabase(join(temporaryHome(), 'fts.db'), [notes]);
  expect(() =>
    immediately(database, () => {
      database.prepare('INSERT INTO notes VALUES (?)').run('lost');
      throw new Error('stop');
    }),
  ).toThrow('stop');
  expect(database.prepare('SELECT * FROM notes').all()).toEqual([]);
  database.close();
});

it('refuses work after it was closed, instead of ending the process', () => {
  const database = openDatabase(join(temporaryHome(), 'fts.db'), [notes]);
  database.close();
  expect(() => immediately(database, () => undefined)).toThrow(/registry is closed/);
});

it('does what waits for a commit after it, and nothing after a rollback', () => {
  const database = openDatabase(':memory:', [notes]);
  const done: string[] = [];
  immediately(database, () => {
    whenCommitted(database, () => done.push(`outer, in a transaction: ${database.inTransaction}`));
    immediately(database, () => whenCommitted(database, () => done.push('inner')));
    expect(done).toEqual([]);
  });
  expect(done).toEqual(['outer, in a transaction: false', 'inner']);
  expect(() =>
    immediately(database, () => {
      whenCommitted(database, () => done.push('never'));
      throw new Error('no');
    }),
  ).toThrow('no');
  immediately(database, () => undefined);
  expect(done).toHaveLength(2);
  database.close();
});
