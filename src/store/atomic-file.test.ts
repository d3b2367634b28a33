import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { temporaryHome } from '../../testing/temporary-home.ts';
import { replaceFileAtomic, replaceFolderAtomic, sweepUnfinished, writeFileAtomic } from './atomic-file.ts';

it('keeps the old file and leaves nothing behind when writing fails half-way', async () => {
  const folder = temporaryHome();
  const path = join(folder, 'weights');
  await writeFileAtomic(path, 'old');
  const failing = replaceFileAtomic(path, async (file) => {
    await file.write('new, but');
    throw new Error('disk full');
  });
  await expect(failing).rejects.toThrow('disk full');
  expect(readFileSync(path, 'utf8')).toBe('old');
  expect(readdirSync(folder)).toEqual(['weights']);
});

it('replaces a folder as a whole, or not at all', async () => {
  const folder = temporaryHome();
  const path = join(folder, 'model');
  mkdirSync(path);
  writeFileSync(join(path, 'a'), 'old');
  await expect(
    replaceFolderAtomic(path, async (inner) => {
      writeFileSync(join(inner, 'b'), 'new');
      throw new Error('disk full');
    }),
  ).rejects.toThrow('disk full');
  expect(readdirSync(path)).toEqual(['a']);
  await replaceFolderAtomic(path, async (inner) => writeFileSync(join(inner, 'b'), 'new'));
  expect(readdirSync(path)).toEqual(['b']);
  expect(readdirSync(folder)).toEqual(['model']);
});

it('clears what a dead process left and brings a half-replaced folder back', async () => {
  const folder = temporaryHome();
  const dead = spawnSync(process.execPath, ['-e', '']).pid;
  const models = join(folder, 'models');
  mkdirSync(join(models, `.operator.${dead}.00112233.replaced`), { recursive: true });
  mkdirSync(join(models, `.operator.${dead}.44556677.tmp`));
  writeFileSync(join(models, `.operator.${dead}.44556677.tmp`, 'config.json'), '{');
  writeFileSync(join(models, `.notes.${process.pid}.8899aabb.tmp`), 'still being written');
  await sweepUnfinished(folder);
  expect(readdirSync(models).sort()).toEqual([`.notes.${process.pid}.8899aabb.tmp`, 'operator']);
});
