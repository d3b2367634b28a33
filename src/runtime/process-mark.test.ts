import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { expect, it, vi } from 'vitest';
import { continueProcess, ownProcess, type ProcessMark, stateOfProcess } from './process-mark.ts';

/** The mark that another process has of itself. */
async function markOf(child: ReturnType<typeof spawn>): Promise<ProcessMark> {
  const [line] = (await once(child.stdout!, 'data')) as [Buffer];
  return JSON.parse(line.toString()) as ProcessMark;
}

const selfMarking = `import { ownProcess } from ${JSON.stringify(new URL('./process-mark.ts', import.meta.url).href)};
console.log(JSON.stringify(ownProcess()));
setInterval(() => {}, 1000);`;

it('tells a running, a stopped, a continued and an ended process apart', async () => {
  const child = spawn(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', selfMarking], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const exited = once(child, 'exit');
  try {
    const mark = await markOf(child);
    expect(mark.pid).toBe(child.pid);
    expect(stateOfProcess(mark)).toBe('running');
    if (process.platform !== 'win32') {
      child.kill('SIGSTOP');
      await vi.waitFor(() => expect(stateOfProcess(mark)).toBe('stopped'));
      continueProcess(mark);
      await vi.waitFor(() => expect(stateOfProcess(mark)).toBe('running'));
    }
    child.kill('SIGKILL');
    await exited;
    expect(stateOfProcess(mark)).toBe('gone');
  } finally {
    child.kill('SIGKILL');
  }
});

it('takes another process under the same number for another one', () => {
  expect(stateOfProcess(ownProcess())).toBe('running');
  expect(stateOfProcess({ pid: process.pid, started: 'before the last boot' })).toBe(
    process.platform === 'win32' ? 'running' : 'gone',
  );
  expect(stateOfProcess({ pid: process.pid, started: null })).toBe('running');
});
