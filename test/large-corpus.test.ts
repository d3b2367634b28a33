import { execFile } from 'node:child_process';
import { mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, expect, it } from 'vitest';
import { writeTokenShards } from '../src/training/data/token-shards.ts';

const MEGABYTE = 1 << 20;
const VOCABULARY = 1000;

const folder = await mkdtemp(join(tmpdir(), 'fts-corpus-'));
afterAll(() => rm(folder, { recursive: true, force: true }));

// What is a process's own memory, and what a view of a file, only Linux tells.
it.skipIf(process.platform !== 'linux')(
  'reads a corpus in a fraction of its size of memory',
  async () => {
    const chunk = Array.from({ length: MEGABYTE }, (_, i) => (i * 31) % VOCABULARY);
    const chunks = function* (): Generator<number[]> {
      for (let i = 0; i < 48; i++) yield chunk;
    };
    await writeTokenShards(folder, chunks(), { vocabSize: VOCABULARY, tokensPerShard: 10 * MEGABYTE });
    const files = await readdir(folder);
    expect(files).toHaveLength(6);
    const sizes = await Promise.all(files.map(async (file) => (await stat(join(folder, file))).size));
    expect(sizes.reduce((sum, size) => sum + size)).toBeGreaterThan(96 * MEGABYTE);

    const script = join(import.meta.dirname, '../testing/models/read-corpus-child.ts');
    const { stdout } = await promisify(execFile)(process.execPath, [
      ...['--import', 'tsx', '--max-old-space-size=48', script],
      folder,
      String(VOCABULARY),
    ]);
    const { bytes } = JSON.parse(stdout) as { bytes: number };
    expect(bytes).toBeLessThan(24 * MEGABYTE);
  },
  60_000,
);
