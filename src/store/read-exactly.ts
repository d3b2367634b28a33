import type { FileHandle } from 'node:fs/promises';

/** Fills `into` from a position of the file, in as many reads as it takes. Resolves to false if the file ends first. */
export async function readExactly(file: FileHandle, into: Uint8Array, position: number): Promise<boolean> {
  let done = 0;
  while (done < into.length) {
    const wanted = Math.min(into.length - done, 1 << 30); // the operating system takes no more than 2 GB at once
    const { bytesRead } = await file.read(into, done, wanted, position + done);
    if (bytesRead === 0) return false;
    done += bytesRead;
  }
  return true;
}
