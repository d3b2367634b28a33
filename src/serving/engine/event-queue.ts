/** Events from a producer that does not wait to one consumer that does. */
export class EventQueue<T> {
  private readonly events: T[] = [];
  private error: Error | undefined;
  private wake: (() => void) | undefined;

  push(event: T): void {
    this.events.push(event);
    this.wake?.();
  }

  /** Ends the stream with an error, after what was pushed before. */
  fail(error: Error): void {
    this.error = error;
    this.wake?.();
  }

  /** The next event, as soon as there is one; throws what the stream ended with. */
  async next(): Promise<T> {
    while (this.events.length === 0) {
      if (this.error !== undefined) throw this.error;
      await new Promise<void>((resolve) => {
        this.wake = resolve;
      });
      this.wake = undefined;
    }
    return this.events.shift()!;
  }
}
