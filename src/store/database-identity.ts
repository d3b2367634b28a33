import { createHash } from 'node:crypto';
import { statSync } from 'node:fs';
import { z } from 'zod';
import type { Database } from './database.ts';

const listedDatabase = z.object({ name: z.string(), file: z.string() });

/**
 * Tells a database file from every copy of it: SHA-256 of its device and inode, which a copy, a backup and a restored
 * file do not share and a file moved within its file system keeps. A database in memory has none of its own.
 */
export function databaseIdentity(database: Database): string {
  const databases = database
    .prepare('PRAGMA database_list')
    .all()
    .map((row) => listedDatabase.parse(row));
  const { file } = databases.find(({ name }) => name === 'main')!;
  if (file === '') return 'memory';
  const { dev, ino } = statSync(file, { bigint: true });
  return createHash('sha256').update(`${dev}:${ino}`).digest('hex');
}
