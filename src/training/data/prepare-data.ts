import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { join } from 'node:path';
import { FtsError } from '../../errors/fts-error.ts';
import { ChatTemplate } from '../../model/chat-template.ts';
import type { Tokenizer } from '../../model/tokenizer/tokenizer.ts';
import { permutation } from '../../random/permutation.ts';
import type { Work } from '../../runtime/progress.ts';
import type { BatchSource } from './batch.ts';
import { chatExample } from './chat-example.ts';
import { exampleBatches, promptAndCompletion, type TrainingExample } from './example-batches.ts';
import { checkDataFile, formOf, isJsonLines, readJsonLines, readText } from './read-documents.ts';
import { type TokenStream, textBatches } from './text-batches.ts';
import { hasTokenShards, openTokenShards, writeTokenShards } from './token-shards.ts';

interface PrepareOptions {
  tokenizer: Tokenizer;
  batchSize: number;
  contextLength: number;
  seed: number;
  /** Share of the data that is held out for validation; 0 for none. */
  validationFraction: number;
  /** Folder in which token shards are kept between runs. */
  cacheFolder: string;
}

export interface PreparedData {
  train: BatchSource;
  validation?: BatchSource;
  hash: string;
  close(): void;
}

/**
 * Prepares a data file as batches: plain text and JSONL `text` become one memory-mapped stream of tokens, of which the
 * last part is held out; `prompt`/`completion` and `messages` become examples, of which a random part is held out.
 */
export async function prepareData(path: string, options: PrepareOptions, work: Work): Promise<PreparedData> {
  await checkDataFile(path);
  work.report({ stage: 'read data', done: 0 });
  const hash = await hashFile(path);
  if (isJsonLines(path)) {
    for await (const { document } of readJsonLines(path)) {
      if (formOf(document) !== 'text')
        return exampleData(await readExamples(path, options.tokenizer, work), hash, options);
      break;
    }
  }
  return textData(path, hash, options, work);
}

async function textData(path: string, hash: string, options: PrepareOptions, work: Work): Promise<PreparedData> {
  const { tokenizer, batchSize, contextLength, seed, validationFraction } = options;
  const folder = join(options.cacheFolder, `${hash.slice(0, 16)}-${tokenizerDigest(tokenizer).slice(0, 16)}`);
  const { vocabSize } = tokenizer;
  if (!(await hasTokenShards(folder))) await writeTokenShards(folder, tokenize(path, tokenizer, work), { vocabSize });
  const tokens = await openTokenShards(folder, { vocabSize });
  try {
    const split = tokens.length - Math.floor(tokens.length * validationFraction);
    const shape = { batch: batchSize, length: contextLength };
    const train = textBatches(part(tokens, 0, split), { ...shape, seed });
    if (split === tokens.length) return { train, hash, close: () => tokens.close() };
    const validation = textBatches(part(tokens, split, tokens.length), { ...shape, seed, inOrder: true });
    return { train, validation, hash, close: () => tokens.close() };
  } catch (error) {
    tokens.close();
    throw error;
  }
}

async function* tokenize(path: string, tokenizer: Tokenizer, { report, signal }: Work): AsyncGenerator<number[]> {
  let done = 0;
  const end = tokenizer.eosTokenId;
  const texts = isJsonLines(path) ? documentTexts(path) : readText(path);
  for await (const text of texts) {
    signal.throwIfAborted();
    const tokens = tokenizer.encode(text);
    if (isJsonLines(path) && end !== undefined) tokens.push(end);
    done += tokens.length;
    report({ stage: 'tokenize', done, unit: 'tokens' });
    yield tokens;
  }
}

async function* documentTexts(path: string): AsyncGenerator<string> {
  for await (const { document } of readJsonLines(path)) if ('text' in document) yield document.text;
}

async function readExamples(path: string, tokenizer: Tokenizer, { report, signal }: Work): Promise<TrainingExample[]> {
  const template = ChatTemplate.of(tokenizer);
  const end = tokenizer.eosTokenId;
  const examples: TrainingExample[] = [];
  for await (const { document, line } of readJsonLines(path)) {
    signal.throwIfAborted();
    if ('messages' in document) {
      if (template === undefined) {
        throw new FtsError('invalid-input', 'The tokenizer has no chat template, which `messages` need.', {
          field: 'data',
          value: path,
          remedy: 'Use a model with a chat template, or give prompt and completion.',
        });
      }
      examples.push(chatExample(document.messages, template, tokenizer, `${path}:${line}`));
    } else if ('prompt' in document) {
      const completion = tokenizer.encode(document.completion);
      examples.push(
        promptAndCompletion(tokenizer.encode(document.prompt), end === undefined ? completion : [...completion, end]),
      );
    }
    if (examples.length % 1000 === 0) report({ stage: 'tokenize', done: examples.length, unit: 'items' });
  }
  return examples;
}

function exampleData(examples: readonly TrainingExample[], hash: string, options: PrepareOptions): PreparedData {
  const { batchSize, contextLength, seed, validationFraction, tokenizer } = options;
  const shape = {
    batch: batchSize,
    length: contextLength,
    ...(tokenizer.padTokenId === undefined ? {} : { padTokenId: tokenizer.padTokenId }),
  };
  const held = Math.floor(examples.length * validationFraction);
  const order = permutation(examples.length, seed, 0);
  const pick = (from: number, to: number): TrainingExample[] =>
    Array.from(order.subarray(from, to), (index) => examples[index]!);
  const train = exampleBatches(pick(held, examples.length), { ...shape, seed });
  if (held === 0) return { train, hash, close: () => {} };
  const validation = exampleBatches(pick(0, held), { ...shape, seed, inOrder: true });
  return { train, validation, hash, close: () => {} };
}

/** A range of a stream as a stream of its own. */
function part(stream: TokenStream, from: number, to: number): TokenStream {
  return { length: to - from, read: (at, into) => stream.read(from + at, into) };
}

function tokenizerDigest(tokenizer: Tokenizer): string {
  const hash = createHash('sha256');
  for (let id = 0; id < tokenizer.vocabSize; id++) hash.update(`${tokenizer.idToToken(id) ?? ''}\n`);
  return hash.digest('hex');
}

async function hashFile(path: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(path)) hash.update(chunk as Buffer);
  return hash.digest('hex');
}
