import { accessSync, constants, existsSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { FtsError } from '../errors/fts-error.ts';
import { sqliteCode, sqliteRefusal } from '../errors/sqlite-refusal.ts';

/**
 * Why the database at `path` cannot be opened, with a remedy for that very reason: a read-only disk, missing rights, a
 * full disk, a lock, or damage. Only damage is called corrupt, and nothing advises to give up what is sound.
 */
export function databaseError(error: unknown, path: string): FtsError {
  if (error instanceof FtsError) return error;
  const { code: given = '', message } = error as Error & { code?: string };
  const code = sqliteCode(given);
  const about = { field: 'fts.db', value: path, cause: error };
  const access = accessRefusal(path);
  // SQLite says CANTOPEN for several reasons; the file system knows which.
  if (access !== undefined && /^$|READONLY|CANTOPEN|PERM/.test(code)) {
    return new FtsError('forbidden', `The database ${path} cannot be opened: ${access.message}.`, {
      ...about,
      remedy: access.remedy,
    });
  }
  const refusal = sqliteRefusal(code === '' ? codeInText(message) : code);
  if (refusal === undefined) return FtsError.from(error);
  return new FtsError(refusal.kind, `The database ${path} cannot be opened: ${refusal.message} (${message}).`, {
    ...about,
    remedy: refusal.remedy,
  });
}

/** Where libsql fails to connect it gives SQLite's number in its message alone. */
function codeInText(message: string): string {
  return /Unable to open connection|: 14\b/.test(message) ? 'SQLITE_CANTOPEN' : '';
}

function accessRefusal(path: string): { message: string; remedy: string } | undefined {
  const folder = dirname(path);
  for (const place of [folder, path]) {
    if (place === path && !existsSync(path)) continue;
    if (place === path && statSync(path).isDirectory()) {
      return { message: 'it is a folder', remedy: 'Set FTS_HOME to the folder in which fts keeps its state.' };
    }
    try {
      accessSync(place, constants.R_OK | constants.W_OK);
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === 'ENOENT') return undefined; // what is missing is SQLite's to name
      if (code === 'EROFS') return readOnlyDisk(folder);
      return {
        message: `this account may not read and write ${place}`,
        remedy: `Nothing is lost. Run fts under the owner of ${place}, or give this account the right (\`ls -ld ${place}\` shows who has it).`,
      };
    }
  }
  return undefined;
}

function readOnlyDisk(folder: string): { message: string; remedy: string } {
  return {
    message: `${folder} is on a read-only disk`,
    remedy: `Nothing is lost. Mount it writable, or copy the whole folder (\`cp -a ${folder} ELSEWHERE\`) and set FTS_HOME to the copy.`,
  };
}
