import { FtsError } from '../../errors/fts-error.ts';

/** The operations of llama.cpp's KV memory that the cache uses; sequences are named by id and may share cells. */
export interface SequenceMemory {
  truncate(sequence: number, from?: number): void;
  share(source: number, target: number, length: number): void;
}

/** A run of tokens held in the cache. Every sequence is a path from a root; a shared prefix is stored once. */
interface PrefixNode {
  tokens: number[];
  parent: PrefixNode | undefined;
  children: PrefixNode[];
  holders: Set<KvSequence>;
}

/** One sequence id of llama.cpp with the tokens of a running request, or of a finished one kept for reuse. */
export interface KvSequence {
  /** Changes when `closeGaps` moves the sequence. */
  id: number;
  /** Tokens whose keys and values are in the cache. */
  length: number;
  running: boolean;
  leaf: PrefixNode;
  lastUsed: number;
}

/** A sequence id without a running request. `length` counts the tokens kept there from a finished request. */
export interface IdleSlot {
  id: number;
  length: number;
}

/** Finished sequences shorter than this are not kept, because each occupies a sequence id. */
const MINIMUM_KEPT_TOKENS = 8;

/**
 * The accounting of one KV cache: a prefix tree (RadixAttention, Zheng et al. 2023) of the tokens that each sequence
 * holds. A new request shares the longest cached prefix. Finished sequences stay until their cells are needed and are
 * evicted least recently used first.
 */
export class KvCache {
  readonly cells: number;
  private readonly memory: SequenceMemory;
  private readonly freeIds: number[];
  private readonly running = new Map<number, KvSequence>();
  private readonly sequences: number;
  private readonly adjacent: boolean;
  private readonly roots = new Map<string, PrefixNode>();
  private readonly kept = new Set<KvSequence>();
  private used = 0;
  private clock = 0;

  /**
   * `adjacent` gives running sequences consecutive ids whenever possible, because with a stream per sequence llama.cpp
   * computes only consecutive ids together.
   */
  constructor(memory: SequenceMemory, cells: number, sequences: number, options: { adjacent?: boolean } = {}) {
    this.memory = memory;
    this.cells = cells;
    this.sequences = sequences;
    this.adjacent = options.adjacent ?? false;
    this.freeIds = Array.from({ length: sequences }, (_, index) => sequences - 1 - index);
  }

  get usedCells(): number {
    return this.used;
  }

  get freeCells(): number {
    return this.cells - this.used;
  }

  /** Cells that only finished sequences hold, so that `reclaim` can free them. */
  get reclaimableCells(): number {
    let held = 0;
    const walk = (node: PrefixNode): void => {
      let running = false;
      for (const holder of node.holders) running ||= holder.running;
      if (!running) held += node.tokens.length;
      node.children.forEach(walk);
    };
    for (const root of this.roots.values()) root.children.forEach(walk);
    return held;
  }

  /** How many leading tokens of `tokens` the cache holds for an adapter ('' is the base model). */
  match(adapter: string, tokens: readonly number[]): number {
    return this.walk(this.root(adapter), tokens, tokens.length).length;
  }

  /**
   * Opens a sequence for a request, sharing at most `limit` tokens of the longest cached prefix. Undefined if no slot
   * can be freed.
   */
  open(adapter: string, tokens: readonly number[], limit: number): KvSequence | undefined {
    let found = this.walk(this.root(adapter), tokens, limit);
    const candidates = this.candidateIds();
    if (!this.freeIds.some((id) => candidates.has(id))) {
      const donor = found.length === 0 ? undefined : keptHolder(found.node);
      if (!this.evictOne(donor, candidates)) {
        // Only the donor of the prefix can be evicted, so the request takes over its slot.
        return donor === undefined ? undefined : this.takeOver(donor, found.length);
      }
      found = this.walk(this.root(adapter), tokens, limit);
    }
    const id = this.freeIds.findLast((free) => candidates.has(free));
    if (id === undefined) return undefined;
    this.freeIds.splice(this.freeIds.indexOf(id), 1);
    const sequence: KvSequence = { id, length: found.length, running: true, leaf: found.node, lastUsed: ++this.clock };
    this.running.set(id, sequence);
    if (found.length > 0) {
      if (found.within < found.node.tokens.length) sequence.leaf = split(found.node, found.within);
      const donor = first(sequence.leaf.holders);
      this.memory.share(donor.id, id, found.length);
      for (let node: PrefixNode | undefined = sequence.leaf; node !== undefined; node = node.parent) {
        node.holders.add(sequence);
      }
      for (const holder of [...sequence.leaf.holders]) {
        if (!holder.running && holder.length === found.length) this.release(holder);
      }
    }
    return sequence;
  }

  /** Records the tokens that a decode has just appended to a sequence. */
  append(sequence: KvSequence, tokens: readonly number[]): void {
    if (tokens.length === 0) return;
    const { leaf } = sequence;
    const exclusive = leaf.parent !== undefined && leaf.holders.size === 1 && leaf.children.length === 0;
    if (exclusive) {
      for (const token of tokens) leaf.tokens.push(token);
    } else {
      const node: PrefixNode = { tokens: [...tokens], parent: leaf, children: [], holders: new Set([sequence]) };
      leaf.children.push(node);
      sequence.leaf = node;
    }
    sequence.length += tokens.length;
    this.used += tokens.length;
  }

  /** Ends a running sequence. `keep` keeps its tokens in the cache for later requests. */
  close(sequence: KvSequence, keep: boolean): void {
    const worthKeeping = keep && sequence.length >= MINIMUM_KEPT_TOKENS && sequence.leaf.holders.size === 1;
    if (!worthKeeping) {
      // Another sequence already holds these tokens, so it counts as just used.
      if (keep) for (const holder of sequence.leaf.holders) holder.lastUsed = ++this.clock;
      this.release(sequence);
      return;
    }
    sequence.running = false;
    sequence.lastUsed = ++this.clock;
    this.running.delete(sequence.id);
    this.kept.add(sequence);
  }

  /**
   * Moves running sequences into the idle slots between them, unless the only idle slot holds a kept sequence that the
   * move would evict. A move copies all cells of one stream, which takes less time than a gap costs in a step or two.
   */
  closeGaps(): void {
    if (!this.adjacent || (this.freeIds.length === 0 && this.kept.size === 1)) return;
    for (let [gap, highest] = this.span(); gap < highest; gap++) {
      if (this.running.has(gap)) continue;
      this.vacate(gap);
      this.move(this.running.get(highest)!, gap);
      [, highest] = this.span();
    }
  }

  /** The idle slots that make the running ids one consecutive range, if these are exactly `count`; otherwise none. */
  idleSlots(count: number): IdleSlot[] {
    if (!this.adjacent || count === 0) return [];
    const [lowest, highest] = this.span();
    const width = this.running.size + count;
    const start = Math.min(lowest, this.sequences - width);
    if (start < 0 || start + width <= highest) return [];
    const ids = Array.from({ length: width }, (_, index) => start + index);
    return ids.filter((id) => !this.running.has(id)).map((id) => ({ id, length: this.keptIn(id)?.length ?? 0 }));
  }

  /** Evicts finished sequences, least recently used first, until `cells` are free; false if that is not enough. */
  reclaim(cells: number): boolean {
    while (this.freeCells < cells) if (!this.evictOne()) return false;
    return true;
  }

  /** Evicts all finished sequences, or only those of `adapter` if given. */
  dropKept(adapter?: string): void {
    for (const sequence of [...this.kept]) {
      if (adapter === undefined || top(sequence.leaf) === this.roots.get(adapter)) this.release(sequence);
    }
    if (adapter !== undefined) this.roots.delete(adapter);
  }

  /** Makes a finished sequence run again, truncated to its first `length` tokens. */
  private takeOver(sequence: KvSequence, length: number): KvSequence {
    this.memory.truncate(sequence.id, length);
    let surplus = sequence.length - length;
    while (surplus > 0) {
      const { leaf } = sequence;
      const cut = leaf.tokens.length > surplus ? split(leaf, leaf.tokens.length - surplus) : leaf.parent!;
      const tail = leaf.tokens.length;
      leaf.holders.delete(sequence);
      if (leaf.holders.size === 0) {
        this.used -= tail;
        cut.children.splice(cut.children.indexOf(leaf), 1);
      }
      sequence.leaf = cut;
      surplus -= tail;
    }
    this.kept.delete(sequence);
    this.running.set(sequence.id, sequence);
    sequence.length = length;
    sequence.running = true;
    sequence.lastUsed = ++this.clock;
    return sequence;
  }

  /**
   * The ids that a new sequence may take. Without `adjacent`: all that are not running. With it: those between running
   * ids, or else the two next to them.
   */
  private candidateIds(): Set<number> {
    const all = Array.from({ length: this.sequences }, (_, id) => id).filter((id) => !this.running.has(id));
    if (!this.adjacent || this.running.size === 0) return new Set(all);
    const [lowest, highest] = this.span();
    const between = all.filter((id) => id > lowest && id < highest);
    return new Set(between.length > 0 ? between : all.filter((id) => id === lowest - 1 || id === highest + 1));
  }

  /** The lowest and the highest running id. */
  private span(): [number, number] {
    return [Math.min(...this.running.keys()), Math.max(...this.running.keys())];
  }

  /**
   * Empties an idle slot: its kept sequence moves to a free slot; if there is none, the least recently used is evicted.
   */
  private vacate(id: number): void {
    const kept = this.keptIn(id);
    if (kept === undefined) return;
    if (this.freeIds.length === 0) this.evictOne();
    if (this.kept.has(kept)) this.move(kept, this.freeIds.at(-1)!);
  }

  private keptIn(id: number): KvSequence | undefined {
    for (const sequence of this.kept) if (sequence.id === id) return sequence;
    return undefined;
  }

  private move(sequence: KvSequence, free: number): void {
    const { id } = sequence;
    this.memory.share(id, free, sequence.length);
    this.memory.truncate(id);
    this.freeIds.splice(this.freeIds.indexOf(free), 1, id);
    sequence.id = free;
    if (this.running.delete(id)) this.running.set(free, sequence);
  }

  private evictOne(except?: KvSequence, candidates?: ReadonlySet<number>): boolean {
    let oldest: KvSequence | undefined;
    for (const sequence of this.kept) {
      if (sequence === except || candidates?.has(sequence.id) === false) continue;
      if (oldest === undefined || sequence.lastUsed < oldest.lastUsed) oldest = sequence;
    }
    if (oldest === undefined) return false;
    this.release(oldest);
    return true;
  }

  /** Removes a sequence from the tree, along with the nodes that no other sequence holds. */
  private release(sequence: KvSequence): void {
    let node: PrefixNode | undefined = sequence.leaf;
    while (node !== undefined) {
      const parent: PrefixNode | undefined = node.parent;
      node.holders.delete(sequence);
      if (parent !== undefined && node.holders.size === 0) {
        this.used -= node.tokens.length;
        parent.children.splice(parent.children.indexOf(node), 1);
      }
      node = parent;
    }
    this.kept.delete(sequence);
    this.running.delete(sequence.id);
    this.memory.truncate(sequence.id);
    this.freeIds.push(sequence.id);
  }

  private root(adapter: string): PrefixNode {
    let root = this.roots.get(adapter);
    if (root === undefined) {
      root = { tokens: [], parent: undefined, children: [], holders: new Set() };
      this.roots.set(adapter, root);
    }
    return root;
  }

  /** The deepest node that matches `tokens`: `within` of its own tokens match, `length` tokens in all. */
  private walk(root: PrefixNode, tokens: readonly number[], limit: number) {
    let node = root;
    let within = 0;
    let length = 0;
    for (;;) {
      let best: PrefixNode | undefined;
      let bestLength = 0;
      for (const child of node.children) {
        const common = commonPrefix(child.tokens, tokens, length, limit);
        if (common > bestLength) {
          best = child;
          bestLength = common;
        }
      }
      if (best === undefined) return { node, within, length };
      node = best;
      within = bestLength;
      length += bestLength;
      if (within < node.tokens.length) return { node, within, length };
    }
  }
}

/** Splits a node at `at` and returns the upper half; the lower half stays the same object, which leaves refer to. */
function split(node: PrefixNode, at: number): PrefixNode {
  const { parent } = node;
  if (parent === undefined) throw new FtsError('internal', 'A root of the prefix tree cannot be split.');
  const upper: PrefixNode = {
    tokens: node.tokens.slice(0, at),
    parent,
    children: [node],
    holders: new Set(node.holders),
  };
  parent.children[parent.children.indexOf(node)] = upper;
  node.tokens = node.tokens.slice(at);
  node.parent = upper;
  return upper;
}

/** A finished sequence that holds this node; undefined if a running one holds it too and can share it instead. */
function keptHolder(node: PrefixNode): KvSequence | undefined {
  let kept: KvSequence | undefined;
  for (const holder of node.holders) {
    if (holder.running) return undefined;
    kept ??= holder;
  }
  return kept;
}

function commonPrefix(node: readonly number[], tokens: readonly number[], from: number, limit: number): number {
  const most = Math.min(node.length, limit - from, tokens.length - from);
  let length = 0;
  while (length < most && node[length] === tokens[from + length]) length++;
  return length;
}

function top(node: PrefixNode): PrefixNode {
  return node.parent === undefined ? node : top(node.parent);
}

function first<T>(set: Set<T>): T {
  for (const item of set) return item;
  throw new FtsError('internal', 'A node of the prefix tree has no holder.');
}
