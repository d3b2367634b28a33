import {
  closeSync,
  constants,
  existsSync,
  fstatSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  realpathSync,
} from 'node:fs';
import type { FileHandle } from 'node:fs/promises';
import { isAbsolute, join, relative, resolve, sep } from 'node:path';
import type { Caller } from '../access/caller.ts';
import { FtsError } from '../errors/fts-error.ts';
import { createFileAtomic, replaceFileAtomic } from '../store/atomic-file.ts';
import type { Home } from '../store/home.ts';
import { type FileToRead, type FileToWrite, type ModelOrFile, textOf } from './file-inputs.ts';
import { isSafeName } from './names.ts';

/** Entries of a folder that are looked at, one by one, before a caller may use it. */
const mostEntries = 10_000;
/** Files in `exports`: whoever may read may also fill it, so it has an end. */
const mostExports = 1000;

/** A file that was written for a caller. */
export interface WrittenFile {
  path: string;
  /** Where this caller finds it: a path, an MCP resource or a path of this server. */
  place: string;
}

/**
 * The files that one caller may name: from a terminal any; for any other caller `FTS_HOME/inbox` and the folders of the
 * setting `files.allow` to read from, and new files in `FTS_HOME/exports` to write. Such a caller gets the same answer
 * for a file that it may not read and for one that is not there.
 */
export class CallerFiles {
  readonly #channel: Caller['channel'];
  readonly #home: Home;
  readonly #allowed: readonly string[];

  constructor(channel: Caller['channel'], home: Home, allowed: readonly string[]) {
    this.#channel = channel;
    this.#home = home;
    this.#allowed = allowed;
  }

  /** Anybody but a person at a terminal. */
  get #isRestricted(): boolean {
    return this.#channel !== 'terminal';
  }

  /** The path of a file or folder that the caller named in `field`. Errors, for a restricted caller: `not-found`. */
  read(field: string, given: FileToRead | ModelOrFile): string {
    const name = textOf(given);
    if (!this.#isRestricted) return resolve(name);
    const found = this.#findAllowed(name);
    if (found === undefined) throw notAllowed(field, name);
    return found;
  }

  /** The same for a text that may mean something else: undefined where the caller may not read it or it is missing. */
  find(given: FileToRead | ModelOrFile): string | undefined {
    const name = textOf(given);
    if (this.#isRestricted) return this.#findAllowed(name);
    const path = resolve(name);
    return existsSync(path) ? path : undefined;
  }

  /** The whole content of a file. It is checked once more when it is open, so that no link can be put in its place. */
  readBytes(field: string, given: FileToRead): Buffer {
    const path = this.read(field, given);
    if (!this.#isRestricted) return readFileSync(path);
    const file = openChecked(path);
    if (file === undefined) throw notAllowed(field, textOf(given));
    try {
      return readFileSync(file);
    } finally {
      closeSync(file);
    }
  }

  /** Refuses a target that `write` would refuse, before any work is done for it. Errors: `conflict`, `invalid-input`. */
  checkTarget(field: string, given: FileToWrite, overwrite: boolean): string {
    return this.#isRestricted ? this.#exportPath(field, textOf(given)) : this.#freePath(field, given, overwrite);
  }

  /**
   * Writes the file that the caller named, whole or not at all. An existing one is replaced only for a terminal that
   * says so.
   */
  async write(
    { field, given, overwrite }: { field: string; given: FileToWrite; overwrite: boolean },
    fill: (file: FileHandle) => Promise<void>,
  ): Promise<WrittenFile> {
    const path = this.checkTarget(field, given, overwrite);
    if (overwrite && !this.#isRestricted) await replaceFileAtomic(path, fill);
    else if (!(await createFileAtomic(path, fill))) throw this.#taken(field, textOf(given));
    return { path, place: this.#placeOf(path) };
  }

  /** Writes a file that the program named itself: into `folder`, or for a restricted caller into `exports`. */
  async writeOwn(folder: string, name: string, content: string | Uint8Array): Promise<WrittenFile> {
    const [stem, ending] = [name.replace(/\.\w+$/, ''), /\.\w+$/.exec(name)?.[0] ?? ''];
    for (let number = 1; ; number++) {
      const free = number === 1 ? name : `${stem}-${number}${ending}`;
      const path = this.#isRestricted ? this.#exportPath('name', free, true) : join(folder, free);
      const isNew = await createFileAtomic(path, (file) => file.writeFile(content));
      if (isNew) return { path, place: this.#placeOf(path) };
    }
  }

  #placeOf(path: string): string {
    if (!this.#isRestricted) return path;
    const name = encodeURIComponent(relative(this.#home.exports, path));
    return this.#channel === 'mcp' ? `fts://exports/${name}` : `/exports/${name}`;
  }

  /** The real path of what is there for this caller, or undefined. */
  #findAllowed(name: string): string | undefined {
    const path = isAbsolute(name) ? name : join(this.#home.inbox, name);
    const real = realPathOf(path);
    if (real === undefined || !this.#isAllowed(real)) return undefined;
    const found = lstatSync(real, { throwIfNoEntry: false });
    if (found?.isFile()) return real;
    return found?.isDirectory() && this.#holdsOnlyAllowed(real) ? real : undefined;
  }

  /** Inside the inbox or an allowed folder, and no other part of the home, whatever folder the home lies in. */
  #isAllowed(real: string): boolean {
    const inbox = realPathOf(this.#home.inbox);
    if (inbox !== undefined && isInside(real, inbox)) return true;
    const root = realPathOf(this.#home.root) ?? this.#home.root;
    return this.#allowed
      .filter(isAbsolute)
      .map(realPathOf)
      .some((folder) => {
        if (folder === undefined || !isInside(real, folder)) return false;
        return !isInside(real, root) || (isInside(folder, root) && folder !== root);
      });
  }

  /** A link inside a folder leads out of it as easily as a path does; a device or pipe would never end. */
  #holdsOnlyAllowed(folder: string): boolean {
    const entries = readdirSync(folder, { recursive: true, withFileTypes: true });
    if (entries.length > mostEntries) return false;
    return entries.every((entry) => {
      if (entry.isFile() || entry.isDirectory()) return true;
      const real = entry.isSymbolicLink() ? realPathOf(join(entry.parentPath, entry.name)) : undefined;
      return real !== undefined && this.#isAllowed(real) && lstatSync(real).isFile();
    });
  }

  /** A new file in `exports`. What the name is decides, never what lies elsewhere. */
  #exportPath(field: string, name: string, mayExist = false): string {
    if (!isSafeName(name)) {
      throw new FtsError('invalid-input', 'This caller names a file to write without a folder.', {
        field,
        value: name,
        remedy:
          'Give a plain name such as plan.svg: the file is written into FTS_HOME/exports and can be fetched there.',
      });
    }
    mkdirSync(this.#home.exports, { recursive: true, mode: 0o700 });
    if (readdirSync(this.#home.exports).length >= mostExports) {
      throw new FtsError('exhausted', `There are ${mostExports} files in FTS_HOME/exports, and no more are written.`, {
        field,
        remedy: 'Let whoever runs this server remove those that nobody needs.',
      });
    }
    const path = join(this.#home.exports, name);
    if (!mayExist && lstatSync(path, { throwIfNoEntry: false }) !== undefined) throw this.#taken(field, name);
    return path;
  }

  /** Where a terminal's file goes: nowhere yet taken, or with `overwrite` over a plain file that is no part of the home. */
  #freePath(field: string, given: FileToWrite, overwrite: boolean): string {
    const name = textOf(given);
    const path = resolve(name);
    const found = lstatSync(path, { throwIfNoEntry: false });
    if (found === undefined) return path;
    if (!overwrite) throw this.#taken(field, name);
    if (!found.isFile() && !found.isSymbolicLink()) {
      throw new FtsError('conflict', `${name} is no plain file, and is not replaced.`, {
        field,
        value: name,
        remedy: 'Give the path of a file.',
      });
    }
    const [real, root] = [realPathOf(path) ?? path, realPathOf(this.#home.root) ?? this.#home.root];
    if (isInside(real, root) && !isInside(real, realPathOf(this.#home.exports) ?? this.#home.exports)) {
      throw new FtsError('forbidden', `${name} belongs to this program and is not replaced.`, {
        field,
        value: name,
        remedy: 'Write to a path outside FTS_HOME, or into FTS_HOME/exports.',
      });
    }
    return path;
  }

  #taken(field: string, name: string): FtsError {
    return new FtsError('conflict', `There is a file ${name} already.`, {
      field,
      value: name,
      remedy: this.#isRestricted ? 'Choose another name.' : 'Choose another name, or replace it with --overwrite.',
    });
  }
}

function notAllowed(field: string, name: string): FtsError {
  return new FtsError('not-found', 'There is no such file among those that this caller may use.', {
    field,
    value: name,
    remedy:
      'Give the name of a file or folder in FTS_HOME/inbox, or a path inside a folder that the operator lists in the setting files.allow.',
  });
}

/** With all links resolved; undefined where that is impossible, for whatever reason. */
function realPathOf(path: string): string | undefined {
  try {
    return realpathSync.native(path);
  } catch {
    return undefined;
  }
}

function isInside(path: string, folder: string): boolean {
  return path === folder || path.startsWith(folder.endsWith(sep) ? folder : `${folder}${sep}`);
}

/**
 * Opens a file at a path without links, and makes sure that the descriptor is the file at that path: a link that was put
 * there since the path was resolved, at its end or in between, is found.
 */
function openChecked(path: string): number | undefined {
  let file: number;
  try {
    file = openSync(path, constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0));
  } catch {
    return undefined;
  }
  const opened = fstatSync(file);
  const here = lstatSync(path, { throwIfNoEntry: false });
  const same = opened.isFile() && here?.ino === opened.ino && here.dev === opened.dev && realPathOf(path) === path;
  const place = process.platform === 'linux' ? readlinkSync(`/proc/self/fd/${file}`) : path;
  if (same && place === path) return file;
  closeSync(file);
  return undefined;
}
