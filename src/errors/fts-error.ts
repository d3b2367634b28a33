import { visibleLine } from '../text/visible-text.ts';
import type { ErrorKind } from './error-kind.ts';
import { sqliteRefusal } from './sqlite-refusal.ts';

export type { ErrorKind } from './error-kind.ts';

export interface ErrorDetails {
  /** The input field, flag, file or line at fault, such as `groupSize` or `data.jsonl:12`. */
  field?: string;
  /** The offending value as the caller wrote it. Never a secret. */
  value?: unknown;
  /** What to do next, as an imperative sentence. */
  remedy?: string;
  retryAfterSeconds?: number;
  cause?: unknown;
}

/** The one error type that crosses a layer: every face can show it in words, with its remedy. */
export class FtsError extends Error {
  override readonly name = 'FtsError';
  readonly kind: ErrorKind;
  readonly field: string | undefined;
  readonly value: unknown;
  readonly remedy: string | undefined;
  readonly retryAfterSeconds: number | undefined;

  constructor(kind: ErrorKind, message: string, details: ErrorDetails = {}) {
    const { cause, field, value, remedy } = details;
    const shorten = shortenerOf([value, field]);
    // An error quotes what is wrong, and so carries text from outside wherever it is shown.
    const quoting = (text: string): string => visibleLine(shorten(text));
    super(quoting(message), cause === undefined ? undefined : { cause });
    this.kind = kind;
    this.field = field === undefined ? undefined : quoting(field);
    this.value = shortValue(value);
    this.remedy = remedy === undefined ? undefined : quoting(remedy);
    this.retryAfterSeconds = details.retryAfterSeconds;
  }

  /** The error as data, for JSON output, HTTP bodies, MCP results and IPC. */
  toJSON(): ErrorRecord {
    return {
      kind: this.kind,
      message: this.message,
      ...(this.field === undefined ? {} : { field: this.field }),
      ...(this.value === undefined ? {} : { value: this.value }),
      ...(this.remedy === undefined ? {} : { remedy: this.remedy }),
      ...(this.retryAfterSeconds === undefined ? {} : { retryAfterSeconds: this.retryAfterSeconds }),
    };
  }

  /** The inverse of `toJSON`. */
  static fromJSON(record: ErrorRecord): FtsError {
    return new FtsError(record.kind, record.message, record);
  }

  /** Any thrown thing as an FtsError; what we did not foresee becomes `internal`, with the cause kept. */
  static from(thrown: unknown): FtsError {
    if (thrown instanceof FtsError) return thrown;
    if (thrown instanceof Error) {
      if (thrown.name === 'AbortError') return new FtsError('cancelled', 'Cancelled.', { cause: thrown });
      const errno = fromErrno(thrown as NodeJS.ErrnoException);
      return errno ?? new FtsError('internal', thrown.message, { cause: thrown });
    }
    return new FtsError('internal', String(thrown));
  }
}

export interface ErrorRecord {
  kind: ErrorKind;
  message: string;
  field?: string;
  value?: unknown;
  remedy?: string;
  retryAfterSeconds?: number;
}

/** Longer values are cut wherever an error repeats them: as its value, and within its message and remedy. */
export const maxValueCharacters = 200;
/** No text of ours is longer; one that is repeats something from outside. */
const maxTextCharacters = 4000;

const cut = (text: string, characters = maxValueCharacters): string =>
  text.length <= characters ? text : `${text.slice(0, characters)}…`;

function shortenerOf(repeated: unknown[]): (text: string) => string {
  const long = repeated.filter(
    (value): value is string => typeof value === 'string' && value.length > maxValueCharacters,
  );
  return (text) =>
    cut(
      long.reduce((shorter, value) => shorter.replaceAll(value, cut(value)), text),
      maxTextCharacters,
    );
}

/** A value as it is where it is short, else its beginning as text. */
function shortValue(value: unknown): unknown {
  if (typeof value === 'string') return cut(value);
  if (typeof value !== 'object' || value === null) return value;
  try {
    const json = JSON.stringify(value);
    return json === undefined || json.length <= maxValueCharacters ? value : cut(json);
  } catch {
    return undefined;
  }
}

/** The operating system's own refusals, in words. */
function fromErrno(error: NodeJS.ErrnoException): FtsError | undefined {
  const refusal = error.name === 'SqliteError' && error.code !== undefined ? sqliteRefusal(error.code) : undefined;
  if (refusal !== undefined) {
    const { kind, message, remedy } = refusal;
    return new FtsError(kind, `The registry refused: ${message}.`, { field: 'fts.db', remedy, cause: error });
  }
  const where = error.path === undefined ? '' : ` (${error.path})`;
  switch (error.code) {
    case 'ENOSPC':
    case 'EDQUOT':
      return new FtsError('exhausted', `The disk is full${where}.`, {
        remedy: 'Free some space, or move the whole FTS_HOME folder to a larger disk, then run the same command again.',
        cause: error,
      });
    case 'ENOENT':
      return new FtsError('not-found', `No such file${where}.`, {
        ...(error.path === undefined ? {} : { value: error.path }),
        remedy: 'Check the path.',
        cause: error,
      });
    case 'EROFS':
      return new FtsError('forbidden', `The disk is read-only${where}.`, {
        remedy:
          'Nothing is lost. Mount it writable, or copy the folder (`cp -a`) to a writable place and set FTS_HOME to the copy.',
        cause: error,
      });
    case 'EACCES':
    case 'EPERM':
      return new FtsError('forbidden', `Permission denied${where}.`, {
        remedy:
          'Check the owner and mode of that path. Where it is in FTS_HOME, run fts under the owner of that folder.',
        cause: error,
      });
    case 'EISDIR':
    case 'ENOTDIR':
      return new FtsError(
        'invalid-input',
        `${error.code === 'EISDIR' ? 'A file was expected, this is a folder' : 'A folder was expected, this is a file'}${where}.`,
        {
          remedy: 'Check the path.',
          cause: error,
        },
      );
    default:
      return undefined;
  }
}

/** Throws the caller's own cancellation as an FtsError, so that no layer has to know DOMException. */
export function throwIfAborted(signal: AbortSignal | undefined): void {
  if (signal?.aborted) throw new FtsError('cancelled', 'Cancelled.', { cause: signal.reason });
}
