import { FtsError, throwIfAborted } from '../errors/fts-error.ts';
import type { Progress, Work } from '../runtime/progress.ts';
import type { Job } from './job.ts';
import { interruptedError, type JobStore } from './job-store.ts';

const heartbeatMilliseconds = 500;

/**
 * Runs a job that this process has claimed or taken over to its end. `execute` gets the job and a `Work` whose signal
 * fires when somebody cancels the job (state `cancelled`) or when `stop` fires because this process has to go (state
 * `interrupted`: it can resume). Progress reaches the store at most twice a second, and `onProgress` at every report.
 */
export async function runJob(
  store: JobStore,
  job: Job,
  execute: (job: Job, work: Work) => Promise<unknown>,
  options: { stop: AbortSignal; onProgress?: (progress: Progress) => void },
): Promise<Job> {
  const { id } = job;
  const cancelled = new AbortController();
  let latest: Progress | undefined;
  const beat = (): void => {
    const { cancelRequested } = store.heartbeat(id, latest);
    latest = undefined;
    if (cancelRequested) cancelled.abort();
  };
  const timer = setInterval(beat, heartbeatMilliseconds);
  const signal = AbortSignal.any([options.stop, cancelled.signal]);
  try {
    // Somebody may have cancelled it while its worker started.
    beat();
    throwIfAborted(signal);
    const result = await execute(job, {
      signal,
      report: (progress) => {
        latest = progress;
        options.onProgress?.(progress);
      },
    });
    beat();
    return store.finish(id, { state: 'succeeded', result });
  } catch (thrown) {
    const error = FtsError.from(thrown);
    if (cancelled.signal.aborted)
      return store.finish(id, { state: 'cancelled', error: { kind: 'cancelled', message: 'Cancelled.' } });
    if (options.stop.aborted) return store.finish(id, { state: 'interrupted', error: interruptedError(id) });
    store.finish(id, { state: 'failed', error: error.toJSON() });
    throw error;
  } finally {
    clearInterval(timer);
  }
}
