import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Tokenizer } from '../../src/model/tokenizer/tokenizer.ts';
import { trainByteLevelBpe } from '../../src/model/tokenizer/train-bpe.ts';
import { writeFileAtomic } from '../../src/store/atomic-file.ts';
import { textBatches, tokensInMemory } from '../../src/training/data/text-batches.ts';
import { trainSettingsSchema } from '../../src/training/run/settings.ts';
import { train } from '../../src/training/run/train.ts';

const root = join(import.meta.dirname, '../..');
const folder = join(root, 'bench/results/text-model');
const shape = { batch: 8, length: 128, seed: 5 };

/**
 * A Llama of 2.8 M parameters and the text that it comes from: this repository's sources and documents in a shuffled
 * order, of which it is trained on the first nine tenths. Made once and kept in `bench/results`; a training that was
 * stopped goes on. Widths are multiples of 256, so that llama.cpp's K types need no fallback.
 */
export async function textModel(steps = 400): Promise<{ model: string; data: string }> {
  const [model, data] = [join(folder, 'model'), join(folder, 'text.txt')];
  if (existsSync(join(model, 'config.json')) && existsSync(data)) return { model, data };
  await mkdir(folder, { recursive: true });
  if (!existsSync(data)) await writeFileAtomic(data, await repositoryText());
  const text = await readFile(data, 'utf8');
  const seen = text.slice(0, Math.floor(text.length * 0.9));
  const end = '<|endoftext|>';
  const tokenizer = await trainByteLevelBpe([seen], {
    ...{ vocabSize: 1024, specialTokens: [end], eosToken: end, padToken: end, contextLength: shape.length },
  });
  const reader = Tokenizer.fromFiles(tokenizer);
  const tokens = Int32Array.from(reader.encode(seen));
  const split = Math.floor(tokens.length * 0.95);
  const settings = trainSettingsSchema.parse({
    ...{ steps, batchSize: shape.batch, contextLength: shape.length, learningRate: 2e-3, warmupSteps: 60 },
    ...{ evaluateEvery: steps, checkpointEvery: 50, initialization: 'small', keep: 'last', seed: shape.seed },
  });
  const summary = await train(
    {
      settings,
      config: {
        ...{ family: 'llama', vocabSize: reader.vocabSize, width: 256, layers: 3, heads: 4, kvHeads: 4, headDim: 64 },
        ...{ ffnWidth: 768, contextLength: 256, normEpsilon: 1e-5, ropeTheta: 10_000, tiedEmbeddings: true },
        ...{ qkvBias: false, qkNorm: false, eosTokenIds: [reader.eosTokenId!] },
      },
      data: {
        train: textBatches(tokensInMemory(tokens.subarray(0, split)), shape),
        validation: textBatches(tokensInMemory(tokens.subarray(split)), { ...shape, inOrder: true }),
        hash: createHash('sha256').update(seen).digest('hex'),
      },
      runFolder: join(folder, 'run'),
      output: { path: model, tokenizer, provenance: { name: 'text-model' } },
    },
    { signal: new AbortController().signal, report: ({ done }) => done % 100 === 0 && console.error(`step ${done}`) },
  );
  console.error(`Trained ${summary.parameters} parameters to a validation loss of ${summary.validationLoss}.`);
  return { model, data };
}

/** Every TypeScript and Markdown file of the program, in an order that mixes them and is the same every time. */
async function repositoryText(): Promise<string> {
  const names = await Promise.all(['src', 'docs'].map((folder) => readdir(join(root, folder), { recursive: true })));
  const paths = names
    .flatMap((inner, index) => inner.map((name) => join(['src', 'docs'][index]!, name)))
    .filter((path) => /\.(ts|md)$/.test(path));
  const key = (path: string): string => createHash('sha256').update(path).digest('hex');
  paths.sort((a, b) => (key(a) < key(b) ? -1 : 1));
  return (await Promise.all(paths.map((path) => readFile(join(root, path), 'utf8')))).join('\n');
}
