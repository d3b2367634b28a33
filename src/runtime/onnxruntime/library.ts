import { readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import koffi, { type LibraryHandle } from 'koffi';
import { FtsError } from '../../errors/fts-error.ts';
import { configureNativeStacks } from '../native-stacks.ts';

/**
 * The C API version that this binding is written against, which is also the first with every kernel that the graphs
 * name. ONNX Runtime's function table is versioned and append-only.
 */
const API_VERSION = 30;

interface OnnxRuntimeLibrary {
  /** Held for the life of the process: koffi unmaps a library when its handle is collected. */
  handle: LibraryHandle;
  path: string;
  version: string;
  /** Addresses of the functions of `OrtApi`, in the order of the C header. */
  functions: readonly bigint[];
}

let loaded: OnnxRuntimeLibrary | undefined;

/**
 * Loads the shared library that ships inside the `onnxruntime-node` package and resolves its function table.
 * Throws `unavailable` when the platform has no build or the build is too old.
 */
export function loadOnnxRuntime(): OnnxRuntimeLibrary {
  loaded ??= load();
  return loaded;
}

function load(): OnnxRuntimeLibrary {
  const path = libraryPath();
  configureNativeStacks();
  let library: LibraryHandle;
  try {
    library = koffi.load(path);
  } catch (error) {
    throw new FtsError('unavailable', `ONNX Runtime cannot be loaded from ${path}: ${(error as Error).message}`, {
      remedy: 'Reinstall with `npm install`; on Linux a glibc of 2.27 or later is needed.',
      cause: error,
    });
  }
  const base: bigint = library.func('void* OrtGetApiBase()')();
  const [getApiAddress, getVersionAddress] = koffi.decode(base, koffi.array('void*', 2)) as bigint[];
  const version: string = koffi.decode(getVersionAddress, koffi.proto('const char* OrtGetVersionString()'))();
  const [major, minor] = version.split('.').map(Number);
  if (major !== 1 || minor === undefined || minor < API_VERSION) {
    throw new FtsError(
      'unavailable',
      `ONNX Runtime ${version} is too old: 1.${API_VERSION} or later of 1.x is needed.`,
      {
        value: version,
        remedy: 'Run `npm install` to bring the version that package-lock.json names.',
      },
    );
  }
  const api: bigint | null = koffi.decode(getApiAddress, koffi.proto('void* OrtGetApi(uint32_t version)'))(API_VERSION);
  if (api === null) {
    throw new FtsError('unavailable', `ONNX Runtime ${version} does not offer C API version ${API_VERSION}.`, {
      value: version,
      remedy: 'Run `npm install` to bring the version that package-lock.json names.',
    });
  }
  return { handle: library, path, version, functions: koffi.decode(api, koffi.array('void*', 200)) as bigint[] };
}

function libraryPath(): string {
  const root = dirname(createRequire(import.meta.url).resolve('onnxruntime-node/package.json'));
  const folder = join(root, 'bin', 'napi-v6', process.platform, process.arch);
  let names: string[] = [];
  try {
    names = readdirSync(folder);
  } catch {
    // reported below, with the platform's name
  }
  const name = names.find((file) => /^(lib)?onnxruntime\.(so\.1|.*\.dylib|dll)$/.test(file));
  if (name === undefined) {
    throw new FtsError('unavailable', `onnxruntime-node has no library for ${process.platform}-${process.arch}.`, {
      value: `${process.platform}-${process.arch}`,
      remedy: 'Train on Linux (x64, arm64), macOS (arm64) or Windows (x64, arm64).',
    });
  }
  return join(folder, name);
}
