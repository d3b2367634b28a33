import { lstatSync, statSync } from 'node:fs';
import { FtsError } from '../errors/fts-error.ts';

/** Refuses what stands where a file of the home should be and is none: reading a pipe, for one, would wait for ever. */
export function requirePlainFile(path: string): void {
  let isFile: boolean;
  try {
    isFile = statSync(path, { throwIfNoEntry: false })?.isFile() ?? true;
  } catch (cause) {
    throw notAFile(path, cause);
  }
  if (!isFile) throw notAFile(path);
}

/** Refuses a link where the home keeps what only its owner may read: the file would lie, and be written, elsewhere. */
export function requireNoLink(path: string): void {
  if (lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink() !== true) return;
  throw new FtsError('unavailable', `${path} is a link to a file elsewhere.`, {
    field: 'FTS_HOME',
    value: path,
    remedy: 'Put the file itself there, or set FTS_HOME to the folder that holds it.',
  });
}

const notAFile = (path: string, cause?: unknown): FtsError =>
  new FtsError('unavailable', `${path} is not a file that can be read.`, {
    field: 'FTS_HOME',
    value: path,
    remedy: 'Look what it is and give it another name, or set FTS_HOME to another folder.',
    cause,
  });
