import { StringDecoder } from 'node:string_decoder';

/**
 * Turns the bytes of successive tokens into text that is safe to emit: complete characters only, and nothing that may
 * still turn out to be the beginning of a stop string. A stop string itself is never emitted.
 */
export class TextStream {
  private readonly stops: readonly string[];
  private readonly decoder = new StringDecoder('utf8');
  private held = '';
  private found: string | undefined;

  constructor(stops: readonly string[]) {
    this.stops = stops.filter((stop) => stop !== '');
  }

  /** The stop string that ended the text, once one did. */
  get stoppedBy(): string | undefined {
    return this.found;
  }

  /** Takes the next token's bytes and returns the text that is now final. */
  push(bytes: Buffer): string {
    if (this.found !== undefined) return '';
    const text = this.decoder.write(bytes);
    if (this.stops.length === 0) return text;
    this.held += text;
    const cut = this.earliestStop();
    if (cut !== undefined) {
      const shown = this.held.slice(0, cut.index);
      this.found = cut.stop;
      this.held = '';
      return shown;
    }
    const keep = this.possibleStopLength();
    const shown = this.held.slice(0, this.held.length - keep);
    this.held = this.held.slice(this.held.length - keep);
    return shown;
  }

  /** Returns the held-back text after the last token; an incomplete character becomes U+FFFD. */
  flush(): string {
    if (this.found !== undefined) return '';
    const rest = this.held + this.decoder.end();
    this.held = '';
    return rest;
  }

  private earliestStop(): { index: number; stop: string } | undefined {
    let earliest: { index: number; stop: string } | undefined;
    for (const stop of this.stops) {
      const index = this.held.indexOf(stop);
      if (index >= 0 && (earliest === undefined || index < earliest.index)) earliest = { index, stop };
    }
    return earliest;
  }

  private possibleStopLength(): number {
    let longest = 0;
    for (const stop of this.stops) {
      for (let length = Math.min(stop.length - 1, this.held.length); length > longest; length--) {
        if (this.held.endsWith(stop.slice(0, length))) longest = length;
      }
    }
    return longest;
  }
}
