import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { z } from 'zod';
import { FtsError } from '../errors/fts-error.ts';
import { parseJsonWith } from '../errors/parse-with.ts';

/** The exact release of the platform packages whose `llama.h` the binding in `library.ts` mirrors. */
export const PLATFORM_PACKAGE_VERSION = '3.21.1';

/** Where the native libraries of this machine lie. */
export interface NativeLibraries {
  packageName: string;
  directory: string;
  ggml: string;
  ggmlBase: string;
  llama: string;
}

const CPU_PACKAGES: Record<string, string> = {
  'linux-x64': 'linux-x64',
  'linux-arm64': 'linux-arm64',
  'darwin-arm64': 'mac-arm64-metal',
  'darwin-x64': 'mac-x64',
  'win32-x64': 'win-x64',
  'win32-arm64': 'win-arm64',
};

/**
 * Finds libggml and libllama in the platform package of this operating system and processor. `variant` picks a GPU
 * package that the user installed beside (`cuda`, `vulkan`). Errors: `unavailable` with the command that installs it.
 */
export function findNativeLibraries(variant?: string): NativeLibraries {
  const platform = `${process.platform}-${process.arch}`;
  const cpuPackage = CPU_PACKAGES[platform];
  if (cpuPackage === undefined) {
    throw new FtsError('unavailable', `No llama.cpp build for ${platform}.`, {
      field: 'platform',
      value: platform,
      remedy: `Use one of ${Object.keys(CPU_PACKAGES).join(', ')}, or front another server with \`fts serve --upstream URL\`.`,
    });
  }
  const build = variant === undefined ? cpuPackage : `${cpuPackage}-${variant}`;
  const packageName = `@node-llama-cpp/${build}`;
  const directory = packageDirectory(packageName);
  const bins = join(directory, 'bins', build);
  if (!existsSync(bins)) throw damaged(packageName, `it has no folder bins/${build}`);
  const files = readdirSync(bins);
  const library = (name: string) => {
    const pattern = new RegExp(`^(lib)?${name}(\\.v[\\d.]+)?\\.(so|dylib|dll)$`);
    const file = files.find((candidate) => pattern.test(candidate));
    if (file === undefined) throw damaged(packageName, `it has no ${name} library`);
    return join(bins, file);
  };
  return {
    packageName,
    directory: bins,
    ggml: library('ggml'),
    ggmlBase: library('ggml-base'),
    llama: library('llama'),
  };
}

function packageDirectory(packageName: string): string {
  const require = createRequire(import.meta.url);
  let entry: string;
  try {
    entry = require.resolve(packageName);
  } catch (cause) {
    throw new FtsError('unavailable', `The package ${packageName}, which holds llama.cpp, is not installed.`, {
      field: 'packageName',
      value: packageName,
      remedy: `Run \`npm install ${packageName}@${PLATFORM_PACKAGE_VERSION}\`.`,
      cause,
    });
  }
  const directory = dirname(dirname(entry));
  const manifest = parseJsonWith(
    z.object({ version: z.string() }),
    readFileSync(join(directory, 'package.json'), 'utf8'),
    `${packageName}/package.json`,
  );
  if (manifest.version !== PLATFORM_PACKAGE_VERSION) {
    throw new FtsError('unavailable', `${packageName} is at ${manifest.version}; the binding is for another release.`, {
      field: 'version',
      value: manifest.version,
      remedy: `Run \`npm install ${packageName}@${PLATFORM_PACKAGE_VERSION}\`.`,
    });
  }
  return directory;
}

function damaged(packageName: string, what: string): FtsError {
  return new FtsError('corrupt', `The package ${packageName} is damaged: ${what}.`, {
    field: 'packageName',
    value: packageName,
    remedy: `Remove node_modules/${packageName} and run \`npm install\` again.`,
  });
}
