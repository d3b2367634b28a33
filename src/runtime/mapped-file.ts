import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import koffi from 'koffi';
import { configureNativeStacks } from './native-stacks.ts';

/** Values of the POSIX interface that Linux and macOS share. */
const PROT_READ = 1;
const MAP_SHARED = 1;

interface MapFunctions {
  map(address: null, length: number, protection: number, flags: number, file: number, offset: number): bigint;
  unmap(address: bigint, length: number): number;
}

let functions: MapFunctions | undefined;

/** A file as memory: pages are read when they are touched, and the system drops them when memory is short. */
export interface MappedFile {
  readonly bytes: Uint8Array;
  close(): void;
}

/**
 * Maps a file read-only. Where the system has no `mmap` (Windows), the file is read whole instead. The bytes must not
 * be touched after `close`, and the file must not be shortened while it is mapped.
 */
export function mapFile(path: string): MappedFile {
  const file = openSync(path, 'r');
  try {
    const { size } = fstatSync(file);
    if (process.platform === 'win32' || size === 0) {
      const bytes = new Uint8Array(size);
      for (let done = 0; done < size; ) done += readSync(file, bytes, done, size - done, done);
      return { bytes, close: () => {} };
    }
    functions ??= loadFunctions();
    const address = functions.map(null, size, PROT_READ, MAP_SHARED, file, 0);
    if (BigInt.asIntN(64, address) === -1n) throw new Error(`${path} cannot be mapped into memory.`);
    const { unmap } = functions;
    let open = true;
    const close = (): void => {
      if (open) unmap(address, size);
      open = false;
    };
    return { bytes: new Uint8Array(koffi.view(address, size)), close };
  } finally {
    closeSync(file); // the mapping stays
  }
}

function loadFunctions(): MapFunctions {
  configureNativeStacks();
  const library = koffi.load(process.platform === 'darwin' ? 'libSystem.B.dylib' : 'libc.so.6');
  return {
    map: library.func('void* mmap(void* address, size_t length, int protection, int flags, int file, int64_t offset)'),
    unmap: library.func('int munmap(void* address, size_t length)'),
  };
}
