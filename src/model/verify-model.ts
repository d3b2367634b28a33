import { readdir } from 'node:fs/promises';
import { FtsError, throwIfAborted } from '../errors/fts-error.ts';
import type { Work } from '../runtime/progress.ts';
import { requireTensors } from './check-checkpoint.ts';
import { refuseNonFinite } from './checkpoint/finite-values.ts';
import { isDequantized } from './gguf/block-types.ts';
import { GgufReader } from './gguf/gguf-reader.ts';
import { ggufConfig } from './gguf/import-gguf.ts';
import { MetadataReader } from './gguf/metadata-reader.ts';
import { ggufTensors } from './gguf/tensor-names.ts';
import { openModelDirectory, type Provenance } from './model-directory.ts';
import { Tokenizer } from './tokenizer/tokenizer.ts';

/**
 * Reads a whole model folder once, so that nothing is registered that cannot be loaded: every tensor is there, of the
 * right shape, finite, and the tokenizer fits. Throws what the first use would throw; returns where the model comes from.
 */
export async function verifyModelDirectory(path: string, { report, signal }: Work): Promise<Provenance | undefined> {
  const { config, weights, tokenizer, provenance, close } = await openModelDirectory(path);
  try {
    await requireTensors(config, weights);
    if (tokenizer === undefined) {
      await refuseUnreadTokenizer(path);
    } else {
      requireTokenIds(Tokenizer.fromFiles(tokenizer).vocabSize, config.vocabSize, 'tokenizer.json');
    }
    const names = weights.names();
    for (const [done, name] of names.entries()) {
      throwIfAborted(signal);
      refuseNonFinite(name, await weights.readFloat32(name));
      report({ stage: 'check the weights', done: done + 1, total: names.length, unit: 'items' });
    }
    return provenance;
  } finally {
    await close();
  }
}

/** A folder whose tokenizer is only in a form that this program does not read would be served without one. */
async function refuseUnreadTokenizer(path: string): Promise<void> {
  const other = (await readdir(path)).find((name) =>
    /^(tokenizer\.model|vocab\.json|spiece\.model|vocab\.txt)$/.test(name),
  );
  if (other === undefined) return;
  throw new FtsError(
    'invalid-input',
    `The tokenizer in ${path} is only there as ${other}; tokenizer.json is missing.`,
    {
      field: 'tokenizer.json',
      value: path,
      remedy: 'Write it with Transformers: AutoTokenizer.from_pretrained(DIR).save_pretrained(DIR).',
    },
  );
}

function requireTokenIds(tokens: number, vocabSize: number, field: string): void {
  if (tokens <= vocabSize) return;
  throw new FtsError('corrupt', `The tokenizer has ${tokens} tokens, the model ${vocabSize}.`, {
    field,
    value: tokens,
    remedy: 'The tokenizer belongs to another model: restore the pair.',
  });
}

/** The same for a GGUF file that llama.cpp is to serve, of whatever architecture. */
export async function verifyGguf(path: string, { report, signal }: Work): Promise<void> {
  const reader = await GgufReader.open(path);
  try {
    refuseParts(reader);
    requireShape(reader);
    requireKnownTensors(reader);
    const tensors = reader.tensors().filter(({ type }) => isDequantized(type));
    for (const [done, { name }] of tensors.entries()) {
      for await (const part of reader.readParts(name)) {
        throwIfAborted(signal);
        refuseNonFinite(name, part);
      }
      report({ stage: 'check the weights', done: done + 1, total: tensors.length, unit: 'items' });
    }
  } finally {
    await reader.close();
  }
}

/** Adapters, vocabularies and parts of split files are no models by themselves. */
function refuseParts(reader: GgufReader): void {
  const metadata = new MetadataReader(reader.metadata, reader.path);
  const parts = metadata.number('split.count') ?? 1;
  if (parts > 1) {
    throw new FtsError('invalid-input', `${reader.path} is one of ${parts} parts of a model.`, {
      field: 'split.count',
      value: parts,
      remedy: 'Join the parts with `llama-gguf-split --merge FIRST OUT` and import the result.',
    });
  }
  const kind = metadata.text('general.type') ?? 'model';
  const isProjector = metadata.text('general.architecture') === 'clip';
  if (kind === 'model' && !isProjector && reader.has('token_embd.weight')) return;
  throw new FtsError('invalid-input', `${reader.path} holds no model${kind === 'model' ? '' : ` but: ${kind}`}.`, {
    field: 'source',
    value: reader.path,
    remedy: 'Name a GGUF file that holds a whole language model, not an adapter, a projector or a vocabulary.',
  });
}

/** The counts that llama.cpp allocates by, and the vocabulary that goes with the table. */
function requireShape(reader: GgufReader): void {
  const { path } = reader;
  const metadata = new MetadataReader(reader.metadata, path);
  const architecture = metadata.text('general.architecture') ?? '';
  const tensors = reader.tensors();
  for (const key of ['block_count', 'embedding_length', 'context_length']) {
    const value = metadata.required(`${architecture}.${key}`);
    if (!(value > 0)) throw damaged(path, `${architecture}.${key}`, value);
  }
  const heads = `${architecture}.attention.head_count`;
  if (metadata.number(heads) === 0) throw damaged(path, heads, 0);
  const blocks = metadata.required(`${architecture}.block_count`);
  if (blocks > tensors.length) throw damaged(path, `${architecture}.block_count`, blocks);
  const held = new Set(tensors.map(({ name }) => /^blk\.(\d+)\./.exec(name)?.[1]));
  for (let block = 0; block < blocks; block++) {
    if (!held.has(String(block))) throw damaged(path, `blk.${block}`, 'missing');
  }
  const tokens = metadata.texts('tokenizer.ggml.tokens');
  if (tokens === undefined) return;
  const rows = tensors.find(({ name }) => name === 'token_embd.weight')!.shape[0]!;
  if (tokens.length !== rows) throw damaged(path, 'tokenizer.ggml.tokens', tokens.length);
  for (const kind of ['bos', 'eos', 'eot', 'padding', 'unknown']) {
    const key = `tokenizer.ggml.${kind}_token_id`;
    const id = metadata.number(key);
    if (id !== undefined && id >= rows) throw damaged(path, key, id);
  }
}

/** Every tensor of a family that this program knows. What it would refuse to compute may still be served. */
function requireKnownTensors(reader: GgufReader): void {
  let config: ReturnType<typeof ggufConfig>;
  try {
    config = ggufConfig(reader);
  } catch (error) {
    if (error instanceof FtsError && error.kind === 'invalid-input') return;
    throw error;
  }
  const missing = config && ggufTensors(config).find(({ name }) => !reader.has(name));
  if (missing !== undefined) throw damaged(reader.path, missing.name, 'missing');
}

function damaged(path: string, field: string, value: unknown): FtsError {
  return new FtsError('corrupt', `${path} is not a whole model: ${field} is ${String(value)}.`, {
    field,
    value,
    remedy: 'Copy or download that file again, or convert the model anew.',
  });
}
