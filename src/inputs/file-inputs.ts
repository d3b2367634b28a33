import { z } from 'zod';
import { namedThings } from './names.ts';

/**
 * What a caller wrote where a file is named. The value is a string, but its type is not: only `CallerFiles` turns it
 * into a path, once it has looked whether this caller may use it.
 */
declare const named: unique symbol;
export interface FileToRead {
  readonly [named]: 'file to read';
}
export interface FileToWrite {
  readonly [named]: 'file to write';
}
/** A model's name, an artifact's id or a path: `modelOrPath` says which. */
export interface ModelOrFile {
  readonly [named]: 'model or file';
}

const longestPath = 4096;
const invisible = /[\p{Cc}\p{Bidi_Control}\u2028\u2029]/u;

/** A string that may be a path: bounded, and with nothing in it that would not show. */
function pathText() {
  return z
    .string()
    .min(1)
    .max(longestPath)
    .refine((text) => !invisible.test(text), 'Control and bidirectional characters cannot be in it');
}

/** A file or folder to read. Callers other than a terminal name one of `FTS_HOME/inbox` or of a folder in `files.allow`. */
export const fileToReadSchema = pathText().register(namedThings, { names: 'file to read' }) as unknown as z.ZodType<
  FileToRead,
  string
>;

/** A file to write. Callers other than a terminal give a plain name: it is written into `FTS_HOME/exports`. */
export const fileToWriteSchema = pathText().register(namedThings, { names: 'file to write' }) as unknown as z.ZodType<
  FileToWrite,
  string
>;

/** A registered model or artifact, or a file or folder under the same rule as `fileToReadSchema`. */
export const modelOrFileSchema = pathText().register(namedThings, { names: 'model or file' }) as unknown as z.ZodType<
  ModelOrFile,
  string
>;

/** A path under the same rule, or a text that means something else, which the operation looks at first. */
export const fileOrOtherSchema = pathText().register(namedThings, { names: 'file or other' }) as unknown as z.ZodType<
  FileToRead,
  string
>;

/** Fields that have a meaning for a terminal alone, and are not offered to assistants. */
export const terminalOnly = z.registry<undefined>();

/** Every operation that writes a named file has it. */
export const overwriteField = z
  .boolean()
  .default(false)
  .describe('Replace the file where there is one (from a terminal only)')
  .register(terminalOnly);

/** What was written, to be shown: in errors and in results, never to open. */
export function textOf(given: FileToRead | FileToWrite | ModelOrFile): string {
  return given as unknown as string;
}
