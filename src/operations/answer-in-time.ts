import type { Caller } from '../access/caller.ts';
import { FtsError } from '../errors/fts-error.ts';

/** What takes longer than this over a connection belongs in a job. */
const answerMilliseconds = 300_000;
/** How long an operation may take to stop by itself, and so to say where it stopped. */
const graceMilliseconds = 5000;

/**
 * Runs the work of an operation whose caller waits at the other end of a connection, within a bound: then its signal
 * fires, and a caller who still has no answer is told so. In a terminal a person stops what takes too long.
 */
export async function answerInTime<Result>(
  caller: Caller,
  signal: AbortSignal,
  work: (signal: AbortSignal) => Promise<Result>,
  milliseconds = answerMilliseconds,
  grace = graceMilliseconds,
): Promise<Result> {
  if (caller.channel === 'terminal' || caller.channel === 'system') return work(signal);
  const late = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  const tooLate = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      late.abort();
      timer = setTimeout(() => reject(tookTooLong(milliseconds)), grace);
    }, milliseconds);
  });
  try {
    return await Promise.race([work(AbortSignal.any([signal, late.signal])), tooLate]);
  } catch (thrown) {
    throw late.signal.aborted && !signal.aborted && FtsError.from(thrown).kind === 'cancelled'
      ? tookTooLong(milliseconds)
      : thrown;
  } finally {
    clearTimeout(timer);
  }
}

const tookTooLong = (milliseconds: number): FtsError =>
  new FtsError('unavailable', `There was no answer within ${milliseconds / 1000} seconds, so the work was stopped.`, {
    remedy: 'Ask for less at once, or run the command in a terminal.',
  });
