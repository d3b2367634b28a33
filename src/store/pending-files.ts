import { closeSync, existsSync, fsyncSync, lstatSync, openSync, renameSync, rmSync } from 'node:fs';
import { dirname } from 'node:path';
import { z } from 'zod';
import { besideName } from './atomic-file.ts';
import { type Database, immediately, type Schema } from './database.ts';
import { fromStoredPath, liesInside, toStoredPath } from './home-paths.ts';

export const pendingFileTables: Schema = {
  owner: 'pending-files',
  steps: [
    `CREATE TABLE pending_files (
      id INTEGER PRIMARY KEY AUTOINCREMENT,
      action TEXT NOT NULL CHECK (action IN ('aside', 'place', 'delete')),
      source TEXT NOT NULL,
      target TEXT
    );`,
  ],
};

const pendingRow = z.object({
  id: z.number(),
  action: z.enum(['aside', 'place', 'delete']),
  source: z.string(),
  target: z.string().nullable(),
});
type Pending = z.output<typeof pendingRow>;

/**
 * What has still to happen to files so that they are as the database says. A change of the registry notes its renames
 * here in its own transaction, which is the moment that decides; they are done right after it, and where a crash comes
 * between, at the next start. So a crash leaves the old state or the new one, whole.
 */
export class PendingFiles {
  private readonly database: Database;
  private readonly root: string;

  constructor(database: Database, root: string) {
    this.database = database;
    this.root = root;
  }

  /** Notes that what lies at `source` gives way to `target`, a name at which nothing is. */
  aside(source: string, target: string): void {
    this.note('aside', source, target);
  }

  /** Notes that `staged`, a name used only once, takes its place at `target`. */
  place(staged: string, target: string): void {
    this.note('place', staged, target);
  }

  /** Notes that a file or folder goes. Returns false, and notes nothing, where it lies outside the home. */
  delete(path: string): boolean {
    if (this.isFree(path)) return true;
    if (!liesInside(this.root, path)) return false;
    const trash = besideName(path, 'trash');
    this.aside(path, trash);
    this.note('delete', trash, undefined);
    return true;
  }

  /** Whether nothing will be at a path once what is noted is done. */
  isFree(path: string): boolean {
    const stored = toStoredPath(this.root, path);
    const rows = this.rows().filter(({ source, target }) => source === stored || target === stored);
    const last = rows.at(-1);
    return last === undefined ? !isThere(path) : last.source === stored;
  }

  /** Does what is noted. Any process may: the write lock lets one at a time, and what is done already is passed over. */
  settle(): void {
    if (this.rows().length === 0) return;
    const deletions = immediately(this.database, () => {
      const rows = this.rows();
      for (const row of rows) if (row.action !== 'delete') this.rename(row);
      this.database.prepare("DELETE FROM pending_files WHERE action <> 'delete'").run();
      return rows.filter(({ action }) => action === 'delete');
    });
    for (const { id, source } of deletions) {
      const path = fromStoredPath(this.root, source);
      if (liesInside(this.root, path)) rmSync(path, { recursive: true, force: true });
      this.database.prepare('DELETE FROM pending_files WHERE id = ?').run(id);
    }
  }

  private rename({ action, source: from, target: to }: Pending): void {
    const source = fromStoredPath(this.root, from);
    const target = fromStoredPath(this.root, to!);
    if (!isThere(source)) return;
    // A target that is there shows that the old one has given way already: what is at the source now is the new one.
    if (action === 'aside' && isThere(target)) return;
    if (isThere(target))
      renameSync(
        target,
        freeName(target, (path) => !isThere(path)),
      );
    renameSync(source, target);
    syncFolder(dirname(target));
  }

  private note(action: Pending['action'], source: string, target: string | undefined): void {
    this.database
      .prepare('INSERT INTO pending_files (action, source, target) VALUES (?, ?, ?)')
      .run(action, toStoredPath(this.root, source), target === undefined ? null : toStoredPath(this.root, target));
  }

  private rows(): Pending[] {
    return this.database
      .prepare('SELECT * FROM pending_files ORDER BY id')
      .all()
      .map((row) => pendingRow.parse(row));
  }
}

/** `NAME@1`, `NAME@2`, …: the first that is free. No name that a user gives has an `@`. */
export function freeName(name: string, isFree: (name: string) => boolean): string {
  for (let number = 1; ; number++) {
    const candidate = `${name}@${number}`;
    if (isFree(candidate)) return candidate;
  }
}

/** A link counts, wherever it points. */
function isThere(path: string): boolean {
  return existsSync(path) || lstatSync(path, { throwIfNoEntry: false }) !== undefined;
}

function syncFolder(path: string): void {
  if (process.platform === 'win32') return; // Windows cannot open a folder; its rename is already durable
  const folder = openSync(path, 'r');
  try {
    fsyncSync(folder);
  } finally {
    closeSync(folder);
  }
}
