import { closeSync, constants, fstatSync, lstatSync, openSync, readdirSync } from 'node:fs';
import { extname, join } from 'node:path';
import { FtsError } from '../errors/fts-error.ts';
import type { Home } from '../store/home.ts';
import { isSafeName } from './names.ts';

/** What files in `exports` are sent as, by their ending. */
const types: Record<string, string> = {
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.html': 'text/html; charset=utf-8',
  '.json': 'application/json',
  '.jsonl': 'application/jsonl',
  '.cef': 'text/plain; charset=utf-8',
  '.txt': 'text/plain; charset=utf-8',
};

export function exportType(name: string): string {
  return types[extname(name).toLowerCase()] ?? 'application/octet-stream';
}

/** The names of the files in `exports`, newest first. */
export function listExports({ exports }: Pick<Home, 'exports'>): string[] {
  return readdirSync(exports)
    .filter(isSafeName)
    .map((name) => ({ name, found: lstatSync(join(exports, name), { throwIfNoEntry: false }) }))
    .filter(({ found }) => found?.isFile() === true)
    .sort((one, other) => other.found!.mtimeMs - one.found!.mtimeMs)
    .map(({ name }) => name);
}

/** Opens a file in `exports` for reading; whoever opens it closes it. Errors: `not-found`. */
export function openExport({ exports }: Pick<Home, 'exports'>, name: string): { file: number; bytes: number } {
  if (isSafeName(name)) {
    const file = openPlain(join(exports, name));
    if (file !== undefined) return file;
  }
  throw new FtsError('not-found', 'There is no such file in FTS_HOME/exports.', { field: 'name', value: name });
}

/** A plain file and no link, so that nothing outside the folder is ever read through it. */
function openPlain(path: string): { file: number; bytes: number } | undefined {
  let file: number;
  try {
    file = openSync(path, constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0));
  } catch {
    return undefined;
  }
  const found = fstatSync(file);
  if (found.isFile()) return { file, bytes: found.size };
  closeSync(file);
  return undefined;
}
