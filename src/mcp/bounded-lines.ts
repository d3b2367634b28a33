import { Transform, type TransformCallback } from 'node:stream';

const newline = 0x0a;

/**
 * Passes lines on as they are and leaves out those longer than `maxBytes`, calling `onTooLong` for each, so that one
 * message that is too large costs neither the memory to hold it nor the connection.
 */
export class BoundedLines extends Transform {
  private readonly maxBytes: number;
  private readonly onTooLong: () => void;
  private held: Buffer[] = [];
  private heldBytes = 0;

  constructor(maxBytes: number, onTooLong: () => void) {
    super();
    this.maxBytes = maxBytes;
    this.onTooLong = onTooLong;
  }

  override _transform(chunk: Buffer, _encoding: BufferEncoding, done: TransformCallback): void {
    let from = 0;
    for (let end = chunk.indexOf(newline); end !== -1; end = chunk.indexOf(newline, from)) {
      this.hold(chunk.subarray(from, end + 1));
      if (this.heldBytes > this.maxBytes) this.onTooLong();
      else this.push(Buffer.concat(this.held));
      this.held = [];
      this.heldBytes = 0;
      from = end + 1;
    }
    this.hold(chunk.subarray(from));
    done();
  }

  private hold(part: Buffer): void {
    this.heldBytes += part.length;
    if (this.heldBytes > this.maxBytes) this.held = [];
    else if (part.length > 0) this.held.push(part);
  }
}
