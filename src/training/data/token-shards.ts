import { createHash } from 'node:crypto';
import { mkdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { FtsError } from '../../errors/fts-error.ts';
import { parseJsonWith } from '../../errors/parse-with.ts';
import { type MappedFile, mapFile } from '../../runtime/mapped-file.ts';
import { replaceFileAtomic, writeFileAtomic } from '../../store/atomic-file.ts';
import type { TokenStream } from './text-batches.ts';

const indexSchema = z.strictObject({
  format: z.literal('fts-token-shards-1'),
  vocabSize: z.int().positive(),
  /** Bytes of one token, little-endian: 2 for vocabularies of up to 65,536 tokens, else 4. */
  tokenBytes: z.union([z.literal(2), z.literal(4)]),
  shards: z.array(z.strictObject({ file: z.string(), tokens: z.int().nonnegative(), sha256: z.string() })),
});

/** 128 MB or 256 MB per shard. */
const TOKENS_PER_SHARD = 1 << 26;

/** Writes token ids to shard files and finally the index that lists them. */
export async function writeTokenShards(
  folder: string,
  chunks: Iterable<readonly number[]> | AsyncIterable<readonly number[]>,
  { vocabSize, tokensPerShard = TOKENS_PER_SHARD }: { vocabSize: number; tokensPerShard?: number },
): Promise<void> {
  await mkdir(folder, { recursive: true });
  const tokenBytes = vocabSize <= 65_536 ? 2 : 4;
  const iterator = Symbol.asyncIterator in chunks ? chunks[Symbol.asyncIterator]() : chunks[Symbol.iterator]();
  const shards: z.output<typeof indexSchema>['shards'] = [];
  let rest: readonly number[] = [];
  for (let ended = false; !ended; ) {
    const file = `tokens-${String(shards.length).padStart(5, '0')}.bin`;
    const hash = createHash('sha256');
    let tokens = 0;
    await replaceFileAtomic(join(folder, file), async (handle) => {
      while (tokens < tokensPerShard) {
        if (rest.length === 0) {
          const next = await iterator.next();
          ended = next.done === true;
          if (ended) break;
          rest = next.value as readonly number[];
          continue;
        }
        const part = rest.slice(0, tokensPerShard - tokens);
        rest = rest.slice(part.length);
        const array = tokenBytes === 2 ? Uint16Array.from(part) : Uint32Array.from(part);
        const bytes = new Uint8Array(array.buffer);
        hash.update(bytes);
        await handle.writeFile(bytes);
        tokens += part.length;
      }
    });
    shards.push({ file, tokens, sha256: hash.digest('hex') });
  }
  const index = { format: 'fts-token-shards-1', vocabSize, tokenBytes, shards };
  await writeFileAtomic(join(folder, 'index.json'), `${JSON.stringify(index, null, 2)}\n`);
}

/** Whether a folder has completely written shards. */
export async function hasTokenShards(folder: string): Promise<boolean> {
  return stat(join(folder, 'index.json')).then(
    () => true,
    () => false,
  );
}

/** Token shards as one stream over mapped files. */
export interface MappedTokens extends TokenStream {
  close(): void;
}

/**
 * Opens shards for a model of `vocabSize` tokens. Throws if a shard is missing or truncated or the vocabulary differs,
 * so that training fails before its first step. `verify` also compares checksums, which reads all shards once.
 */
export async function openTokenShards(
  folder: string,
  { vocabSize, verify = false }: { vocabSize: number; verify?: boolean },
): Promise<MappedTokens> {
  const index = parseJsonWith(
    indexSchema,
    await readFile(join(folder, 'index.json'), 'utf8'),
    `the token shards ${folder}`,
  );
  if (index.vocabSize !== vocabSize) {
    throw new FtsError(
      'invalid-input',
      `The tokens have a vocabulary of ${index.vocabSize}, but the model has ${vocabSize}.`,
      {
        field: 'vocabSize',
        value: index.vocabSize,
        remedy: "Tokenize the data with the model's own tokenizer.",
      },
    );
  }
  const files: MappedFile[] = [];
  const parts: { start: number; data: Uint16Array | Uint32Array }[] = [];
  let length = 0;
  try {
    for (const { file, tokens, sha256 } of index.shards) {
      const path = join(folder, file);
      const size = await stat(path).then(
        (found) => found.size,
        () => undefined,
      );
      if (size !== tokens * index.tokenBytes) throw damaged(path, size === undefined ? 'is missing' : 'is truncated');
      const mapped = mapFile(path);
      files.push(mapped);
      if (verify && createHash('sha256').update(mapped.bytes).digest('hex') !== sha256) {
        throw damaged(path, 'does not match its checksum');
      }
      const { buffer, byteOffset } = mapped.bytes;
      const data =
        index.tokenBytes === 2
          ? new Uint16Array(buffer, byteOffset, tokens)
          : new Uint32Array(buffer, byteOffset, tokens);
      parts.push({ start: length, data });
      length += tokens;
    }
  } catch (error) {
    for (const file of files) file.close();
    throw error;
  }
  return {
    length,
    read(from, into) {
      let done = 0;
      for (const { start, data } of parts) {
        const at = from + done - start;
        if (done === into.length) break;
        if (at >= data.length) continue;
        const part = data.subarray(at, at + into.length - done);
        into.set(part, done);
        done += part.length;
      }
    },
    close() {
      for (const file of files) file.close();
    },
  };
}

function damaged(path: string, why: string): FtsError {
  return new FtsError('corrupt', `The token shard ${path} ${why}.`, {
    field: 'data',
    value: path,
    remedy: 'Remove the folder of shards; it will be created again from the text.',
  });
}
