import { existsSync, realpathSync } from 'node:fs';
import { isAbsolute, join } from 'node:path';
import { z } from 'zod';
import type { Database, Schema } from '../store/database.ts';
import { toStoredPath } from '../store/home-paths.ts';

export const registryTables: Schema = {
  owner: 'registry',
  steps: [
    `CREATE TABLE runs (
      id TEXT PRIMARY KEY, model TEXT NOT NULL, kind TEXT NOT NULL, directory TEXT NOT NULL,
      settings TEXT NOT NULL, summary TEXT, created_at TEXT NOT NULL);
    CREATE TABLE models (
      name TEXT PRIMARY KEY, directory TEXT NOT NULL, family TEXT NOT NULL, parameters INTEGER NOT NULL,
      parent TEXT, run TEXT, created_at TEXT NOT NULL);
    CREATE TABLE artifacts (
      id TEXT PRIMARY KEY, model TEXT NOT NULL, format TEXT NOT NULL, path TEXT NOT NULL, bytes INTEGER NOT NULL,
      bits_per_weight REAL NOT NULL, settings TEXT NOT NULL, created_at TEXT NOT NULL);
    CREATE TABLE deployments (
      name TEXT PRIMARY KEY, artifact TEXT NOT NULL, target TEXT NOT NULL, settings TEXT NOT NULL, created_at TEXT NOT NULL);
    CREATE TABLE measurements (
      id INTEGER PRIMARY KEY AUTOINCREMENT, kind TEXT NOT NULL, subject TEXT NOT NULL, figures TEXT NOT NULL,
      created_at TEXT NOT NULL);
    CREATE INDEX measurements_by_subject ON measurements (kind, subject, id);`,
    makePathsRelative,
  ],
};

/**
 * Paths relative to the home, real references between the tables, the job that wrote a row (a resumed job may write its
 * own names again), and what was replaced but is still deployed (`retired`).
 */
function makePathsRelative(database: Database, home: string): void {
  database.exec(`
    CREATE TABLE new_models (
      name TEXT PRIMARY KEY, directory TEXT NOT NULL, family TEXT NOT NULL, parameters INTEGER NOT NULL,
      parent TEXT, run TEXT REFERENCES runs (id), created_at TEXT NOT NULL,
      job TEXT, retired INTEGER NOT NULL DEFAULT 0);
    INSERT INTO new_models (name, directory, family, parameters, parent, run, created_at)
      SELECT name, directory, family, parameters, parent, (SELECT id FROM runs WHERE id = run), created_at FROM models;
    DROP TABLE models;
    ALTER TABLE new_models RENAME TO models;
    CREATE TABLE new_artifacts (
      id TEXT PRIMARY KEY, model TEXT NOT NULL REFERENCES models (name) ON UPDATE CASCADE, format TEXT NOT NULL,
      path TEXT NOT NULL, bytes INTEGER NOT NULL, bits_per_weight REAL NOT NULL, settings TEXT NOT NULL,
      created_at TEXT NOT NULL, job TEXT, retired INTEGER NOT NULL DEFAULT 0);
    INSERT INTO new_artifacts (id, model, format, path, bytes, bits_per_weight, settings, created_at)
      SELECT id, model, format, path, bytes, bits_per_weight, settings, created_at FROM artifacts
      WHERE model IN (SELECT name FROM models);
    DROP TABLE artifacts;
    ALTER TABLE new_artifacts RENAME TO artifacts;
    CREATE TABLE new_deployments (
      name TEXT PRIMARY KEY, artifact TEXT NOT NULL REFERENCES artifacts (id) ON UPDATE CASCADE,
      target TEXT NOT NULL, settings TEXT NOT NULL, created_at TEXT NOT NULL);
    INSERT INTO new_deployments SELECT name, artifact, target, settings, created_at FROM deployments
      WHERE artifact IN (SELECT id FROM artifacts);
    DROP TABLE deployments;
    ALTER TABLE new_deployments RENAME TO deployments;`);
  relocate(database, home, 'SELECT rowid AS row, id AS name, directory AS path FROM runs', 'runs', 'directory');
  relocate(database, home, 'SELECT rowid AS row, name, directory AS path FROM models', 'models', 'directory');
  relocate(database, home, 'SELECT rowid AS row, model AS name, path FROM artifacts', 'artifacts', 'path');
}

const placeRow = z.object({ row: z.number(), name: z.string(), path: z.string() });

function relocate(database: Database, home: string, query: string, table: string, column: string): void {
  const folder = table === 'runs' ? 'runs' : 'models';
  for (const found of database.prepare(query).all()) {
    const { row, name, path } = placeRow.parse(found);
    database
      .prepare(`UPDATE ${table} SET ${column} = ? WHERE rowid = ?`)
      .run(storedPathOf(home, path, `${folder}/${name}`), row);
  }
}

/**
 * The path that takes an absolute one's place: inside this home, or, where the home has been moved or copied since, at
 * the same place in it. What is elsewhere stays where it is and is used from there; it is never deleted.
 */
function storedPathOf(home: string, path: string, anchor: string): string {
  const stored = toStoredPath(home, path);
  if (!isAbsolute(stored)) return stored;
  if (existsSync(path)) {
    const actual = toStoredPath(realpathSync(home), realpathSync(path));
    if (!isAbsolute(actual)) return actual;
  }
  const text = path.replaceAll('\\', '/');
  const at = `${text}/`.lastIndexOf(`/${anchor}/`);
  const moved = at < 0 ? undefined : text.slice(at + 1);
  return moved !== undefined && existsSync(join(home, moved)) ? moved : path;
}
