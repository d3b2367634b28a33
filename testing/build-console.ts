import { execFileSync } from 'node:child_process';
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';

const root = join(import.meta.dirname, '..');

/** Before any test: the console as it stands in the source, built anew only where something in it has changed. */
export default async function setup(): Promise<void> {
  const source = join(root, 'src/console/app');
  const builtAt = await changedAt(join(root, 'dist/console/app/index.html')).catch(() => 0);
  const files = await readdir(source, { recursive: true, withFileTypes: true });
  const times = await Promise.all(files.map((file) => changedAt(join(file.parentPath, file.name))));
  if (Math.max(...times) <= builtAt) return;
  execFileSync(process.execPath, [join(root, 'scripts/build-console.mjs')], { stdio: 'inherit' });
}

const changedAt = async (path: string): Promise<number> => (await stat(path)).mtimeMs;
