import { existsSync, mkdirSync, renameSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FtsError } from '../../src/errors/fts-error.ts';
import { findNativeLibraries } from '../../src/runtime/llama-cpp-package.ts';
import { ModelPool, type ModelPoolOptions } from '../../src/serving/pool/model-pool.ts';
import { type RandomModelShape, writeRandomGguf } from './random-gguf.ts';

/** Why engine tests cannot run here; undefined where they can. */
export function engineMissing(): string | undefined {
  try {
    findNativeLibraries();
    return undefined;
  } catch (error) {
    return (error as Error).message;
  }
}

/** A random GGUF of this shape in the temporary folder, written once. */
export function randomModel(shape: RandomModelShape): string {
  const folder = join(tmpdir(), 'fts-random-models');
  mkdirSync(folder, { recursive: true });
  const { chatTemplate, ...numbers } = shape;
  const path = join(folder, `${Object.values(numbers).join('-')}${chatTemplate === undefined ? '' : '-chat'}.gguf`);
  if (!existsSync(path)) {
    const temporary = `${path}.${process.pid}`;
    writeRandomGguf(temporary, shape);
    renameSync(temporary, path);
  }
  return path;
}

/** A pool over GGUF files by name. */
export function poolOf(
  models: Record<string, Awaited<ReturnType<ModelPoolOptions['resolve']>>>,
  options: Partial<ModelPoolOptions> = {},
): ModelPool {
  return new ModelPool({
    resolve: async (name) => {
      const model = models[name];
      if (model === undefined) {
        throw new FtsError('not-found', `No model named ${name}.`, { field: 'model', value: name });
      }
      return model;
    },
    list: async () =>
      Object.values(models).map((model) => ({
        name: model.name,
        modifiedAt: statSync(model.ggufPath).mtime,
        sizeBytes: statSync(model.ggufPath).size,
      })),
    ...options,
  });
}
