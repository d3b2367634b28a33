import { describe, expect, it } from 'vitest';
import { Admission } from './admission.ts';

describe('admission', () => {
  it('admits as many requests as there are slots, and the next when one leaves', async () => {
    const door = new Admission({ slots: 1, maxQueued: 10 });
    const leave = await door.enter('a');
    const second = door.enter('a');
    expect(door.queued).toBe(1);
    leave();
    await second;
    expect(door.queued).toBe(0);
  });

  it('refuses with a time to wait when the queue is full', async () => {
    const door = new Admission({ slots: 1, maxQueued: 1 });
    await door.enter('a');
    void door.enter('a');
    await expect(door.enter('b')).rejects.toMatchObject({
      kind: 'rate-limited',
      retryAfterSeconds: expect.any(Number),
    });
  });

  it('lets keys take turns, so that a flood from one does not delay another', async () => {
    const door = new Admission({ slots: 1, maxQueued: 100 });
    const order: string[] = [];
    const leave = await door.enter('flood');
    const work = async (key: string) => {
      const out = await door.enter(key);
      order.push(key);
      out();
    };
    const all = [...Array.from({ length: 5 }, () => work('flood')), work('quiet')];
    leave();
    await Promise.all(all);
    expect(order.indexOf('quiet')).toBe(1);
  });

  it('removes a request that stopped waiting, and frees a slot only once', async () => {
    const door = new Admission({ slots: 1, maxQueued: 10 });
    const leave = await door.enter('a');
    const abort = new AbortController();
    const waiting = door.enter('b', abort.signal);
    abort.abort();
    await expect(waiting).rejects.toMatchObject({ kind: 'cancelled' });
    leave();
    leave();
    await door.enter('c');
    expect(door.queued).toBe(0);
    void door.enter('d');
    expect(door.queued).toBe(1);
  });
});
