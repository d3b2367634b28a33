import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { temporaryHome } from '../../test/temporary-home.ts';
import { immediately, openDatabase, whenCommitted } from './database.ts';

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

it('says what to do when the file is no database', () => {
  const path = join(temporaryHome(), 'fts.db');
  writeFileSync(path, 'not a database, but long enough to be looked at as one'.repeat(100));
  expect(() => openDatabase(path, [notes])).toThrow(/cannot be opened/);
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
