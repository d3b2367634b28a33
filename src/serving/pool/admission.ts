import { FtsError } from '../../errors/fts-error.ts';

interface Ticket {
  admit(): void;
}

/** Weight of the newest request in the average duration that `Retry-After` is computed from. */
const SMOOTHING = 0.1;

/**
 * Admission control of one engine: at most `slots` requests run, a bounded queue holds the rest, and API keys take
 * turns, so that a client that floods the server delays its own requests first.
 */
export class Admission {
  private readonly slots: number;
  private readonly maxQueued: number;
  private readonly queues = new Map<string, Ticket[]>();
  private admitted = 0;
  private queuedCount = 0;
  private averageSeconds = 1;

  constructor(options: { slots: number; maxQueued: number }) {
    this.slots = options.slots;
    this.maxQueued = options.maxQueued;
  }

  get queued(): number {
    return this.queuedCount;
  }

  /**
   * Waits for a slot and returns the function that frees it. Errors: `rate-limited` with the seconds to wait if the
   * queue is full, `cancelled` if the signal aborts first.
   */
  async enter(key: string, signal?: AbortSignal): Promise<() => void> {
    if (this.admitted >= this.slots || this.queuedCount > 0) await this.queue(key, signal);
    else this.admitted++;
    const enteredMs = performance.now();
    let left = false;
    return () => {
      if (left) return;
      left = true;
      this.admitted--;
      this.averageSeconds += SMOOTHING * ((performance.now() - enteredMs) / 1000 - this.averageSeconds);
      this.admitNext();
    };
  }

  private queue(key: string, signal: AbortSignal | undefined): Promise<void> {
    if (this.queuedCount >= this.maxQueued) {
      throw new FtsError('rate-limited', `The server is busy: ${this.queuedCount} requests are waiting already.`, {
        remedy: 'Send the request again after the time in Retry-After.',
        retryAfterSeconds: Math.max(1, Math.ceil((this.averageSeconds * (this.queuedCount + 1)) / this.slots)),
      });
    }
    return new Promise((resolve, reject) => {
      const queue = this.queues.get(key) ?? [];
      this.queues.set(key, queue);
      const abandon = () => {
        const place = queue.indexOf(ticket);
        if (place < 0) return;
        queue.splice(place, 1);
        if (queue.length === 0 && this.queues.get(key) === queue) this.queues.delete(key);
        this.queuedCount--;
        reject(new FtsError('cancelled', 'Cancelled while waiting.'));
      };
      const ticket: Ticket = {
        admit: () => {
          signal?.removeEventListener('abort', abandon);
          resolve();
        },
      };
      queue.push(ticket);
      this.queuedCount++;
      signal?.addEventListener('abort', abandon, { once: true });
      if (signal?.aborted) abandon();
    });
  }

  /** Gives the free slot to the next key in turn and moves that key to the end. */
  private admitNext(): void {
    const next = this.queues.entries().next();
    if (next.done === true || this.admitted >= this.slots) return;
    const [key, queue] = next.value;
    this.queues.delete(key);
    const ticket = queue.shift();
    if (queue.length > 0) this.queues.set(key, queue);
    if (ticket === undefined) return;
    this.queuedCount--;
    this.admitted++;
    ticket.admit();
  }
}
