import { randomBytes } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { type FileHandle, mkdir, open, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';

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
  await mkdir(dirname(path), { recursive: true });
  const temporary = temporaryName(path);
  const file = await open(temporary, 'wx');
  try {
    try {
      await write(file);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
  await syncFolder(dirname(path));
}

/** Builds a whole folder under a temporary name and moves it into place. An existing target is replaced. */
export async function replaceFolderAtomic(path: string, fill: (folder: string) => Promise<void>): Promise<void> {
  mkdirSync(dirname(path), { recursive: true });
  const temporary = temporaryName(path);
  const replaced = temporaryName(path);
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

/** Temporary names end in `.tmp` so that a start-up sweep can find what a crash left. */
function temporaryName(path: string): string {
  return join(dirname(path), `.${path.split(/[\\/]/).at(-1)}.${randomBytes(6).toString('hex')}.tmp`);
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
