// A child process that loads one native library and says what it found: a library that aborts takes only this process.
import { FtsError } from '../../errors/fts-error.ts';

/** What a probe can find out of a library. */
export interface NativeReport {
  version: string;
  features?: string;
}

const probes: Record<string, () => Promise<NativeReport>> = {
  libsql: async () => {
    const { default: Libsql } = await import('libsql');
    const row = new Libsql(':memory:').prepare('SELECT sqlite_version() AS version').get() as { version: string };
    return { version: row.version };
  },
  'onnx-runtime': async () => {
    const { loadOnnxRuntime } = await import('../../runtime/onnxruntime/library.ts');
    return { version: loadOnnxRuntime().version };
  },
  'llama.cpp': async () => {
    const { loadLlama } = await import('../../serving/llama/library.ts');
    const llama = loadLlama();
    return { version: llama.version, features: enabledFeatures(llama.systemInfo()) };
  },
};

/** `CPU : AVX = 1 | AVX2 = 1 | …` as `AVX AVX2 …`. */
function enabledFeatures(systemInfo: string): string {
  return [...systemInfo.matchAll(/(\w+) = 1/g)].map(([, feature]) => feature).join(' ');
}

if (process.send !== undefined && process.argv[2] !== undefined) {
  const probe = probes[process.argv[2]];
  try {
    process.send({ report: await probe!() });
  } catch (thrown) {
    process.send({ error: FtsError.from(thrown).toJSON() });
  }
  process.disconnect();
}
