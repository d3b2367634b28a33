import { FtsError } from '../../errors/fts-error.ts';

/** What the cache needs of llama.cpp's memory: sequences by id, cells shared between them. */
export interface SequenceMemory {
  truncate(sequence: number, from?: number): void;
  share(source: number, target: number, length: number): void;
}

/** A run of tokens held in the cache. Every sequence is a path from a root; what paths share is stored once. */
interface PrefixNode {
  tokens: number[];
  parent: PrefixNode | undefined;
  children: PrefixNode[];
  holders: Set<KvSequence>;
}

/** One sequence id of llama.cpp: the tokens of a running request, or those of a finished one kept for reuse. */
export interface KvSequence {
  /** Changes where a gap is closed. */
  id: number;
  /** Tokens whose keys and values are in the cache. */
  length: number;
  running: boolean;
  leaf: PrefixNode;
  lastUsed: number;
}

/** A sequence id that no request runs in, and how many tokens are kept there. */
export interface IdlePlace {
  id: number;
  length: number;
}

/** Finished sequences shorter than this are not worth a sequence id. */
const MINIMUM_KEPT_TOKENS = 8;

/**
 * The books of one unified KV cache: a prefix tree (RadixAttention, Zheng et al. 2023) of what each sequence holds, in
 * tokens. New requests share the longest known prefix; finished ones stay until their cells are needed, the least
 * recently used leaf first.
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
   * `adjacent` gives running sequences numbers side by side where it can: with a stream for each, llama.cpp computes
   * together only what has consecutive numbers.
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

  /** Cells that only finished sequences hold: they are given up on demand. */
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
   * Opens a sequence for a request, sharing at most `limit` tokens of the longest known prefix. Undefined where every
   * sequence id is running.
   */
  open(adapter: string, tokens: readonly number[], limit: number): KvSequence | undefined {
    let found = this.walk(this.root(adapter), tokens, limit);
    const places = this.places();
    if (!this.freeIds.some((id) => places.has(id))) {
      const donor = found.length === 0 ? undefined : keptHolder(found.node);
      if (!this.evictOne(donor, places)) {
        // Nobody but the donor can go: the request continues in its place.
        return donor === undefined ? undefined : this.takeOver(donor, found.length);
      }
      found = this.walk(this.root(adapter), tokens, limit);
    }
    const id = this.freeIds.findLast((free) => places.has(free));
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

  /** Records tokens that a decode has just put into the cache behind a sequence. */
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

  /** Ends a running sequence. `keep` leaves its tokens for later requests to share. */
  close(sequence: KvSequence, keep: boolean): void {
    const worthKeeping = keep && sequence.length >= MINIMUM_KEPT_TOKENS && sequence.leaf.holders.size === 1;
    if (!worthKeeping) {
      // What covers these tokens has just been useful, so it stays longer.
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
   * Moves running sequences into the idle places between them, unless that would cost what the only idle place keeps. A
   * move copies all cells of one stream, which takes less time than a gap costs in a step or two.
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

  /** The `count` idle places that make one row of numbers with all that run; none where another count would. */
  idlePlaces(count: number): IdlePlace[] {
    if (!this.adjacent || count === 0) return [];
    const [lowest, highest] = this.span();
    const width = this.running.size + count;
    const start = Math.min(lowest, this.sequences - width);
    if (start < 0 || start + width <= highest) return [];
    const ids = Array.from({ length: width }, (_, index) => start + index);
    return ids.filter((id) => !this.running.has(id)).map((id) => ({ id, length: this.keptIn(id)?.length ?? 0 }));
  }

  /** Gives up finished sequences, least recently used first, until `cells` are free; false where that is not enough. */
  reclaim(cells: number): boolean {
    while (this.freeCells < cells) if (!this.evictOne()) return false;
    return true;
  }

  /** Forgets every finished sequence, of one adapter only where it is named. */
  dropKept(adapter?: string): void {
    for (const sequence of [...this.kept]) {
      if (adapter === undefined || top(sequence.leaf) === this.roots.get(adapter)) this.release(sequence);
    }
    if (adapter !== undefined) this.roots.delete(adapter);
  }

  /** Makes a finished sequence a running one again, cut to its first `length` tokens. */
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

  /** The numbers that a new sequence may take: any that is not running, or those between running ones, or beside them. */
  private places(): Set<number> {
    const all = Array.from({ length: this.sequences }, (_, id) => id).filter((id) => !this.running.has(id));
    if (!this.adjacent || this.running.size === 0) return new Set(all);
    const [lowest, highest] = this.span();
    const between = all.filter((id) => id > lowest && id < highest);
    return new Set(between.length > 0 ? between : all.filter((id) => id === lowest - 1 || id === highest + 1));
  }

  /** The lowest and the highest number that runs. */
  private span(): [number, number] {
    return [Math.min(...this.running.keys()), Math.max(...this.running.keys())];
  }

  /** Empties an idle place: what is kept there moves to a free one, or what was used least recently is given up. */
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

  private evictOne(except?: KvSequence, places?: ReadonlySet<number>): boolean {
    let oldest: KvSequence | undefined;
    for (const sequence of this.kept) {
      if (sequence === except || places?.has(sequence.id) === false) continue;
      if (oldest === undefined || sequence.lastUsed < oldest.lastUsed) oldest = sequence;
    }
    if (oldest === undefined) return false;
    this.release(oldest);
    return true;
  }

  /** Takes a sequence out of the tree; nodes that nobody else holds go with it. */
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

  /** The deepest node on the path of `tokens`, how many of its own tokens match and how many match in all. */
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

/** Cuts a node in two at `at` and returns the upper half; the lower half keeps the identity that leaves point to. */
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

/** A finished sequence through this node; undefined where a running one holds it too and can give it instead. */
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
