import { FtsError, throwIfAborted } from '../errors/fts-error.ts';
import type { Progress, Work } from '../runtime/progress.ts';
import type { Job } from './job.ts';
import { interruptedError, type JobStore } from './job-store.ts';

const reportMilliseconds = 500;

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
  const lost = new AbortController();
  const beat = (): void => {
    const { cancelRequested, isOurs } = store.report(id, latest);
    latest = undefined;
    if (!isOurs) lost.abort();
    else if (cancelRequested) cancelled.abort();
  };
  const timer = setInterval(beat, reportMilliseconds);
  const signal = AbortSignal.any([options.stop, cancelled.signal, lost.signal]);
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
    if (lost.signal.aborted) throw lostError(id);
    return store.finish(id, { state: 'succeeded', result });
  } catch (thrown) {
    const error = FtsError.from(thrown);
    // The record is another's now, or has ended: what this process makes of it is not written there.
    if (lost.signal.aborted) throw lostError(id);
    if (cancelled.signal.aborted)
      return store.finish(id, { state: 'cancelled', error: { kind: 'cancelled', message: 'Cancelled.' } });
    if (options.stop.aborted) return store.finish(id, { state: 'interrupted', error: interruptedError(id) });
    store.finish(id, { state: 'failed', error: error.toJSON() });
    throw error;
  } finally {
    clearInterval(timer);
  }
}

function lostError(id: string): FtsError {
  return new FtsError(
    'conflict',
    `Job ${id} is no longer this process's: its record was taken up or ended elsewhere.`,
    {
      field: 'id',
      value: id,
      remedy: `See what has become of it with \`fts jobs show ${id}\`.`,
    },
  );
}
