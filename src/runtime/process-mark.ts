import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { isProcessAlive } from './process-alive.ts';

/**
 * One process and no other: its number, which the system gives out again, and its start, which it does not. `started` is
 * null where the system does not tell it; the number alone then has to do.
 */
export interface ProcessMark {
  pid: number;
  started: string | null;
}

export type ProcessState = 'running' | 'stopped' | 'gone';

let own: ProcessMark | undefined;

/** The mark of this process, to be kept with what it has taken up. */
export function ownProcess(): ProcessMark {
  own ??= { pid: process.pid, started: look(process.pid)?.started ?? null };
  return own;
}

/**
 * What has become of a process. No clock is asked, so that one that jumps changes nothing: a process is the same as
 * long as its number and its start are. `stopped` is one that a signal (SIGSTOP, Ctrl-Z) holds.
 */
export function stateOfProcess({ pid, started }: ProcessMark): ProcessState {
  if (!isProcessAlive(pid)) return 'gone';
  const found = look(pid);
  if (found === undefined) return 'running';
  if (started !== null && found.started !== started) return 'gone';
  return found.state;
}

/** Lets a process that a signal has stopped go on. One that is not stopped does not notice. */
export function continueProcess(mark: ProcessMark): void {
  if (process.platform === 'win32' || stateOfProcess(mark) !== 'stopped') return;
  try {
    process.kill(mark.pid, 'SIGCONT');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== 'ESRCH' && code !== 'EPERM') throw error;
  }
}

interface Seen {
  started: string;
  state: ProcessState;
}

/** Undefined where the system shows nothing of the process, though it may be there. */
function look(pid: number): Seen | undefined {
  if (process.platform === 'linux') return lookInProc(pid);
  return process.platform === 'win32' ? undefined : lookWithPs(pid);
}

/** `/proc/PID/stat` (proc(5)): the state is the third field, the start in clock ticks since boot the twenty-second. */
function lookInProc(pid: number): Seen | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    // The second field is the program's name in brackets, which may hold blanks and brackets of its own.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return { started: `${bootId()}-${fields[19]}`, state: stateOf(fields[0]!) };
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ESRCH' || code === 'EACCES') return undefined;
    throw error;
  }
}

/** Ticks begin anew at each boot, when the same service may well get the same number at the same tick. */
function bootId(): string {
  try {
    return readFileSync('/proc/sys/kernel/random/boot_id', 'latin1').slice(0, 8);
  } catch {
    return 'boot';
  }
}

function lookWithPs(pid: number): Seen | undefined {
  const { stdout, status } = spawnSync('ps', ['-o', 'lstart=,stat=', '-p', String(pid)], {
    encoding: 'utf8',
    env: { ...process.env, LC_ALL: 'C', TZ: 'UTC' },
  });
  const words = status === 0 ? stdout.trim().split(/\s+/) : [];
  if (words.length < 2) return undefined;
  return { started: words.slice(0, -1).join(' '), state: stateOf(words.at(-1)!) };
}

/** T is stopped, t held by a debugger; Z and X have ended, and only their parent has not noticed yet. */
function stateOf(letters: string): ProcessState {
  if (/^[Tt]/.test(letters)) return 'stopped';
  return /^[ZXx]/.test(letters) ? 'gone' : 'running';
}
