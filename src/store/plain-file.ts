import { statSync } from 'node:fs';
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

const notAFile = (path: string, cause?: unknown): FtsError =>
  new FtsError('unavailable', `${path} is not a file that can be read.`, {
    field: 'FTS_HOME',
    value: path,
    remedy: 'Look what it is and give it another name, or set FTS_HOME to another folder.',
    cause,
  });
