import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { copyFile, cp, mkdtemp, readdir, readFile, rm, stat, truncate, unlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runFts, spawnFts } from '../testing/fts-process.ts';

// What a user meets who gives `fts train` something wrong: a message that names it, before the first step.

const shape = ['--layers', '1', '--width', '32', '--heads', '2', '--vocab-size', '300'];
const tiny = [...shape, '--batch-size', '2', '--context-length', '16', '--steps', '2', '--warmup-steps', '1'];

let home: string;
const file = (name: string): string => join(home, name);
const train = (...words: string[]) => runFts(['train', 'data', '--name', 'made', ...words], home);

beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'fts-bad-input-'));
  const words = ['edge', 'cache', 'purge', 'origin', 'token', 'path'];
  const text = Array.from({ length: 900 }, (_, i) => words[(i * i + 3) % 6]).join(' ');
  await writeFile(file('good.txt'), `${text}\n`);
  const { code, stderr } = await runFts(['train', 'data', '--name', 'base', '--data', file('good.txt'), ...tiny], home);
  expect(stderr).not.toContain('Error');
  expect(code).toBe(0);
}, 120_000);
afterAll(() => rm(home, { recursive: true, force: true }));

/** A copy of the base model in which something is wrong. */
async function brokenModel(name: string, spoil: (path: string) => Promise<void>): Promise<string> {
  await cp(file('models/base'), file(name), { recursive: true });
  await spoil(file(name));
  return file(name);
}

describe('before the first step, fts train tells', () => {
  it('an unknown flag, an unknown field of an input file and an unknown setting', async () => {
    await writeFile(file('run.yaml'), 'steps: 3\nlearningrate: 0.01\n');
    const [flag, field, setting] = await Promise.all([
      train('--data', file('good.txt'), '--learningrate', '1'),
      train('--data', file('good.txt'), '--input', file('run.yaml')),
      train('--data', file('good.txt'), '--settings', '{"beta3":0.5}'),
    ]);
    expect(flag.code).toBe(2);
    expect(flag.stderr).toContain('--learning-rate');
    expect(field.code).toBe(2);
    expect(field.stderr).toContain('learningrate in the input of train: There is no such field');
    expect(setting.code).toBe(2);
    expect(setting.stderr).toContain('beta3 in the training settings');
  }, 60_000);

  it('a data file that is empty, missing, or has a line that does not parse', async () => {
    await writeFile(file('empty.txt'), '');
    await writeFile(file('bad.jsonl'), '{"prompt":"a","completion":"b"}\n{"prompt":"a","completion":');
    // One after the other: two trainings at once under one name are a conflict of their own.
    const trained = (name: string) => train('--data', file(name), ...tiny);
    const [empty, missing, line] = [
      await trained('empty.txt'),
      await trained('nowhere.txt'),
      await trained('bad.jsonl'),
    ];
    expect([empty.code, missing.code, line.code]).toEqual([2, 3, 2]);
    expect(empty.stderr).toContain('empty.txt is empty');
    expect(missing.stderr).toContain('nowhere.txt');
    expect(line.stderr).toContain('bad.jsonl:2');
  }, 60_000);

  it('a base model of another vocabulary, and one whose shard is missing', async () => {
    const vocabulary = await brokenModel('vocabulary', async (path) => {
      const config = JSON.parse(await readFile(join(path, 'config.json'), 'utf8')) as { vocab_size: number };
      await writeFile(join(path, 'config.json'), JSON.stringify({ ...config, vocab_size: config.vocab_size - 8 }));
    });
    const sharded = await brokenModel('sharded', async (path) => {
      await unlink(join(path, 'model.safetensors'));
      const index = { weight_map: { 'model.norm.weight': 'model-00001-of-00002.safetensors' } };
      await writeFile(join(path, 'model.safetensors.index.json'), JSON.stringify(index));
    });
    const trained = (base: string) => train('--data', file('good.txt'), '--base', base, ...tiny.slice(8));
    const [tokens, shard] = [await trained(vocabulary), await trained(sharded)];
    expect(tokens.code).toBe(2);
    expect(tokens.stderr).toMatch(/The tokenizer has \d+ tokens, but the model has \d+/);
    expect(shard.code).toBe(5);
    expect(shard.stderr).toContain('model-00001-of-00002.safetensors');
  }, 60_000);

  it('a token shard that is missing', async () => {
    const [folder] = await readdir(file('cache/tokens'));
    const path = join(file('cache/tokens'), folder!, 'tokens-00000.bin');
    await copyFile(path, file('kept.bin'));
    await unlink(path);
    const { code, stderr } = await train('--data', file('good.txt'), ...tiny);
    await copyFile(file('kept.bin'), path);
    expect(code).toBe(5);
    expect(stderr).toContain('tokens-00000.bin is missing');
  }, 60_000);
});

it('Ctrl-C keeps a checkpoint; cut short it is refused, restored the run goes on', async () => {
  const long = tiny.map((word, i) => (tiny[i - 1] === '--steps' ? '100000' : word));
  const before = new Set(await readdir(file('runs')));
  const words = ['train', 'data', '--name', 'stopped', '--data', file('good.txt'), ...long, '--checkpoint-every', '20'];
  const child = spawnFts(words, home);
  let stderr = '';
  child.stderr.on('data', (chunk: Buffer) => {
    stderr += chunk.toString();
  });
  const run = await until(child, async () => (await readdir(file('runs'))).find((name) => !before.has(name)));
  const checkpoint = file(`runs/${run}/checkpoints/last.safetensors`);
  await until(child, () => stat(checkpoint).catch(() => undefined));
  child.kill('SIGINT');
  expect(await once(child, 'close')).toEqual([130, null]);
  const job = /fts jobs resume ([\w-]+)/.exec(stderr)?.[1];
  expect(job).toBe(run);

  await copyFile(checkpoint, file('kept.safetensors'));
  await truncate(checkpoint, 4000);
  const refused = await runFts(['jobs', 'resume', run], home);
  expect(refused.code).toBe(5);
  expect(refused.stderr).toContain('last.safetensors');

  await copyFile(file('kept.safetensors'), checkpoint);
  const metrics = async (): Promise<number> =>
    (await readFile(file(`runs/${run}/metrics.jsonl`), 'utf8')).split('\n').length;
  const done = await metrics();
  const again = spawnFts(['jobs', 'resume', run], home);
  await until(again, async () => ((await metrics()) > done + 20 ? true : undefined));
  again.kill('SIGINT');
  expect(await once(again, 'close')).toEqual([130, null]);
}, 120_000);

/** Asks again and again until there is an answer, for as long as the process lives. */
async function until<Answer>(child: ChildProcess, ask: () => Promise<Answer | undefined>): Promise<Answer> {
  while (child.exitCode === null) {
    const answer = await ask();
    if (answer !== undefined) return answer;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`fts ended with ${child.exitCode} before that.`);
}
