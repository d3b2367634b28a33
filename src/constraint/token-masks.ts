import { DEAD, type Lexer } from './lexer.ts';
import { LIMITS } from './limits.ts';
import type { Configuration, Pushdown, Thread } from './pushdown.ts';
import type { VocabularyTree } from './vocabulary.ts';

/** Tokens that end the lexeme and go on: they begin at these places of the tree, behind the same byte, alike below. */
interface Exit {
  /** The lexer's state at the lexeme's end. */
  state: number;
  byte: number;
  /** A node to walk for all of them. */
  node: number;
  /** For each of them, its first place. */
  firsts: number[];
}

/** The tokens that a lexeme's state allows, as far as they do not depend on what follows the lexeme. */
interface StateMask {
  /** Tokens that stay inside the lexeme or end with it: a bit for each place, or a list of few. */
  inside: Uint32Array | Int32Array;
  isBits: boolean;
  exits: readonly Exit[];
  /** Another state's mask that holds but for these ranges of places. */
  base?: StateMask;
  excluded: readonly number[];
}

const NOTHING: StateMask = { inside: new Int32Array(0), isBits: false, exits: [], excluded: [] };
/** Places that a list may hold before bits are cheaper. */
const FEW = 600;
/** Nodes that a comparison with a free string may visit before a plain walk is cheaper. */
const MOST_DIFFERENCES = 6_000;

/** Masks over one vocabulary for the states of one lexer. */
export class TokenMasks {
  readonly tree: VocabularyTree;
  readonly lexer: Lexer;
  private readonly masks = new Map<number, StateMask>();
  private readonly path: Int32Array;
  private readonly words: number;

  constructor(tree: VocabularyTree, lexer: Lexer) {
    this.tree = tree;
    this.lexer = lexer;
    this.path = new Int32Array(tree.maxDepth + 1);
    this.words = (tree.size + 31) >> 5;
  }

  /** Works out the masks of free strings, which cost a walk over the whole vocabulary. */
  warm(): void {
    const { lexer } = this;
    for (const canonical of [true, false]) this.maskOf(lexer.insideString(lexer.languages.all, canonical));
  }

  /** Room for a mask: a bit for each place. */
  room(): Uint32Array {
    return new Uint32Array(this.words);
  }

  /** Writes the tokens that may follow a configuration. */
  fill(machine: Pushdown, configuration: Configuration, out: Uint32Array): void {
    out.fill(0);
    for (const thread of configuration.threads) this.addThread(machine, thread, out);
  }

  private addThread(machine: Pushdown, thread: Thread, out: Uint32Array): void {
    const { lexer } = this;
    const inner = lexer.uncaptured(thread.state);
    const mask = this.maskOf(lexer.nearby(inner, this.tree.longestChars));
    const { base } = mask;
    if (base !== undefined) addAllBut(base, mask.excluded, out);
    addInside(mask, out);
    const follow = new Map<number, Configuration | null>();
    const captured = inner !== thread.state;
    for (const exit of base?.exits ?? []) this.addExit(machine, thread, exit, mask.excluded, follow, captured, out);
    for (const exit of mask.exits) this.addExit(machine, thread, exit, [], follow, captured, out);
  }

  private addExit(
    machine: Pushdown,
    thread: Thread,
    exit: Exit,
    excluded: readonly number[],
    follow: Map<number, Configuration | null>,
    captured: boolean,
    out: Uint32Array,
  ): void {
    let after = follow.get(exit.state);
    if (after === undefined) {
      after = machine.afterLexeme(thread.node, exit.state);
      follow.set(exit.state, after);
    }
    const to = after === null ? null : machine.step(after, exit.byte);
    if (to === null) return;
    const offsets = this.accepted(machine, to, exit.node);
    for (const first of exit.firsts) {
      if (excluded.length > 0 && isWithin(excluded, first)) continue;
      for (const offset of offsets) {
        const place = first + offset;
        if (captured && !this.survives(machine, thread, place)) continue;
        out[place >> 5]! |= 1 << (place & 31);
      }
    }
  }

  /** For a captured lexeme the text decides what follows, so tokens that go beyond a comma are read to their end. */
  private survives(machine: Pushdown, thread: Thread, place: number): boolean {
    const bytes = this.textOf(place);
    if (bytes.lastIndexOf(0x2c) < 1) return true;
    let at: Configuration | null = { id: -1, threads: [thread], accepts: false, next: new Map() };
    for (const byte of bytes) {
      at = machine.step(at, byte);
      if (at === null) return false;
    }
    return true;
  }

  private textOf(place: number): number[] {
    const { tree } = this;
    const text: number[] = [];
    for (let node = 0; node < tree.nodes; ) {
      if (place >= tree.endPlace(node)) node = tree.ends[node]!;
      else {
        text.push(tree.bytes[node]!);
        if (place < tree.firstPlaces[node]! + tree.counts[node]!) return text;
        node++;
      }
    }
    return text;
  }

  /** Which tokens at and below a node are accepted when its own byte has been read: their places after its first. */
  private accepted(machine: Pushdown, reached: Configuration, top: number): number[] {
    const { bytes, depths, ends, counts, firstPlaces } = this.tree;
    const base = firstPlaces[top]!;
    const offsets: number[] = [];
    for (let index = 0; index < counts[top]!; index++) offsets.push(index);
    const end = ends[top]!;
    if (end === top + 1) return offsets;
    const stack: Configuration[] = [reached];
    const depth = depths[top]!;
    for (let node = top + 1; node < end; ) {
      const level = depths[node]! - depth;
      const to = machine.step(stack[level - 1]!, bytes[node]!);
      if (to === null) {
        node = ends[node]!;
        continue;
      }
      const first = firstPlaces[node]! - base;
      for (let index = 0; index < counts[node]!; index++) offsets.push(first + index);
      stack[level] = to;
      node++;
    }
    return offsets;
  }

  private maskOf(state: number): StateMask {
    let mask = this.masks.get(state);
    if (mask !== undefined) return mask;
    if (this.masks.size >= LIMITS.keptMasks) this.forget();
    const like = this.lexer.freeStringLike(state);
    mask = (like === undefined ? undefined : this.difference(state, like)) ?? this.walk(state);
    this.masks.set(state, mask);
    return mask;
  }

  /** Drops the older half; whatever is still in use comes back when it is asked for. */
  private forget(): void {
    const old = [...this.masks.keys()].slice(0, this.masks.size >> 1);
    for (const state of old) if (!this.lexer.isFreeString(state)) this.masks.delete(state);
  }

  private walk(start: number): StateMask {
    const { lexer, path } = this;
    const { bytes, depths, ends, counts, firstPlaces, shapes, nodes } = this.tree;
    const places: number[] = [];
    const exits = new Map<number, Exit>();
    path[0] = start;
    for (let node = 0; node < nodes; ) {
      const depth = depths[node]!;
      const to = lexer.step(path[depth - 1]!, bytes[node]!);
      if (to === DEAD) {
        node = ends[node]!;
        continue;
      }
      const first = firstPlaces[node]!;
      for (let index = 0; index < counts[node]!; index++) places.push(first + index);
      if (lexer.accepts[to] === 1) {
        for (let child = node + 1; child < ends[node]!; child = ends[child]!) {
          const key = (to * 2 ** 24 + shapes[child]!) * 256 + bytes[child]!;
          const exit = exits.get(key);
          if (exit === undefined) exits.set(key, { state: to, byte: bytes[child]!, node: child, firsts: [firstPlaces[child]!] });
          else exit.firsts.push(firstPlaces[child]!);
        }
      }
      path[depth] = to;
      node = lexer.isFinal[to] === 1 ? ends[node]! : node + 1;
    }
    if (places.length === 0) return NOTHING;
    return { ...this.packed(places), exits: [...exits.values()], excluded: [] };
  }

  private packed(places: readonly number[]): Pick<StateMask, 'inside' | 'isBits'> {
    if (places.length <= FEW) return { inside: Int32Array.from(places), isBits: false };
    const bits = this.room();
    for (const place of places) bits[place >> 5]! |= 1 << (place & 31);
    return { inside: bits, isBits: true };
  }

  /**
   * A string with some texts excluded differs from a free one only along those texts. Both are walked side by side, and
   * what they agree on is not visited; undefined where they differ in more than endings that one of them lacks.
   */
  private difference(state: number, like: number): StateMask | undefined {
    const { lexer, path } = this;
    const { bytes, depths, ends, firstPlaces, nodes, maxDepth } = this.tree;
    const other = new Int32Array(maxDepth + 1);
    const excluded: number[] = [];
    path[0] = state;
    other[0] = like;
    let visited = 0;
    for (let node = 0; node < nodes; ) {
      const depth = depths[node]!;
      const to = lexer.step(path[depth - 1]!, bytes[node]!);
      const free = lexer.step(other[depth - 1]!, bytes[node]!);
      if (to === free) {
        node = ends[node]!;
        continue;
      }
      if (++visited > MOST_DIFFERENCES || free === DEAD || lexer.accepts[to] === 1) return undefined;
      if (to === DEAD) {
        excluded.push(firstPlaces[node]!, this.tree.endPlace(node));
        node = ends[node]!;
        continue;
      }
      path[depth] = to;
      other[depth] = free;
      node++;
    }
    return { ...NOTHING, base: this.maskOf(like), excluded };
  }
}

function addInside({ inside, isBits }: StateMask, out: Uint32Array): void {
  if (isBits) for (let word = 0; word < out.length; word++) out[word]! |= inside[word]!;
  else for (const place of inside) out[place >> 5]! |= 1 << (place & 31);
}

/** Adds a mask without some ranges; what others added there stays. */
function addAllBut(mask: StateMask, excluded: readonly number[], out: Uint32Array): void {
  const kept: number[] = [];
  const each = (visit: (word: number, bit: number, place: number) => void): void => {
    for (let index = 0; index < excluded.length; index += 2) {
      for (let place = excluded[index]!; place < excluded[index + 1]!; place++) visit(place >> 5, 1 << (place & 31), place);
    }
  };
  each((word, bit, place) => {
    if ((out[word]! & bit) !== 0) kept.push(place);
  });
  addInside(mask, out);
  each((word, bit) => {
    out[word]! &= ~bit;
  });
  for (const place of kept) out[place >> 5]! |= 1 << (place & 31);
}

/** Whether a place lies in one of sorted ranges. */
function isWithin(ranges: readonly number[], place: number): boolean {
  let low = 0;
  let high = ranges.length / 2 - 1;
  while (low <= high) {
    const middle = (low + high) >> 1;
    if (place < ranges[2 * middle]!) high = middle - 1;
    else if (place >= ranges[2 * middle + 1]!) low = middle + 1;
    else return true;
  }
  return false;
}
