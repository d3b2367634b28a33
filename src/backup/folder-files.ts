import { readdir } from 'node:fs/promises';
import { join } from 'node:path';

/** What a folder holds, as paths relative to it with forward slashes, sorted. */
export interface FolderFiles {
  files: string[];
  /** Links, sockets and the like. */
  others: string[];
}

/** Looks through a folder and its subfolders, except those that `enters` refuses. */
export async function folderFiles(
  root: string,
  enters: (folder: string) => boolean = () => true,
): Promise<FolderFiles> {
  const found: FolderFiles = { files: [], others: [] };
  const look = async (folder: string): Promise<void> => {
    for (const entry of await readdir(join(root, folder), { withFileTypes: true })) {
      const path = folder === '' ? entry.name : `${folder}/${entry.name}`;
      if (entry.isDirectory()) {
        if (enters(path)) await look(path);
      } else (entry.isFile() ? found.files : found.others).push(path);
    }
  };
  await look('');
  return { files: found.files.sort(), others: found.others.sort() };
}
