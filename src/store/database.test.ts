import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { temporaryHome } from '../../test/temporary-home.ts';
import { immediately, openDatabase } from './database.ts';

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
