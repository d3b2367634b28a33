import { createReadStream } from 'node:fs';
import { readdir, stat, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { FtsError } from '../errors/fts-error.ts';
import type { Work } from '../runtime/progress.ts';
import { replaceFileAtomic, replaceFolderAtomic } from '../store/atomic-file.ts';
import { elementsOf } from '../tensor/shape.ts';
import { familyOf } from './families/index.ts';
import { GgufReader } from './gguf/gguf-reader.ts';
import { importGguf } from './gguf/import-gguf.ts';
import { openModelDirectory, type Provenance } from './model-directory.ts';
import { verifyGguf, verifyModelDirectory } from './verify-model.ts';

/** A GGUF file as an artifact: what it holds, and at which precision most of it is. */
export interface GgufFile {
  /** Type of most weights: `q4_0`, `q6_k`, `f16`. */
  format: string;
  path: string;
  bytes: number;
  bitsPerWeight: number;
}

/** A model in a folder of ours. */
export interface ImportedModel {
  family: string;
  parameters: number;
  /** The GGUF files of the folder: what llama.cpp can serve. */
  files: GgufFile[];
}

/** What belongs to a model in a Hugging Face folder; a checkout's other files are left behind. */
const modelFile = /\.(json|jinja|safetensors|gguf|txt|model)$/;

/**
 * Copies a model that was made elsewhere into `target`: a Hugging Face folder, or a GGUF file, whose weights `dequantize`
 * also writes in float32, to be trained on or quantized again. A source that lies at `target` already stays as it is.
 * The source is checked before anything is written, and never changed.
 */
export async function importModel(
  source: string,
  target: string,
  { name, dequantize }: { name: string; dequantize: boolean },
  work: Work,
): Promise<ImportedModel> {
  const provenance: Provenance = {
    name,
    createdAt: new Date().toISOString(),
    madeBy: 'import',
    parent: basename(source),
  };
  if (!(await stat(source)).isDirectory()) {
    await verifyGguf(source, work);
    const file = `${name}.gguf`;
    if (dequantize) {
      work.report({ stage: 'dequantize', done: 0 });
      await importGguf(source, target, name);
      await copyFile(source, join(target, file), work);
    } else {
      await replaceFolderAtomic(target, async (folder) => {
        await copyFile(source, join(folder, file), work);
        await writeProvenance(folder, provenance);
      });
    }
    return describeFolder(target);
  }
  if (source === target) return describeFolder(target);
  const own = await verifyModelDirectory(source, work);
  for (const file of (await readdir(source)).filter((entry) => entry.endsWith('.gguf'))) {
    await verifyGguf(join(source, file), work);
  }
  await replaceFolderAtomic(target, async (folder) => {
    for (const file of (await readdir(source)).filter((entry) => modelFile.test(entry))) {
      await copyFile(join(source, file), join(folder, file), work);
    }
    await writeProvenance(folder, { ...provenance, ...own, name });
  });
  return describeFolder(target);
}

/** What a model folder holds: its shape by `config.json`, else by the GGUF file that it is made of. */
async function describeFolder(folder: string): Promise<ImportedModel> {
  const names = await readdir(folder);
  const files: GgufFile[] = [];
  let shape: { family: string; parameters: number } | undefined;
  for (const name of names.filter((entry) => entry.endsWith('.gguf'))) {
    const { family, parameters, ...file } = await describeGguf(join(folder, name));
    shape ??= { family, parameters };
    files.push(file);
  }
  if (shape === undefined || names.includes('config.json')) {
    const { config, close } = await openModelDirectory(folder);
    await close();
    const sources = new Map(
      familyOf(config)
        .parameters(config)
        .map(({ source }) => [source.tensor, source.shape]),
    );
    const parameters = [...sources.values()].reduce((sum, tensor) => sum + elementsOf(tensor), 0);
    shape = { family: config.family, parameters };
  }
  return { ...shape, files };
}

async function describeGguf(path: string): Promise<GgufFile & { family: string; parameters: number }> {
  const reader = await GgufReader.open(path);
  try {
    const architecture = reader.metadata.get('general.architecture');
    // Rotary factors are constants of the shape, which other formats do not count either.
    const tensors = reader.tensors().filter(({ name }) => name !== 'rope_freqs.weight');
    if (architecture?.type !== 'string' || tensors.length === 0) {
      throw new FtsError('invalid-input', `${path} holds no model.`, {
        field: 'source',
        value: path,
        remedy: 'Name a GGUF file that holds a whole model, not an adapter or a vocabulary.',
      });
    }
    const bytesByType = new Map<string, number>();
    for (const { type, bytes } of tensors) bytesByType.set(type, (bytesByType.get(type) ?? 0) + bytes);
    const [[format]] = [...bytesByType].sort(([, left], [, right]) => right - left) as [[string, number]];
    const parameters = tensors.reduce((sum, { shape }) => sum + elementsOf(shape), 0);
    const dataBytes = tensors.reduce((sum, { bytes }) => sum + bytes, 0);
    return {
      family: architecture.value,
      parameters,
      format: format.toLowerCase(),
      path,
      bytes: (await stat(path)).size,
      bitsPerWeight: (dataBytes * 8) / parameters,
    };
  } finally {
    await reader.close();
  }
}

function writeProvenance(folder: string, provenance: Provenance): Promise<void> {
  return writeFile(join(folder, 'fts.json'), `${JSON.stringify(provenance, null, 2)}\n`, { flush: true });
}

async function copyFile(source: string, target: string, { report, signal }: Work): Promise<void> {
  const { size: total } = await stat(source);
  const stage = `copy ${basename(source)}`;
  async function* parts(): AsyncIterable<Buffer> {
    let done = 0;
    for await (const part of createReadStream(source, { highWaterMark: 4 * 2 ** 20 })) {
      yield part;
      done += (part as Buffer).length;
      report({ stage, done, total, unit: 'bytes' });
    }
  }
  await replaceFileAtomic(target, (file) => writeFile(file, parts(), { signal }));
}
