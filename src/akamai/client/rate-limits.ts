import { type BucketRate, type Clock, TokenBucket } from './token-bucket.ts';

/**
 * Our own politeness towards each API, below what its documentation allows. What the server says in headers always
 * counts more. Keys are the first path segments.
 */
const RATES: Readonly<Record<string, BucketRate>> = {
  '/papi': { perSecond: 100, burst: 100 },
  '/ccu': { perSecond: 50, burst: 100 },
  '/edge-diagnostics': { perSecond: 5, burst: 10 },
  '/v4': { perSecond: 13, burst: 200 },
};
const DEFAULT_RATE: BucketRate = { perSecond: 20, burst: 40 };

/** Longest pause that a header can impose on the calls to come. */
const LONGEST_PAUSE_MS = 60_000;

/** One bucket for each API of each host and account. */
export class RateLimits {
  readonly #clock: Clock;
  readonly #buckets = new Map<string, TokenBucket>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  bucket(origin: string, path: string): TokenBucket {
    const api = apiOf(path);
    const key = `${origin}${api}`;
    let bucket = this.#buckets.get(key);
    if (!bucket) {
      bucket = new TokenBucket(RATES[api] ?? DEFAULT_RATE, this.#clock);
      this.#buckets.set(key, bucket);
    }
    return bucket;
  }

  /** Learns from an answer: a spent allowance or a Retry-After holds back the next calls to the same API. */
  learn(bucket: TokenBucket, status: number, headers: Readonly<Record<string, string>>): void {
    const now = this.#clock.now();
    const retryAfter = retryAfterMs(headers, now);
    if (retryAfter !== undefined && (status === 429 || status === 503)) {
      bucket.pauseUntil(now + Math.min(retryAfter, LONGEST_PAUSE_MS));
      return;
    }
    const remaining = Number(header(headers, ['x-ratelimit-remaining', 'akamai-ratelimit-remaining']) ?? Number.NaN);
    if (remaining !== 0) return;
    const next = header(headers, ['akamai-ratelimit-next', 'x-ratelimit-next', 'x-ratelimit-reset']);
    const moment = next === undefined ? Number.NaN : momentOf(next);
    if (moment > now) bucket.pauseUntil(Math.min(moment, now + LONGEST_PAUSE_MS));
  }
}

/** The first segment of a path, such as `/papi`: what rate limits and metrics go by. */
export function apiOf(path: string): string {
  return `/${path.split('/')[1] ?? ''}`;
}

/** `Retry-After` (seconds or a date), or the wait until the rate limit's own next moment, in milliseconds. */
export function retryAfterMs(headers: Readonly<Record<string, string>>, now: number): number | undefined {
  const value = headers['retry-after'];
  if (value !== undefined) {
    const seconds = Number(value);
    const wait = Number.isFinite(seconds) ? seconds * 1000 : Date.parse(value) - now;
    if (Number.isFinite(wait)) return Math.max(0, wait);
  }
  const next = header(headers, ['akamai-ratelimit-next', 'x-ratelimit-next', 'x-ratelimit-reset']);
  const moment = next === undefined ? Number.NaN : momentOf(next);
  return Number.isFinite(moment) ? Math.max(0, moment - now) : undefined;
}

function header(headers: Readonly<Record<string, string>>, names: readonly string[]): string | undefined {
  for (const name of names) if (headers[name] !== undefined) return headers[name];
  return undefined;
}

/** An ISO date (Akamai) or seconds since the epoch (Linode), in milliseconds. */
function momentOf(value: string): number {
  return /^\d+(\.\d+)?$/.test(value) ? Number(value) * 1000 : Date.parse(value);
}
