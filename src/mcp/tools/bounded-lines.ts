import { Transform, type TransformCallback } from 'node:stream';
import { LineSplitter } from '../../runtime/line-splitter.ts';

/**
 * Passes lines on as they are and leaves out those longer than `maxBytes`, calling `onTooLong` for each, so that one
 * message that is too large costs neither the memory to hold it nor the connection.
 */
export class BoundedLines extends Transform {
  private readonly lines: LineSplitter;

  constructor(maxBytes: number, onTooLong: () => void) {
    super();
    this.lines = new LineSplitter(maxBytes, onTooLong);
  }

  override _transform(chunk: Buffer, _encoding: BufferEncoding, done: TransformCallback): void {
    for (const line of this.lines.push(chunk)) this.push(line);
    done();
  }
}
