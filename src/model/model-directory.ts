import { readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { FtsError } from '../errors/fts-error.ts';
import { parseJsonWith, parseWith } from '../errors/parse-with.ts';
import { replaceFolderAtomic } from '../store/atomic-file.ts';
import { refuseUnknownTensors } from './check-checkpoint.ts';
import type { WeightReader } from './checkpoint/checkpoint-reader.ts';
import { openWeightReader } from './checkpoint/quantized/quantized-checkpoint.ts';
import { SafetensorsReader, type TensorSource, writeModelWeights } from './checkpoint/safetensors.ts';
import { parseModelConfig, toHuggingFaceConfig } from './families/config-json.ts';
import type { ModelConfig } from './model-config.ts';

const jsonObject = z.record(z.string(), z.unknown());

const provenanceSchema = z.looseObject({
  /** Name of the model. */
  name: z.string(),
  createdAt: z.string(),
  /** What made it: `train`, `quantize`, `import`, `merge-lora`. */
  madeBy: z.string(),
  /** Name or path of the model it was made from. */
  parent: z.string().optional(),
  runId: z.string().optional(),
  /** SHA-256 of the training or calibration data. */
  dataHash: z.string().optional(),
  settings: jsonObject.optional(),
  metrics: z.record(z.string(), z.number()).optional(),
});

/** Where a model comes from (`fts.json`). */
export type Provenance = z.output<typeof provenanceSchema>;

/** The tokenizer's own files, as text, so that a copy is the same to the byte. */
export interface TokenizerFiles {
  /** `tokenizer.json` */
  tokenizerJson: string;
  /** `tokenizer_config.json`: special tokens and, mostly, the chat template. */
  tokenizerConfigJson?: string;
  /** `chat_template.jinja`, where the template has a file of its own. */
  chatTemplate?: string;
}

/** A model on disk in the Hugging Face layout, opened: what is small is read, the weights are read on demand. */
export interface ModelDirectory {
  path: string;
  config: ModelConfig;
  /** `quantization_config` of `config.json`, where the weights are quantized. */
  quantizationConfig?: Record<string, unknown>;
  tokenizer?: TokenizerFiles;
  generationConfig?: Record<string, unknown>;
  provenance?: Provenance;
  /** The weights as numbers, dequantized where they are stored quantized. */
  weights: WeightReader;
  /** The tensors of the files. */
  stored: SafetensorsReader;
  close(): Promise<void>;
}

/** Opens a Hugging Face model folder. A missing, truncated or inconsistent file is a clear error here. */
export async function openModelDirectory(path: string): Promise<ModelDirectory> {
  const configText = await readOptional(join(path, 'config.json'));
  if (configText === undefined) {
    throw new FtsError('not-found', `There is no model in ${path}: config.json is missing.`, {
      field: 'model',
      value: path,
      remedy: 'Name a folder in the Hugging Face layout (config.json, tokenizer.json, model.safetensors).',
    });
  }
  const configJson = parseJsonWith(jsonObject, configText, join(path, 'config.json'));
  const config = parseModelConfig(configJson);
  const { quantization_config: given } = configJson;
  const quantization = given == null ? undefined : parseWith(jsonObject, given, 'quantization_config');
  const tokenizer = await readTokenizerFiles(path);
  const generationConfig = await readOptionalJson(path, 'generation_config.json', jsonObject);
  const provenance = await readOptionalJson(path, 'fts.json', provenanceSchema);
  const stored = await openWeights(path);
  let weights: WeightReader;
  try {
    weights = openWeightReader(config, quantization, stored);
    refuseUnknownTensors(config, weights, path);
  } catch (error) {
    await stored.close();
    throw error;
  }
  return {
    path,
    config,
    ...(quantization === undefined ? {} : { quantizationConfig: quantization }),
    ...(tokenizer === undefined ? {} : { tokenizer }),
    ...(generationConfig === undefined ? {} : { generationConfig }),
    ...(provenance === undefined ? {} : { provenance }),
    weights,
    stored,
    close: () => stored.close(),
  };
}

/** The tokenizer files of a folder, or undefined where it has no `tokenizer.json`. */
export async function readTokenizerFiles(path: string): Promise<TokenizerFiles | undefined> {
  const tokenizerJson = await readOptional(join(path, 'tokenizer.json'));
  if (tokenizerJson === undefined) return undefined;
  const tokenizerConfigJson = await readOptional(join(path, 'tokenizer_config.json'));
  const chatTemplate = await readOptional(join(path, 'chat_template.jinja'));
  return {
    tokenizerJson,
    ...(tokenizerConfigJson === undefined ? {} : { tokenizerConfigJson }),
    ...(chatTemplate === undefined ? {} : { chatTemplate }),
  };
}

async function openWeights(path: string): Promise<SafetensorsReader> {
  for (const name of ['model.safetensors', 'model.safetensors.index.json']) {
    try {
      return await SafetensorsReader.open(join(path, name));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    }
  }
  const parts = (await readdir(path)).filter((name) => name.endsWith('.safetensors'));
  if (parts.length > 0) {
    throw new FtsError('not-found', `The index of the weights in ${path} is missing: model.safetensors.index.json.`, {
      field: 'model',
      value: path,
      remedy: `Copy or download the index that belongs to ${parts[0]}.`,
    });
  }
  throw new FtsError('not-found', `There are no weights in ${path}: model.safetensors is missing.`, {
    field: 'model',
    value: path,
    remedy: 'Only safetensors weights are read; convert pickled (.bin) weights first.',
  });
}

/** Bytes of a model's weights on disk, all shards together. */
export async function weightFileBytes(path: string): Promise<number> {
  const files = (await readdir(path)).filter((name) => name.endsWith('.safetensors'));
  const sizes = await Promise.all(files.map(async (name) => (await stat(join(path, name))).size));
  return sizes.reduce((sum, size) => sum + size, 0);
}

async function readOptional(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

async function readOptionalJson<Schema extends z.ZodType>(
  path: string,
  name: string,
  schema: Schema,
): Promise<z.output<Schema> | undefined> {
  const text = await readOptional(join(path, name));
  return text === undefined ? undefined : parseJsonWith(schema, text, join(path, name));
}

/** What goes into a new model directory. */
export interface ModelContents {
  config: ModelConfig;
  dtype?: 'float32' | 'float16' | 'bfloat16';
  /** Merged into `config.json`, as Transformers and vLLM expect it. */
  quantizationConfig?: object;
  weights: readonly TensorSource[];
  tokenizer?: TokenizerFiles;
  generationConfig?: object;
  provenance: Provenance;
  /** Puts further files (GGUF, Modelfile) into the folder before it is moved into place. */
  fillMore?(folder: string): Promise<void>;
}

/** Writes a model directory whole or not at all; an existing one of that path is replaced at the end. */
export async function writeModelDirectory(path: string, contents: ModelContents): Promise<void> {
  await replaceFolderAtomic(path, async (folder) => {
    const write = (name: string, value: string | object) =>
      writeFile(join(folder, name), typeof value === 'string' ? value : `${JSON.stringify(value, null, 2)}\n`, {
        flush: true,
      });
    await write('config.json', {
      ...toHuggingFaceConfig(contents.config, contents.dtype),
      ...(contents.quantizationConfig === undefined ? {} : { quantization_config: contents.quantizationConfig }),
    });
    const { tokenizer } = contents;
    if (tokenizer !== undefined) {
      await write('tokenizer.json', tokenizer.tokenizerJson);
      if (tokenizer.tokenizerConfigJson !== undefined) {
        await write('tokenizer_config.json', tokenizer.tokenizerConfigJson);
      }
      if (tokenizer.chatTemplate !== undefined) await write('chat_template.jinja', tokenizer.chatTemplate);
    }
    await write('generation_config.json', contents.generationConfig ?? defaultGenerationConfig(contents.config));
    await writeModelWeights(folder, contents.weights);
    await contents.fillMore?.(folder);
    await write('fts.json', contents.provenance);
  });
}

function defaultGenerationConfig(config: ModelConfig): object {
  return {
    ...(config.bosTokenId === undefined ? {} : { bos_token_id: config.bosTokenId }),
    ...(config.eosTokenIds.length === 0 ? {} : { eos_token_id: config.eosTokenIds }),
    ...(config.padTokenId === undefined ? {} : { pad_token_id: config.padTokenId }),
  };
}
