import { readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { z } from 'zod';
import { FtsError, throwIfAborted } from '../../errors/fts-error.ts';
import { parseJsonWith } from '../../errors/parse-with.ts';
import { parseModelConfig } from '../../model/families/config-json.ts';
import { openGgufModel } from '../../model/gguf/import-gguf.ts';
import type { ModelShape } from '../../model/model-config.ts';
import { publishedModels } from './published-models.ts';

export interface ResolvedShape {
  name: string;
  shape: ModelShape;
  /** Origin of the shape, shown to the user. */
  from:
    | 'training recipe'
    | 'published table'
    | 'config.json'
    | 'GGUF header'
    | 'Hugging Face'
    | 'typical shape for that many parameters';
}

export interface ShapeSources {
  /** The directory of a model in the registry; undefined if there is no model of that name. */
  modelDirectory(name: string): string | undefined;
  /** The path of the file or folder of that name; undefined if there is none. */
  file(name: string): string | undefined;
  /** Fetches the text at a URL; throws if that fails. */
  fetchText(url: string): Promise<string>;
  signal: AbortSignal;
}

/**
 * The shape for a name given by the user: a model of the registry, a folder, a `config.json`, a GGUF file, the name of
 * a published model (`Llama-3.1-8B`), a number of parameters (`350M`, `8B`), or any `owner/name` on Hugging Face.
 */
export async function resolveShape(name: string, sources: ShapeSources): Promise<ResolvedShape> {
  throwIfAborted(sources.signal);
  const directory = sources.modelDirectory(name);
  if (directory !== undefined) return fromPath(name, directory);
  const wanted = name.toLowerCase();
  for (const [id, shape] of Object.entries(publishedModels)) {
    if (id.toLowerCase() === wanted || id.split('/')[1]!.toLowerCase() === wanted) {
      return { name: id, shape, from: 'published table' };
    }
  }
  const path = sources.file(name);
  if (path !== undefined) return fromPath(basename(path), path);
  const count = parseCount(name);
  if (count !== undefined) {
    return { name, shape: typicalShape(count), from: 'typical shape for that many parameters' };
  }
  if (/^[\w.-]+\/[\w.-]+$/.test(name)) return fromHuggingFace(name, sources);
  throw new FtsError('not-found', `No model "${name}".`, {
    field: 'model',
    value: name,
    remedy:
      'Give a model of `fts models`, a path to a model folder, config.json or GGUF file, a Hugging Face id, or a size such as 8B.',
  });
}

async function fromPath(name: string, path: string): Promise<ResolvedShape> {
  if (path.endsWith('.gguf')) {
    const { reader, config } = await openGgufModel(path);
    await reader.close();
    return { name, shape: config, from: 'GGUF header' };
  }
  const file = path.endsWith('.json') ? path : join(path, 'config.json');
  const shape = parseModelConfig(parseJsonWith(z.unknown(), await readFile(file, 'utf8'), file));
  return { name, shape, from: 'config.json' };
}

async function fromHuggingFace(id: string, sources: ShapeSources): Promise<ResolvedShape> {
  const url = `https://huggingface.co/${id}/resolve/main/config.json`;
  let text: string;
  try {
    text = await sources.fetchText(url);
  } catch (error) {
    throwIfAborted(sources.signal);
    throw new FtsError('unavailable', `The configuration of ${id} could not be fetched: ${(error as Error).message}`, {
      field: 'model',
      value: id,
      remedy: 'Check the name and the network (gated models need a download first), or give a path to its config.json.',
      cause: error,
    });
  }
  return { name: id, shape: parseModelConfig(parseJsonWith(z.unknown(), text, url)), from: 'Hugging Face' };
}

/** Parses a number of parameters: `8B`, `350M`, `7e9`. */
function parseCount(text: string): number | undefined {
  const match = /^(\d+(?:\.\d+)?(?:e\d+)?)([kmbt]?)$/i.exec(text.trim());
  if (match === null) return undefined;
  const scale = { '': 1, k: 1e3, m: 1e6, b: 1e9, t: 1e12 }[match[2]!.toLowerCase()]!;
  const count = Number(match[1]) * scale;
  return count >= 1e4 && count <= 1e14 ? count : undefined;
}

/**
 * A Llama-like shape of about `parameters` parameters: heads of 128 (64 below a billion), grouped queries from 3 B up,
 * feed-forward 3.5 × the width, and the width-to-depth ratio of the Llama 3 family.
 */
export function typicalShape(parameters: number): ModelShape {
  const large = parameters >= 1e9;
  const headDim = large ? 128 : 64;
  const shapeOf = (width: number): ModelShape => {
    const heads = Math.max(1, Math.round(width / headDim));
    return {
      family: 'llama',
      vocabSize: large ? 128_256 : parameters >= 5e7 ? 32_000 : 4_096,
      width,
      layers: Math.max(2, Math.round(width / (large ? 128 : 64))),
      heads,
      kvHeads: parameters >= 3e9 && heads % 8 === 0 ? 8 : heads,
      headDim,
      ffnWidth: Math.round((3.5 * width) / 64) * 64,
      contextLength: large ? 131_072 : 2_048,
      tiedEmbeddings: parameters < 4e9,
      qkvBias: false,
      qkNorm: false,
    };
  };
  // Choose the width (a multiple of the head size) whose parameter count, embedding included, is closest.
  const size = ({ layers, width, kvHeads, ffnWidth, vocabSize, tiedEmbeddings }: ModelShape) =>
    layers * width * (2 * width + 2 * kvHeads * headDim + 3 * ffnWidth) + vocabSize * width * (tiedEmbeddings ? 1 : 2);
  let best = shapeOf(headDim);
  for (let width = headDim; width <= 65_536; width += headDim) {
    const candidate = shapeOf(width);
    if (Math.abs(size(candidate) - parameters) < Math.abs(size(best) - parameters)) best = candidate;
  }
  const fitted = best.layers * (parameters / size(best));
  const layers = Math.max(1, Math.round(fitted));
  const adjusted = { ...best, layers };
  return Math.abs(size(adjusted) - parameters) < Math.abs(size(best) - parameters) ? adjusted : best;
}
