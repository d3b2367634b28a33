import { chmodSync, closeSync, fchmodSync, lstatSync, mkdirSync, openSync, readdirSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { FtsError } from '../errors/fts-error.ts';
import { writeNote } from '../runtime/terminal-output.ts';
import { visibleLine } from '../text/visible-text.ts';

const others = 0o077;
const sticky = 0o1000;

/** What the home itself holds that only its owner may read; anything else there is somebody else's. */
const privateNames = /^(fts\.db.*|config\.json|audit-heads\.log|models|runs|cache|inbox|exports)$/;

/** Makes a folder and its missing parents, for the owner alone whatever the umask. Errors name FTS_HOME. */
export function makePrivateFolder(path: string): void {
  try {
    // Not `recursive`: on a path that cannot be made, such as /proc/nope, Node would try for ever.
    mkdirSync(path);
    chmodSync(path, 0o700);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EEXIST' && isFolder(path)) return;
    if (code === 'ENOENT' && dirname(path) !== path && lstatOrNothing(dirname(path)) === undefined) {
      makePrivateFolder(dirname(path));
      makePrivateFolder(path);
      return;
    }
    throw new FtsError('unavailable', `The folder ${path} cannot be made (${code}).`, {
      field: 'FTS_HOME',
      value: path,
      remedy: 'Set FTS_HOME to a folder that you can write.',
      cause: error,
    });
  }
}

function isFolder(path: string): boolean {
  try {
    return statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
  } catch {
    // A link to itself, for one.
    return false;
  }
}

/** Makes the file if it is missing, for the owner alone whatever the umask. SQLite gives its other files the same mode. */
export function keepFilePrivate(path: string): void {
  try {
    const file = openSync(path, 'wx', 0o600);
    fchmodSync(file, 0o600);
    closeSync(file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
}

/** Takes from other accounts what a looser home gave them, and says so on standard error. */
export function mendPermissions(root: string): void {
  if (process.platform === 'win32') return; // modes mean nothing there
  const mended: string[] = [];
  const left: string[] = [];
  for (const path of [
    root,
    ...readdirSync(root)
      .filter((name) => privateNames.test(name))
      .map((name) => join(root, name)),
  ]) {
    const found = lstatOrNothing(path);
    if (found === undefined || found.isSymbolicLink() || (found.mode & others) === 0) continue;
    const was = `${path} (${(found.mode & 0o7777).toString(8).padStart(4, '0')})`;
    // A folder that everybody may write to, such as /tmp, is not this program's to close.
    if ((found.mode & sticky) !== 0) left.push(was);
    else if (tighten(path, found.mode & 0o700)) mended.push(was);
    else left.push(was);
  }
  if (mended.length > 0) writeNote(`Other accounts could use ${visibleLine(mended.join(', '))}: now only you can.\n`);
  if (left.length > 0)
    writeNote(`Other accounts can use ${visibleLine(left.join(', '))}: give FTS_HOME a folder of its own.\n`);
}

function tighten(path: string, mode: number): boolean {
  try {
    chmodSync(path, mode);
    return true;
  } catch {
    return false;
  }
}

function lstatOrNothing(path: string) {
  return lstatSync(path, { throwIfNoEntry: false });
}
