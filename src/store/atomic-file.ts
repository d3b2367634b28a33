import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import { type FileHandle, link, mkdir, open, readdir, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { isProcessAlive } from '../runtime/process-alive.ts';

/**
 * Writes a file so that a reader, or a crash at any moment, sees the old content or the new one, never a part:
 * temporary name beside the target, fsync, rename, fsync of the folder.
 */
export async function writeFileAtomic(path: string, content: string | Uint8Array): Promise<void> {
  await replaceFileAtomic(path, async (file) => {
    await file.writeFile(content);
  });
}

/** The same for content that is streamed: `write` fills the temporary file. On any error nothing is left behind. */
export async function replaceFileAtomic(path: string, write: (file: FileHandle) => Promise<void>): Promise<void> {
  await fillAtomic(path, write, (temporary) => rename(temporary, path));
}

/** The same for a file that must be new: false, with nothing changed, where there is something at the path already. */
export async function createFileAtomic(path: string, write: (file: FileHandle) => Promise<void>): Promise<boolean> {
  let isNew = true;
  await fillAtomic(path, write, async (temporary) => {
    // A rename would replace what another process has put there since we looked; a link never does.
    await link(temporary, path).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'EEXIST') throw error;
      isNew = false;
    });
    await rm(temporary);
  });
  return isNew;
}

async function fillAtomic(
  path: string,
  write: (file: FileHandle) => Promise<void>,
  place: (temporary: string) => Promise<void>,
): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  const temporary = besideName(path, 'tmp');
  const file = await open(temporary, 'wx');
  try {
    try {
      await write(file);
      await file.sync();
    } finally {
      await file.close();
    }
    await place(temporary);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
  await syncFolder(dirname(path));
}

/** Builds a whole folder under a temporary name and moves it into place. An existing target is replaced. */
export async function replaceFolderAtomic(path: string, fill: (folder: string) => Promise<void>): Promise<void> {
  mkdirSync(dirname(path), { recursive: true });
  const temporary = besideName(path, 'tmp');
  const replaced = besideName(path, 'replaced');
  await mkdir(temporary);
  try {
    await fill(temporary);
    await syncFolder(temporary);
    await rename(path, replaced).catch(ignoreMissing);
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { recursive: true, force: true });
    await rename(replaced, path).catch(ignoreMissing);
    throw error;
  }
  await syncFolder(dirname(path));
  await rm(replaced, { recursive: true, force: true });
}

/**
 * A name beside `path` that nobody else uses, `.NAME.PID.RANDOM.tmp`: the process number tells a sweep whether somebody
 * is still writing it.
 */
export function besideName(path: string, ending: 'tmp' | 'replaced' | 'trash'): string {
  return join(dirname(path), `.${basename(path)}.${process.pid}.${randomBytes(4).toString('hex')}.${ending}`);
}

/** What `besideName` makes: target name, process, ending. */
const besidePattern = /^\.(.+)\.(\d+)\.[0-9a-f]{8}\.(tmp|replaced)$/;

/**
 * Clears what dead processes left in a folder and its subfolders: unfinished files go; a folder that was moved aside
 * by a replacement which never completed comes back.
 */
export async function sweepUnfinished(folder: string): Promise<void> {
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    const [, name, pid, ending] = besidePattern.exec(entry.name) ?? [];
    if (name === undefined) {
      if (entry.isDirectory()) await sweepUnfinished(path);
    } else if (!isProcessAlive(Number(pid))) {
      if (ending === 'replaced' && !existsSync(join(folder, name))) await rename(path, join(folder, name));
      else await rm(path, { recursive: true, force: true });
    }
  }
}

/** Removes what dead processes have left unfinished directly in a folder, for a start that cannot wait for all of it. */
export function sweepUnfinishedIn(folder: string): void {
  for (const name of readdirSync(folder)) {
    const [, , pid, ending] = besidePattern.exec(name) ?? [];
    if (ending === 'tmp' && !isProcessAlive(Number(pid))) rmSync(join(folder, name), { recursive: true, force: true });
  }
}

async function syncFolder(path: string): Promise<void> {
  if (process.platform === 'win32') return; // Windows cannot open a folder; its rename is already durable
  const folder = await open(path, 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

function ignoreMissing(error: NodeJS.ErrnoException): void {
  if (error.code !== 'ENOENT') throw error;
}
