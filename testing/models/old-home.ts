import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { changePlanTables } from '../../src/akamai/changes/plan-store.ts';
import { jobTables } from '../../src/jobs/job-store.ts';
import { registryTables } from '../../src/registry/registry-tables.ts';
import { openDatabase } from '../../src/store/database.ts';

/** A home as the version before relative paths wrote it: the model `name` in the folder `directory`, with an artifact. */
export function addToOldHome(home: string, name: string, directory: string): void {
  mkdirSync(directory, { recursive: true });
  writeFileSync(join(directory, 'weights'), `weights of ${name}`);
  writeFileSync(join(directory, `${name}-q4_0.gguf`), `q4_0 of ${name}`);
  const run = join(home, 'runs', `run-${name}`);
  mkdirSync(run, { recursive: true });
  const database = openDatabase(join(home, 'fts.db'), [
    { owner: 'jobs', steps: jobTables.steps.slice(0, 2) },
    { owner: 'registry', steps: registryTables.steps.slice(0, 1) },
    { owner: 'change-plans', steps: changePlanTables.steps.slice(0, 1) },
  ]);
  const at = '2026-01-02T03:04:05.000Z';
  const insert = (sql: string, ...values: (string | number | null)[]) => database.prepare(sql).run(...values);
  insert('INSERT INTO runs VALUES (?, ?, ?, ?, ?, ?, ?)', `run-${name}`, name, 'data', run, '{}', null, at);
  insert('INSERT INTO models VALUES (?, ?, ?, ?, ?, ?, ?)', name, directory, 'llama', 7, null, `run-${name}`, at);
  const path = join(directory, `${name}-q4_0.gguf`);
  insert('INSERT INTO artifacts VALUES (?, ?, ?, ?, ?, ?, ?, ?)', `${name}:q4_0`, name, 'q4_0', path, 1, 4.5, '{}', at);
  insert('INSERT INTO deployments VALUES (?, ?, ?, ?, ?)', name, `${name}:q4_0`, 'local', '{}', at);
  database.close();
}
