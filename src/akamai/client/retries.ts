/** Attempts of one call, the first included. */
const mostAttempts = 5;
const firstBackoffMs = 250;
const longestBackoffMs = 8_000;
/** A server that asks for a longer wait than this is reported instead of waited for. */
const longestRetryAfterMs = 60_000;

const statusesToRepeat: ReadonlySet<number> = new Set([429, 500, 502, 503, 504]);

/** One attempt that failed, as far as the decision to repeat it depends on it. */
export interface FailedAttempt {
  /** The first is 1. */
  attempt: number;
  /** Whether sending the call again cannot do anything twice. */
  isRepeatable: boolean;
  /** What the server asked for in `Retry-After` or a rate-limit header, in milliseconds. */
  retryAfterMs: number | undefined;
}

export function isWorthRepeating(status: number): boolean {
  return statusesToRepeat.has(status);
}

/**
 * How long to wait before the next attempt, in milliseconds: what the server asked for, and exponential backoff with
 * jitter on top. Undefined where the call is not repeated. `random` is in [0, 1).
 */
export function retryDelayMs(
  { attempt, isRepeatable, retryAfterMs }: FailedAttempt,
  random: () => number,
): number | undefined {
  if (!isRepeatable || attempt >= mostAttempts || (retryAfterMs ?? 0) > longestRetryAfterMs) return undefined;
  const backoff = Math.min(longestBackoffMs, firstBackoffMs * 2 ** (attempt - 1));
  return (retryAfterMs ?? 0) + backoff * (0.5 + random() / 2);
}
