import { realpathSync } from 'node:fs';
import { basename, dirname, isAbsolute, join, relative, resolve, sep } from 'node:path';

/**
 * A path as the database keeps it: relative to the home, with `/`, where it lies inside, so that a home can be copied
 * and moved; absolute where it lies elsewhere.
 */
export function toStoredPath(root: string, path: string): string {
  const inner = relative(root, resolve(path));
  return isInner(inner) ? inner.split(sep).join('/') : resolve(path);
}

/** The other way round: where the stored path is in the home that is open now. */
export function fromStoredPath(root: string, stored: string): string {
  return resolve(root, stored);
}

/**
 * Whether a path lies below the home when all links on the way to it are followed. Only then may it be deleted: a link
 * of that name is deleted itself, never what it points to.
 */
export function liesInside(root: string, path: string): boolean {
  try {
    const actual = join(realpathSync(dirname(path)), basename(path));
    return isInner(relative(realpathSync(root), actual));
  } catch {
    return false; // its folder is missing or cannot be read
  }
}

function isInner(path: string): boolean {
  return path !== '' && path !== '..' && !path.startsWith(`..${sep}`) && !isAbsolute(path);
}
