import { FtsError } from '../../errors/fts-error.ts';

export interface Clock {
  /** Milliseconds since the epoch. */
  now(): number;
  sleep(milliseconds: number, signal?: AbortSignal): Promise<void>;
}

export const systemClock: Clock = {
  now: Date.now,
  sleep: (milliseconds, signal) =>
    new Promise((resolve, reject) => {
      const stop = () => {
        clearTimeout(timer);
        reject(new FtsError('cancelled', 'Cancelled.', { cause: signal?.reason }));
      };
      if (signal?.aborted) return reject(new FtsError('cancelled', 'Cancelled.', { cause: signal.reason }));
      const timer = setTimeout(() => {
        signal?.removeEventListener('abort', stop);
        resolve();
      }, milliseconds);
      signal?.addEventListener('abort', stop, { once: true });
    }),
};

export interface BucketRate {
  perSecond: number;
  burst: number;
}

/** Spaces calls to one API: `burst` at once, then `perSecond`, and none before a time that the server named. */
export class TokenBucket {
  readonly #rate: BucketRate;
  readonly #clock: Clock;
  #tokens: number;
  #refilledAt: number;
  #notBefore = 0;

  constructor(rate: BucketRate, clock: Clock) {
    this.#rate = rate;
    this.#clock = clock;
    this.#tokens = rate.burst;
    this.#refilledAt = clock.now();
  }

  /**
   * Resolves when one more call may leave, with the milliseconds that it waited. Callers are let through in the order in
   * which they asked.
   */
  async take(signal?: AbortSignal): Promise<number> {
    const now = this.#clock.now();
    const grown = this.#tokens + ((now - this.#refilledAt) / 1000) * this.#rate.perSecond;
    this.#tokens = Math.min(this.#rate.burst, grown) - 1;
    this.#refilledAt = now;
    // A negative count is a queue: each waiting call owns one token of the future.
    const forToken = this.#tokens >= 0 ? 0 : (-this.#tokens / this.#rate.perSecond) * 1000;
    let wait = Math.max(forToken, this.#notBefore - now);
    while (wait > 0) {
      await this.#clock.sleep(wait, signal);
      wait = this.#notBefore - this.#clock.now();
    }
    return this.#clock.now() - now;
  }

  /** Nothing leaves before this moment (milliseconds since the epoch), as Retry-After or a rate-limit header asked. */
  pauseUntil(moment: number): void {
    this.#notBefore = Math.max(this.#notBefore, moment);
  }
}
