import { mkdtemp, rm, truncate, unlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ChatTemplate, chatMlTemplate } from '../../model/chat-template.ts';
import { Tokenizer } from '../../model/tokenizer/tokenizer.ts';
import { trainByteLevelBpe } from '../../model/tokenizer/train-bpe.ts';
import { emptyBatch } from './batch.ts';
import { chatExample } from './chat-example.ts';
import { exampleBatches } from './example-batches.ts';
import { prepareData } from './prepare-data.ts';
import { textBatches, tokensInMemory } from './text-batches.ts';
import { openTokenShards, writeTokenShards } from './token-shards.ts';

const idle = { report: () => {}, signal: new AbortController().signal };

let folder: string;
let tokenizer: Tokenizer;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'fts-data-'));
  const files = await trainByteLevelBpe(['a small text about nothing at all'], {
    vocabSize: 280,
    specialTokens: ['<|im_start|>', '<|im_end|>'],
    eosToken: '<|im_end|>',
    padToken: '<|im_end|>',
    chatTemplate: chatMlTemplate,
  });
  tokenizer = Tokenizer.fromFiles(files);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const options = () => ({
  tokenizer,
  batchSize: 2,
  contextLength: 16,
  seed: 1,
  validationFraction: 0.25,
  cacheFolder: join(folder, 'cache'),
});

describe('token shards', () => {
  it('return the written tokens, across shards and for more than 65,536 tokens', async () => {
    for (const vocabSize of [500, 70_000]) {
      const tokens = Array.from({ length: 1000 }, (_, i) => (i * 7) % vocabSize);
      const path = join(folder, `shards-${vocabSize}`);
      await writeTokenShards(path, [tokens.slice(0, 300), [], tokens.slice(300)], { vocabSize, tokensPerShard: 128 });
      const stream = await openTokenShards(path, { vocabSize, verify: true });
      const into = new Int32Array(400);
      stream.read(100, into);
      expect([...into]).toEqual(tokens.slice(100, 500));
      expect(stream.length).toBe(1000);
      stream.close();
    }
  });

  it('refuse another vocabulary, a truncated shard and a missing one', async () => {
    const path = join(folder, 'damaged');
    await writeTokenShards(path, [Array.from({ length: 300 }, (_, i) => i)], { vocabSize: 300, tokensPerShard: 100 });
    await expect(openTokenShards(path, { vocabSize: 301 })).rejects.toMatchObject({ field: 'vocabSize' });
    await truncate(join(path, 'tokens-00001.bin'), 50);
    await expect(openTokenShards(path, { vocabSize: 300 })).rejects.toThrow('is truncated');
    await unlink(join(path, 'tokens-00001.bin'));
    await expect(openTokenShards(path, { vocabSize: 300 })).rejects.toThrow('is missing');
  });
});

describe('text batches', () => {
  it('predict each next token, shuffled reproducibly by seed and epoch', () => {
    const source = textBatches(tokensInMemory(Array.from({ length: 500 }, (_, i) => i)), {
      batch: 2,
      length: 8,
      seed: 3,
    });
    const [a, b, c] = [emptyBatch(source), emptyBatch(source), emptyBatch(source)];
    source.fill(3, a);
    source.fill(40 + source.batchesPerEpoch, b);
    source.fill(3, c);
    expect(a).toEqual(c);
    expect(a.tokens).not.toEqual(b.tokens);
    expect([...a.targets]).toEqual([...a.tokens].map((token) => token + 1));
  });

  it('cover the whole text once in order, the end masked', () => {
    const source = textBatches(tokensInMemory(Array.from({ length: 60 }, (_, i) => i)), {
      batch: 2,
      length: 8,
      seed: 3,
      inOrder: true,
    });
    const batch = emptyBatch(source);
    const seen: number[] = [];
    for (let i = 0; i < source.batchesPerEpoch; i++) {
      source.fill(i, batch);
      seen.push(...batch.targets.filter((_, at) => batch.counts[at] === 1));
    }
    expect(seen).toEqual(Array.from({ length: 59 }, (_, i) => i + 1));
  });
});

describe('example batches', () => {
  it('pack every example once per epoch, with restarting positions and only completions counted', () => {
    const examples = Array.from({ length: 8 }, (_, i) => ({ tokens: [i, 100 + i, 200 + i, 9], counts: [0, 0, 1, 1] }));
    const source = exampleBatches(examples, { batch: 2, length: 8, seed: 1 });
    const batch = emptyBatch(source);
    const learnt: number[] = [];
    for (let i = 0; i < source.batchesPerEpoch; i++) {
      source.fill(i, batch);
      learnt.push(...batch.targets.filter((_, at) => batch.counts[at] === 1));
      expect([...batch.positions!.subarray(0, 6)]).toEqual([0, 1, 2, 0, 1, 2]);
      expect([...batch.documents!.subarray(0, 8)]).toEqual([0, 0, 0, 1, 1, 1, -1, -1]);
    }
    expect(learnt.filter((token) => token >= 200).sort()).toEqual(examples.map(({ tokens }) => tokens[2]).sort());
    expect(learnt.filter((token) => token === 9)).toHaveLength(8);
  });

  it('name the example that does not fit', () => {
    const long = [
      { tokens: [1, 2], counts: [0, 1] },
      { tokens: Array(20).fill(1), counts: Array(20).fill(1) },
    ];
    expect(() => exampleBatches(long, { batch: 1, length: 8, seed: 1 })).toThrow('Example 2 has 20 tokens');
  });
});

describe('conversations', () => {
  it('count only the assistant’s turns, including the closing token', () => {
    const template = ChatTemplate.of(tokenizer)!;
    const messages = [
      { role: 'user', content: 'hi' },
      { role: 'assistant', content: 'yes' },
      { role: 'user', content: 'and' },
      { role: 'assistant', content: 'no' },
    ];
    const { tokens, counts } = chatExample(messages, template, tokenizer, 'line 1');
    const text = (count: number): string => tokenizer.decode(Array.from(tokens).filter((_, i) => counts[i] === count));
    expect(text(1)).toBe('yes<|im_end|>\nno<|im_end|>\n');
    expect(text(0)).toContain('<|im_start|>user\nhi');
  });
});

describe('data files', () => {
  it('become batches from plain text, text lines, pairs and conversations', async () => {
    const pairs = Array.from({ length: 20 }, (_, i) => ({ prompt: `ask ${i}`, completion: `say ${i}` }));
    const chats = pairs.map(({ prompt, completion }) => ({
      messages: [
        { role: 'user', content: prompt },
        { role: 'assistant', content: completion },
      ],
    }));
    const texts = pairs.map(({ prompt }) => ({ text: prompt.repeat(5) }));
    const lines = (values: object[]): string => values.map((value) => JSON.stringify(value)).join('\n');
    const files = {
      'a.txt': 'some words\n'.repeat(50),
      'b.jsonl': lines(texts),
      'c.jsonl': lines(pairs),
      'd.jsonl': lines(chats),
    };
    for (const [name, content] of Object.entries(files)) {
      const path = join(folder, name);
      await writeFile(path, content);
      const wide = { ...options(), contextLength: name === 'd.jsonl' ? 64 : 16 };
      const data = await prepareData(path, wide, idle);
      const batch = emptyBatch(data.train);
      data.train.fill(0, batch);
      expect(batch.counts.some((count) => count > 0)).toBe(true);
      expect(data.validation!.batchesPerEpoch).toBeGreaterThan(0);
      expect(data.hash).toHaveLength(64);
      data.close();
    }
  });

  it('name the line that does not parse, the empty file and the mixture', async () => {
    const failing = async (content: string): Promise<unknown> => {
      const path = join(folder, 'bad.jsonl');
      await writeFile(path, content);
      return prepareData(path, options(), idle);
    };
    await expect(failing('{"prompt":"a","completion":"b"}\n{"prompt": 1}')).rejects.toThrow('bad.jsonl:2');
    await expect(failing('{"prompt":"a","completion":"b"}\nnot json')).rejects.toThrow('bad.jsonl:2');
    await expect(failing('')).rejects.toThrow('is empty');
    await expect(failing('{"prompt":"a","completion":"b"}\n{"text":"x"}')).rejects.toThrow('Line 2 has text');
  });
});
