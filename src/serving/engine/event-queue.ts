/** An unbounded queue from a producer that never waits to one consumer that awaits the next event. */
export class EventQueue<T> {
  private readonly events: T[] = [];
  private error: Error | undefined;
  private wake: (() => void) | undefined;

  push(event: T): void {
    this.events.push(event);
    this.wake?.();
  }

  /** Ends the stream with an error, which the consumer sees after the events already pushed. */
  fail(error: Error): void {
    this.error = error;
    this.wake?.();
  }

  /** Waits for the next event; throws the error that the stream ended with. */
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
