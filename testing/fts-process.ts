import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';

const main = join(import.meta.dirname, '../src/cli/main.ts');

/** Starts `fts ARGS` from source, as a user would from a shell, with its state in `home`. */
export function spawnFts(
  args: string[],
  home: string,
  environment: NodeJS.ProcessEnv = {},
): ChildProcessWithoutNullStreams {
  return spawn(process.execPath, ['--import', 'tsx', main, ...args], {
    env: { ...process.env, HOME: home, FTS_HOME: home, NO_COLOR: '1', ...environment },
  });
}

/** Runs `fts ARGS` to its end. */
export async function runFts(
  args: string[],
  home: string,
  environment: NodeJS.ProcessEnv = {},
): Promise<{ code: number | null; stdout: string; stderr: string }> {
  const child = spawnFts(args, home, environment);
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (chunk: Buffer) => {
    stdout += chunk.toString();
  });
  child.stderr.on('data', (chunk: Buffer) => {
    stderr += chunk.toString();
  });
  child.stdin.end();
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, stdout, stderr };
}
