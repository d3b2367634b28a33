import { type ChildProcess, type ForkOptions, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/**
 * Starts a sibling module as a child process with an IPC channel. `importer` is the caller's `import.meta.url`, `name`
 * the sibling without extension: the same call works from `dist/` (JavaScript) and from `src/` (TypeScript through tsx).
 */
export function forkSibling(
  importer: string,
  name: string,
  args: string[] = [],
  options: ForkOptions = {},
): ChildProcess {
  const { path, execArgv } = siblingEntry(importer, name);
  return fork(path, args, {
    serialization: 'advanced',
    ...options,
    execArgv: [...execArgv, ...(options.execArgv ?? [])],
  });
}

/** The sibling's path and the Node flags that it needs, for `fork` and for `new Worker`. */
export function siblingEntry(importer: string, name: string): { path: string; execArgv: string[] } {
  const fromSource = importer.endsWith('.ts');
  const path = fileURLToPath(new URL(`./${name}${fromSource ? '.ts' : '.js'}`, importer));
  return { path, execArgv: fromSource ? ['--import', import.meta.resolve('tsx')] : [] };
}
