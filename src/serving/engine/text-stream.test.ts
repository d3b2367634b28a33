import { describe, expect, it } from 'vitest';
import { TextStream } from './text-stream.ts';

const feed = (stream: TextStream, pieces: (string | number[])[]) =>
  pieces.map((piece) => stream.push(typeof piece === 'string' ? Buffer.from(piece) : Buffer.from(piece)));

describe('the text of successive tokens', () => {
  it('holds a character back until all its bytes have come', () => {
    const stream = new TextStream([]);
    expect(feed(stream, [[0xe2], [0x82], [0xac], 'x'])).toEqual(['', '', '€', 'x']);
  });

  it('stops at a stop string that spans tokens and never emits it', () => {
    const stream = new TextStream(['END']);
    expect(feed(stream, ['a E', 'N', 'D b']).join('')).toBe('a ');
    expect(stream.stoppedBy).toBe('END');
    expect(stream.flush()).toBe('');
  });

  it('emits held-back text that turned out not to be a stop string', () => {
    const stream = new TextStream(['<|end|>', 'STOP']);
    expect(feed(stream, ['<|', 'en', 'd of it']).join('')).toBe('<|end of it');
    expect(stream.stoppedBy).toBeUndefined();
  });

  it('takes the earliest of several stop strings', () => {
    const stream = new TextStream(['bc', 'abc']);
    expect(feed(stream, ['xabcx']).join('')).toBe('x');
    expect(stream.stoppedBy).toBe('abc');
  });

  it('emits the held-back text at the end, with an incomplete character as U+FFFD', () => {
    const stream = new TextStream(['STOP']);
    feed(stream, ['ST']);
    expect(stream.flush()).toBe('ST');
    const broken = new TextStream([]);
    feed(broken, [[0xe2, 0x82]]);
    expect(broken.flush()).toBe('\uFFFD');
  });
});
