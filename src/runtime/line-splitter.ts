const newline = 0x0a;

/**
 * Cuts a stream of bytes into lines, each with its line break. A line of more than `maxBytes` is left out, without the
 * memory to hold it, and `onTooLong` is called when it ends.
 */
export class LineSplitter {
  private readonly maxBytes: number;
  private readonly onTooLong: () => void;
  private held: Uint8Array[] = [];
  private heldBytes = 0;

  constructor(maxBytes: number, onTooLong: () => void = () => {}) {
    this.maxBytes = maxBytes;
    this.onTooLong = onTooLong;
  }

  push(chunk: Uint8Array): Buffer[] {
    const lines: Buffer[] = [];
    let from = 0;
    for (let end = chunk.indexOf(newline); end !== -1; end = chunk.indexOf(newline, from)) {
      this.hold(chunk.subarray(from, end + 1));
      if (this.heldBytes > this.maxBytes) this.onTooLong();
      else lines.push(Buffer.concat(this.held));
      this.held = [];
      this.heldBytes = 0;
      from = end + 1;
    }
    this.hold(chunk.subarray(from));
    return lines;
  }

  /** What came after the last line break; undefined where it is empty or too long. */
  rest(): Buffer | undefined {
    return this.held.length === 0 ? undefined : Buffer.concat(this.held);
  }

  private hold(part: Uint8Array): void {
    this.heldBytes += part.byteLength;
    if (this.heldBytes > this.maxBytes) this.held = [];
    else if (part.byteLength > 0) this.held.push(part);
  }
}
