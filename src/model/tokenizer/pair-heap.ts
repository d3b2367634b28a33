interface HeapEntry {
  count: number;
  left: number;
  right: number;
}

/** A binary heap of symbol pairs: highest count first, equal counts by lower left, then lower right id. */
export class PairHeap {
  readonly #entries: HeapEntry[] = [];

  push(count: number, left: number, right: number): void {
    const entries = this.#entries;
    const entry = { count, left, right };
    let index = entries.push(entry) - 1;
    while (index > 0) {
      const parent = (index - 1) >> 1;
      if (!comesBefore(entry, entries[parent]!)) break;
      entries[index] = entries[parent]!;
      index = parent;
    }
    entries[index] = entry;
  }

  pop(): HeapEntry | undefined {
    const entries = this.#entries;
    const top = entries[0];
    const last = entries.pop();
    if (top === undefined || last === undefined || entries.length === 0) return top;
    let index = 0;
    for (;;) {
      let child = 2 * index + 1;
      if (child >= entries.length) break;
      if (child + 1 < entries.length && comesBefore(entries[child + 1]!, entries[child]!)) child += 1;
      if (!comesBefore(entries[child]!, last)) break;
      entries[index] = entries[child]!;
      index = child;
    }
    entries[index] = last;
    return top;
  }
}

function comesBefore(a: HeapEntry, b: HeapEntry): boolean {
  if (a.count !== b.count) return a.count > b.count;
  if (a.left !== b.left) return a.left < b.left;
  return a.right < b.right;
}
