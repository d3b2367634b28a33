import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Job } from './job.ts';
import { isFinished } from './job.ts';
import { interruptedError, type JobStore } from './job-store.ts';

const pollMilliseconds = 300;

/**
 * Starts queued jobs one after the other, each in a child process of its own: a native crash or a `kill -9` there
 * takes one job down, not the server, and training never blocks the event loop that answers requests.
 */
export class JobQueue {
  private readonly store: JobStore;
  /** The command line of the worker, to which the job's id is added. */
  private readonly workerCommand: readonly string[];
  private readonly environment: NodeJS.ProcessEnv;
  private running: { id: string; child: ChildProcess } | undefined;
  private timer: NodeJS.Timeout | undefined;
  private stopping = false;

  /** `environment` is added to this process's own: what its flags decided and its workers must know. */
  constructor(store: JobStore, workerCommand: readonly string[], environment: NodeJS.ProcessEnv = {}) {
    this.store = store;
    this.environment = environment;
    this.workerCommand = workerCommand;
  }

  start(): void {
    this.store.settleDeadJobs();
    this.timer = setInterval(() => this.startNext(), pollMilliseconds);
    this.timer.unref();
    this.startNext();
  }

  /** Stops taking jobs and lets the running one save its state; it becomes `interrupted` and can be resumed. */
  async stop(): Promise<void> {
    this.stopping = true;
    clearInterval(this.timer);
    const running = this.running;
    if (running === undefined) return;
    const exited = once(running.child, 'exit');
    running.child.kill('SIGTERM');
    // A worker that a signal has stopped takes notice only when it goes on.
    if (process.platform !== 'win32') running.child.kill('SIGCONT');
    const timeout = setTimeout(() => running.child.kill('SIGKILL'), 20_000);
    await exited;
    clearTimeout(timeout);
  }

  private startNext(): void {
    if (this.running !== undefined || this.stopping) return;
    const job = this.store.claimNext();
    if (job === undefined) return;
    const [command, ...args] = this.workerCommand;
    const child = spawn(command!, [...args, job.id], {
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
      env: { ...process.env, ...this.environment },
    });
    this.running = { id: job.id, child };
    let complaint = '';
    child.stderr?.on('data', (chunk: Buffer) => {
      complaint = (complaint + chunk.toString()).slice(-2000);
    });
    child.once('error', (error) => this.ended(job.id, error.message));
    child.once('exit', (code, signal) => this.ended(job.id, complaint || `exit ${signal ?? code}`));
  }

  /** A worker that ended without finishing its job was killed or crashed natively, or never came to take it over. */
  private ended(id: string, complaint: string): void {
    if (this.running?.id !== id) return;
    const { child } = this.running;
    this.running = undefined;
    const holder = this.store.holder(id);
    if (holder !== null && holder === child.pid) {
      this.store.finish(id, { state: 'interrupted', error: interruptedError(id) });
    } else if (holder === process.pid) {
      // Stopped by us before it had begun: nothing is wrong with the job.
      this.store.finish(
        id,
        this.stopping
          ? { state: 'interrupted', error: interruptedError(id) }
          : { state: 'failed', error: { kind: 'internal', message: `The worker did not start: ${complaint}` } },
      );
    }
    if (!this.stopping) setImmediate(() => this.startNext());
  }
}

/** Resolves when the job has ended, calling `onChange` whenever its record has moved. */
export async function followJob(
  store: JobStore,
  id: string,
  options: { signal: AbortSignal; onChange?: (job: Job) => void },
): Promise<Job> {
  let before = '';
  for (;;) {
    const job = store.get(id);
    const now = JSON.stringify([job.state, job.progress]);
    if (now !== before) options.onChange?.(job);
    before = now;
    if (isFinished(job.state) || options.signal.aborted) return job;
    await new Promise((resolve) => setTimeout(resolve, pollMilliseconds));
  }
}
