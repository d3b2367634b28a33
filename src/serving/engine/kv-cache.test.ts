import { describe, expect, it } from 'vitest';
import { KvCache, type SequenceMemory } from './kv-cache.ts';

/** A model of llama.cpp's KV memory: a cell stays in use while any sequence refers to it. */
class FakeMemory implements SequenceMemory {
  readonly sequences = new Map<number, object[]>();

  compute(sequence: number, count: number): void {
    const cells = this.sequences.get(sequence) ?? [];
    this.sequences.set(sequence, [...cells, ...Array.from({ length: count }, () => ({}))]);
  }

  truncate(sequence: number, from = 0): void {
    this.sequences.set(sequence, (this.sequences.get(sequence) ?? []).slice(0, from));
  }

  share(source: number, target: number, length: number): void {
    const cells = this.sequences.get(source) ?? [];
    expect(cells.length).toBeGreaterThanOrEqual(length);
    expect(this.sequences.get(target) ?? []).toHaveLength(0);
    this.sequences.set(target, cells.slice(0, length));
  }

  get cells(): number {
    return new Set([...this.sequences.values()].flat()).size;
  }
}

const range = (from: number, to: number) => Array.from({ length: to - from }, (_, index) => from + index);

function run(cache: KvCache, memory: FakeMemory, tokens: number[], adapter = '') {
  const sequence = cache.open(adapter, tokens, tokens.length - 1)!;
  const shared = sequence.length;
  memory.compute(sequence.id, tokens.length - shared);
  cache.append(sequence, tokens.slice(shared));
  return { sequence, shared };
}

describe('the prefix tree over the KV cache', () => {
  it('shares the longest prefix of a finished request and counts its cells once', () => {
    const memory = new FakeMemory();
    const cache = new KvCache(memory, 1000, 8);
    const first = run(cache, memory, range(0, 100));
    cache.close(first.sequence, true);
    const second = run(cache, memory, [...range(0, 60), ...range(500, 540)]);
    expect(second.shared).toBe(60);
    expect(cache.usedCells).toBe(140);
    expect(memory.cells).toBe(140);
  });

  it('gives running requests consecutive ids when `adjacent`, evicting what is kept between them', () => {
    const memory = new FakeMemory();
    const cache = new KvCache(memory, 1000, 8, { adjacent: true });
    const first = range(0, 4).map((index) => run(cache, memory, range(index * 100, index * 100 + 20)).sequence);
    expect(first.map(({ id }) => id)).toEqual([0, 1, 2, 3]);
    cache.close(first[1]!, true);
    cache.close(first[2]!, true);
    const next = [500, 600, 700].map((from) => run(cache, memory, range(from, from + 20)).sequence.id);
    expect([0, 3, ...next].sort()).toEqual([0, 1, 2, 3, 4]);
    expect(cache.usedCells).toBe(memory.cells);
  });

  it('closes the gap that a finished request leaves, and moves its kept tokens to a free slot', () => {
    const memory = new FakeMemory();
    const cache = new KvCache(memory, 1000, 5, { adjacent: true });
    const [, second, , fourth] = range(0, 4).map(
      (from) => run(cache, memory, range(from * 100, from * 100 + 20)).sequence,
    );
    cache.close(second!, true);
    cache.closeGaps();
    expect([second!.id, fourth!.id]).toEqual([4, 1]);
    expect(range(0, 5).map((id) => memory.sequences.get(id)?.length)).toEqual([20, 20, 20, 0, 20]);
    expect(run(cache, memory, range(100, 130)).shared).toBe(20);
    expect(cache.usedCells).toBe(memory.cells);
  });

  it('leaves a gap if the only idle slot holds a kept sequence', () => {
    const memory = new FakeMemory();
    const cache = new KvCache(memory, 1000, 3, { adjacent: true });
    const [, second, third] = range(0, 3).map(
      (from) => run(cache, memory, range(from * 100, from * 100 + 20)).sequence,
    );
    cache.close(second!, true);
    cache.closeGaps();
    expect([second!.id, third!.id]).toEqual([1, 2]);
    expect(cache.match('', range(100, 120))).toBe(20);
  });

  it('returns the idle slots that make one consecutive range with the running ids', () => {
    const memory = new FakeMemory();
    const cache = new KvCache(memory, 1000, 6, { adjacent: true });
    const running = range(0, 5).map((from) => run(cache, memory, range(from * 100, from * 100 + 20)).sequence);
    cache.close(running[0]!, false);
    cache.close(running[2]!, true);
    expect(cache.idleSlots(0)).toEqual([]);
    expect(cache.idleSlots(1)).toEqual([{ id: 2, length: 20 }]);
    expect(cache.idleSlots(2)).toEqual([
      { id: 2, length: 20 },
      { id: 5, length: 0 },
    ]);
    expect(cache.idleSlots(3)).toHaveLength(3);
    expect(cache.idleSlots(4)).toEqual([]);
  });

  it('shares with a request that is still running, and each goes on alone', () => {
    const memory = new FakeMemory();
    const cache = new KvCache(memory, 1000, 8);
    const first = run(cache, memory, range(0, 50));
    const second = run(cache, memory, range(0, 50));
    expect(second.shared).toBe(49);
    for (const { sequence } of [first, second]) {
      memory.compute(sequence.id, 5);
      cache.append(sequence, range(900, 905));
    }
    expect(cache.usedCells).toBe(memory.cells);
    cache.close(first.sequence, false);
    expect(cache.usedCells).toBe(memory.cells);
    cache.close(second.sequence, false);
    expect(cache.usedCells).toBe(0);
  });

  it('never shares between adapters', () => {
    const memory = new FakeMemory();
    const cache = new KvCache(memory, 1000, 8);
    cache.close(run(cache, memory, range(0, 50)).sequence, true);
    expect(run(cache, memory, range(0, 50), 'lora').shared).toBe(0);
  });

  it('evicts the least recently used sequence first, and keeps tokens that others share', () => {
    const memory = new FakeMemory();
    const cache = new KvCache(memory, 200, 8);
    cache.close(run(cache, memory, [...range(0, 40), ...range(100, 140)]).sequence, true);
    cache.close(run(cache, memory, [...range(0, 40), ...range(200, 240)]).sequence, true);
    expect(cache.usedCells).toBe(120);
    expect(cache.reclaim(100)).toBe(true);
    expect(cache.match('', range(0, 40))).toBe(40);
    expect(cache.match('', [...range(0, 40), ...range(100, 140)])).toBe(40);
    expect(cache.match('', [...range(0, 40), ...range(200, 240)])).toBe(80);
  });

  it('returns false if running requests hold too many cells', () => {
    const memory = new FakeMemory();
    const cache = new KvCache(memory, 100, 8);
    run(cache, memory, range(0, 80));
    expect(cache.reclaim(30)).toBe(false);
  });

  it('takes the sequence id of a finished request if none is free, and opens nothing if all are running', () => {
    const memory = new FakeMemory();
    const cache = new KvCache(memory, 1000, 2);
    cache.close(run(cache, memory, range(0, 20)).sequence, true);
    run(cache, memory, range(100, 120));
    run(cache, memory, range(200, 220));
    expect(cache.open('', range(300, 320), 19)).toBeUndefined();
  });

  it('takes over the slot of the only finished request that it could share with', () => {
    const memory = new FakeMemory();
    const cache = new KvCache(memory, 1000, 1);
    cache.close(run(cache, memory, range(0, 50)).sequence, true);
    expect(run(cache, memory, [...range(0, 30), ...range(70, 90)]).shared).toBe(30);
    expect(cache.usedCells).toBe(50);
    expect(memory.cells).toBe(50);
  });

  it.each([
    { sequences: 5, adjacent: false },
    { sequences: 12, adjacent: false },
    { sequences: 5, adjacent: true },
    { sequences: 12, adjacent: true },
  ])('keeps true books through a thousand random requests with %o', ({ sequences, adjacent }) => {
    const memory = new FakeMemory();
    const cache = new KvCache(memory, 400, sequences, { adjacent });
    let state = 7;
    const random = (below: number) => {
      state = (state * 1103515245 + 12345) % 2147483648;
      return state % below;
    };
    const running: ReturnType<typeof run>[] = [];
    for (let turn = 0; turn < 1000; turn++) {
      if (running.length > 3 || (running.length > 0 && random(2) === 0)) {
        const [ended] = running.splice(random(running.length), 1);
        cache.close(ended!.sequence, random(3) > 0);
      } else {
        const tokens = [...range(0, random(30)), ...range(50, 52 + random(20)), random(5)];
        cache.reclaim(tokens.length);
        const opened = run(cache, memory, tokens);
        running.push(opened);
      }
      cache.closeGaps();
      const ids = running.map(({ sequence }) => sequence.id);
      if (adjacent && ids.length > 0 && ids.length < sequences - 1) {
        expect(Math.max(...ids) - Math.min(...ids)).toBe(ids.length - 1);
      }
      expect(cache.usedCells).toBe(memory.cells);
      expect(cache.usedCells).toBeLessThanOrEqual(400);
    }
  });
});
