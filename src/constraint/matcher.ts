import { LIMITS } from './limits.ts';
import type { Configuration, Pushdown } from './pushdown.ts';
import type { TokenMasks } from './token-masks.ts';

const encoder = new TextEncoder();

/** One text on its way through a constraint, token by token. */
export class Matcher {
  private readonly machine: Pushdown;
  private readonly masks: TokenMasks;
  private readonly texts: (token: number) => Uint8Array;
  private at: Configuration;
  private readonly room: Uint32Array;
  private isKnown = false;

  /** `texts` gives a token's bytes. */
  constructor(machine: Pushdown, masks: TokenMasks, texts: (token: number) => Uint8Array) {
    this.machine = machine;
    this.masks = masks;
    this.texts = texts;
    this.at = machine.start;
    this.room = masks.room();
  }

  /** Whether the text may end here. */
  get canEnd(): boolean {
    return this.at.accepts;
  }

  /** Whether it can only end here. */
  get mustEnd(): boolean {
    return this.at.accepts && this.at.threads.length === 0;
  }

  /** The tokens that may come next: a bit for each of the vocabulary tree's places. Valid until the next call. */
  mask(): Uint32Array {
    if (!this.isKnown) {
      this.allowWork();
      this.masks.fill(this.machine, this.at, this.room);
      this.isKnown = true;
    }
    return this.room;
  }

  /** Whether a token may come next, without working out the others. */
  allows(token: number): boolean {
    const place = this.masks.tree.places[token] ?? -1;
    if (place < 0) return false;
    if (this.isKnown) return (this.room[place >> 5]! & (1 << (place & 31))) !== 0;
    return this.after(this.texts(token)) !== null;
  }

  /** Makes a token part of the text; false, and no change, where it may not come. */
  advance(token: number): boolean {
    const place = this.masks.tree.places[token] ?? -1;
    const next = place < 0 ? null : this.after(this.texts(token));
    if (next === null) return false;
    this.at = next;
    this.isKnown = false;
    return true;
  }

  /** The bytes that must come next, whatever is chosen: where only one way is open. At most `most`. */
  forced(most: number): Uint8Array {
    this.allowWork();
    const bytes: number[] = [];
    let at = this.at;
    while (bytes.length < most && !at.accepts) {
      const only = this.onlyByte(at);
      if (only === undefined) break;
      bytes.push(only.byte);
      at = only.next;
    }
    return Uint8Array.from(bytes);
  }

  private onlyByte(from: Configuration): { byte: number; next: Configuration } | undefined {
    let only: { byte: number; next: Configuration } | undefined;
    for (let byte = 0; byte < 256; byte++) {
      const next = this.machine.step(from, byte);
      if (next === null) continue;
      if (only !== undefined) return undefined;
      only = { byte, next };
    }
    return only;
  }

  private after(bytes: Uint8Array): Configuration | null {
    this.allowWork();
    let at: Configuration | null = this.at;
    for (const byte of bytes) {
      at = this.machine.step(at, byte);
      if (at === null) return null;
    }
    return at;
  }

  private allowWork(): void {
    const { languages } = this.masks.lexer;
    languages.allow(LIMITS.tokenWork);
  }
}

/** Whether a whole text satisfies a constraint. */
export function acceptsText(machine: Pushdown, text: string): boolean {
  const { languages } = machine.lexer;
  let at: Configuration | null = machine.start;
  for (const byte of encoder.encode(text)) {
    languages.allow(LIMITS.tokenWork);
    at = machine.step(at, byte);
    if (at === null) return false;
  }
  return at.accepts;
}
