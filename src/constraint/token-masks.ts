import { DEAD, type Lexer } from './lexer.ts';
import { LIMITS } from './limits.ts';
import type { Configuration, Pushdown, Thread } from './pushdown.ts';
import type { VocabularyTree } from './vocabulary.ts';

/** Tokens that end the lexeme and go on, grouped by where the lexeme ends and by the first byte behind its end. */
interface Exit {
  /** The lexer's state at the lexeme's end. */
  state: number;
  byte: number;
  groups: ExitGroup[];
}

/** Those of them that are alike below that byte, so that one walk serves all. */
interface ExitGroup {
  node: number;
  /** For each of them, its first place, and the characters of the lexeme before its end. */
  firsts: number[];
  chars: number[];
}

/** The tokens that a lexeme's state allows, as far as they do not depend on what follows the lexeme. */
interface StateMask {
  /** Tokens that stay inside the lexeme or end with it: a bit for each place, or a list of few. */
  bits: Uint32Array | undefined;
  places: Int32Array;
  exits: readonly Exit[];
  /** Which of the exits hold: those outside these ranges of places, with a number of characters in these bounds. */
  excluded: readonly number[];
  min: number;
  max: number;
}

/** For a free string: the places inside it, the ones with most characters first, and their characters. */
interface Lengths {
  places: Int32Array;
  chars: Int32Array;
}

const NO_PLACES = new Int32Array(0);
/** Places that a list may hold before bits are cheaper. */
const FEW = 600;
/** Nodes that a comparison with a free string may visit before a plain walk is cheaper. */
const MOST_DIFFERENCES = 6_000;

/** Masks over one vocabulary for the states of one lexer. */
export class TokenMasks {
  readonly tree: VocabularyTree;
  readonly lexer: Lexer;
  private readonly masks = new Map<number, StateMask>();
  private readonly lengths = new Map<number, { inside: Lengths; ending: Lengths }>();
  private readonly path: Int32Array;
  private readonly counts: Int32Array;
  private readonly words: number;

  constructor(tree: VocabularyTree, lexer: Lexer) {
    this.tree = tree;
    this.lexer = lexer;
    this.path = new Int32Array(tree.maxDepth + 1);
    this.counts = new Int32Array(tree.maxDepth + 1);
    this.words = (tree.size + 31) >> 5;
  }

  /** Works out the masks of free strings, which cost a walk over the whole vocabulary. */
  warm(): void {
    const { lexer } = this;
    for (const canonical of [true, false]) {
      const free = lexer.insideString(lexer.languages.all, canonical);
      this.maskOf(free);
      this.measured(free);
    }
  }

  /** Room for a mask: a bit for each place. */
  room(): Uint32Array {
    return new Uint32Array(this.words);
  }

  /** Writes the tokens that may follow a configuration. */
  fill(machine: Pushdown, configuration: Configuration, out: Uint32Array): void {
    const inner = configuration.threads.map(({ state }) => this.maskOf(this.lexer.uncaptured(state)));
    const first = inner.find((mask) => mask.bits !== undefined);
    if (first === undefined) out.fill(0);
    else out.set(first.bits!);
    for (const mask of inner) {
      if (mask.bits !== undefined && mask !== first) addBits(out, mask.bits);
      for (const place of mask.places) out[place >> 5]! |= 1 << (place & 31);
    }
    configuration.threads.forEach((thread, index) => {
      if (inner[index]!.exits.length > 0) this.addExits(machine, thread, inner[index]!, out);
    });
  }

  private addExits(machine: Pushdown, thread: Thread, mask: StateMask, out: Uint32Array): void {
    const captured = this.lexer.uncaptured(thread.state) !== thread.state;
    let ended = -1;
    let after: Configuration | null = null;
    for (const exit of mask.exits) {
      if (exit.state !== ended) {
        ended = exit.state;
        after = machine.afterLexeme(thread.node, ended);
      }
      const to = after === null ? null : machine.step(after, exit.byte);
      if (to === null) continue;
      for (const group of exit.groups) this.addGroup(machine, thread, mask, group, to, captured, out);
    }
  }

  private addGroup(
    machine: Pushdown,
    thread: Thread,
    { excluded, min, max }: StateMask,
    { node, firsts, chars }: ExitGroup,
    to: Configuration,
    captured: boolean,
    out: Uint32Array,
  ): void {
    const offsets = this.accepted(machine, to, node);
    for (let index = 0; index < firsts.length; index++) {
      const first = firsts[index]!;
      if (chars[index]! < min || chars[index]! > max) continue;
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
    const bytes = this.tree.textAt(place);
    if (bytes.lastIndexOf(0x2c) < 1) return true;
    let at: Configuration | null = { id: -1, threads: [thread], accepts: false, next: new Map() };
    for (const byte of bytes) {
      at = machine.step(at, byte);
      if (at === null) return false;
    }
    return true;
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
    mask = this.counted(state) ?? this.difference(state) ?? this.walk(state);
    this.masks.set(state, mask);
    return mask;
  }

  /** Drops the older half; whatever is still in use comes back when it is asked for. */
  private forget(): void {
    const old = [...this.masks.keys()].slice(0, this.masks.size >> 1);
    for (const state of old) if (!this.lexer.isFreeString(state)) this.masks.delete(state);
  }

  private walk(start: number): StateMask {
    const { lexer, path, counts: chars } = this;
    const { bytes, depths, ends, counts, firstPlaces, shapes, nodes, classes } = this.tree;
    const places: number[] = [];
    const ranges: number[] = [];
    const exits = new ExitCollector();
    const loops = lexer.accepts[start] === 1 ? 0 : this.loopClasses(start);
    path[0] = start;
    chars[0] = 0;
    for (let node = 0; node < nodes; ) {
      const depth = depths[node]!;
      const from = path[depth - 1]!;
      if (from === start && (classes[node]! & ~loops) === 0) {
        // Nothing below leaves this state, so all of it stays inside.
        ranges.push(firstPlaces[node]!, firstPlaces[ends[node]!]!);
        node = ends[node]!;
        continue;
      }
      const to = lexer.next[256 * from + bytes[node]!]! || lexer.step(from, bytes[node]!);
      if (to === DEAD) {
        node = ends[node]!;
        continue;
      }
      for (let index = 0; index < counts[node]!; index++) places.push(firstPlaces[node]! + index);
      if (lexer.accepts[to] === 1) {
        for (let child = node + 1; child < ends[node]!; child = ends[child]!) {
          exits.add(to, bytes[child]!, shapes[child]!, child, firstPlaces[child]!, chars[depth - 1]!);
        }
      }
      path[depth] = to;
      chars[depth] = chars[depth - 1]! + (to === start ? 1 : 0);
      node = lexer.isFinal[to] === 1 ? ends[node]! : node + 1;
    }
    return { ...this.packed(places, ranges), exits: exits.list(), excluded: [], min: 0, max: Infinity };
  }

  /** The classes of bytes that lead from a state back to it. */
  private loopClasses(state: number): number {
    let loops = 0;
    this.tree.classBytes.forEach((bytes, index) => {
      if (bytes.every((byte) => this.lexer.step(state, byte) === state)) loops |= 1 << index;
    });
    return loops | (this.lexer.loopsOnNonAscii(state) ? this.tree.nonAsciiClass : 0);
  }

  private packed(places: readonly number[], ranges: readonly number[]): Pick<StateMask, 'bits' | 'places'> {
    if (ranges.length === 0 && places.length <= FEW) return { bits: undefined, places: Int32Array.from(places) };
    const bits = this.room();
    for (const place of places) bits[place >> 5]! |= 1 << (place & 31);
    for (let index = 0; index < ranges.length; index += 2) setRange(bits, ranges[index]!, ranges[index + 1]!);
    return { bits, places: NO_PLACES };
  }

  /** A string of counted characters is a free one without the tokens that are too long, and with fewer ends. */
  private counted(state: number): StateMask | undefined {
    const bounds = this.lexer.characterBounds(state);
    if (bounds === undefined) return undefined;
    const base = this.maskOf(bounds.free);
    const bits = base.bits!.slice();
    const { inside, ending } = this.measured(bounds.free);
    for (let index = 0; index < inside.places.length && inside.chars[index]! > bounds.max; index++) {
      clearBit(bits, inside.places[index]!);
    }
    ending.places.forEach((place, index) => {
      const count = ending.chars[index]!;
      if (count < bounds.min || count > bounds.max) clearBit(bits, place);
    });
    return { ...base, bits, min: bounds.min, max: bounds.max };
  }

  /** Counts the characters of every token of a free string; one that is cut short counts as whole. */
  private measured(free: number): { inside: Lengths; ending: Lengths } {
    const known = this.lengths.get(free);
    if (known !== undefined) return known;
    const { lexer, path, counts: chars } = this;
    const { bytes, depths, ends, counts, firstPlaces, nodes } = this.tree;
    const inside: number[] = [];
    const ending: number[] = [];
    path[0] = free;
    chars[0] = 0;
    for (let node = 0; node < nodes; ) {
      const depth = depths[node]!;
      const to = lexer.step(path[depth - 1]!, bytes[node]!);
      if (to === DEAD) {
        node = ends[node]!;
        continue;
      }
      const before = chars[depth - 1]!;
      const isEnd = lexer.isFinal[to] === 1;
      for (let index = 0; index < counts[node]!; index++) {
        (isEnd ? ending : inside).push((isEnd ? before : before + 1) * 2 ** 24 + firstPlaces[node]! + index);
      }
      path[depth] = to;
      chars[depth] = before + (to === free ? 1 : 0);
      node = isEnd ? ends[node]! : node + 1;
    }
    const lengths = { inside: asLengths(inside), ending: asLengths(ending) };
    this.lengths.set(free, lengths);
    return lengths;
  }

  /**
   * A string with some texts excluded differs from a free one only along those texts. Both are walked side by side, and
   * what they agree on is not visited; undefined where they differ in more than endings that one of them lacks.
   */
  private difference(state: number): StateMask | undefined {
    const { lexer, path } = this;
    const free = lexer.freeStringLike(state);
    if (free === undefined) return undefined;
    const { bytes, depths, ends, firstPlaces, nodes, maxDepth } = this.tree;
    const other = new Int32Array(maxDepth + 1);
    const excluded: number[] = [];
    path[0] = state;
    other[0] = free;
    let visited = 0;
    for (let node = 0; node < nodes; ) {
      const depth = depths[node]!;
      const to = lexer.step(path[depth - 1]!, bytes[node]!);
      const there = lexer.step(other[depth - 1]!, bytes[node]!);
      if (to === there) {
        node = ends[node]!;
        continue;
      }
      if (++visited > MOST_DIFFERENCES || there === DEAD || (to !== DEAD && lexer.accepts[to] === 1)) return undefined;
      if (to === DEAD) {
        excluded.push(firstPlaces[node]!, firstPlaces[ends[node]!]!);
        node = ends[node]!;
        continue;
      }
      path[depth] = to;
      other[depth] = there;
      node++;
    }
    const base = this.maskOf(free);
    const inside = base.bits!.slice();
    for (let index = 0; index < excluded.length; index += 2) clearRange(inside, excluded[index]!, excluded[index + 1]!);
    return { ...base, bits: inside, excluded };
  }
}

/** Gathers exits under their state and byte, in the order of their states. */
class ExitCollector {
  private readonly exits = new Map<number, Exit>();
  private readonly groups = new Map<number, ExitGroup>();

  add(state: number, byte: number, shape: number, node: number, first: number, chars: number): void {
    const key = state * 256 + byte;
    const groupKey = key * 2 ** 22 + shape;
    let group = this.groups.get(groupKey);
    if (group === undefined) {
      group = { node, firsts: [], chars: [] };
      this.groups.set(groupKey, group);
      const exit = this.exits.get(key);
      if (exit === undefined) this.exits.set(key, { state, byte, groups: [group] });
      else exit.groups.push(group);
    }
    group.firsts.push(first);
    group.chars.push(chars);
  }

  list(): Exit[] {
    return [...this.exits.values()].sort((a, b) => a.state - b.state);
  }
}

function addBits(out: Uint32Array, bits: Uint32Array): void {
  for (let word = 0; word < out.length; word++) out[word] = out[word]! | bits[word]!;
}

/** Sorts places by their characters, most first; each is packed as characters times 2^24 and place. */
function asLengths(packed: readonly number[]): Lengths {
  const sorted = Float64Array.from(packed).sort().reverse();
  return {
    places: Int32Array.from(sorted, (value) => value % 2 ** 24),
    chars: Int32Array.from(sorted, (value) => Math.floor(value / 2 ** 24)),
  };
}

function clearBit(bits: Uint32Array, place: number): void {
  bits[place >> 5] = bits[place >> 5]! & ~(1 << (place & 31));
}

function setRange(bits: Uint32Array, from: number, to: number): void {
  for (let place = from; place < to; ) {
    if ((place & 31) === 0 && place + 32 <= to) {
      bits[place >> 5] = 0xffffffff;
      place += 32;
    } else {
      bits[place >> 5]! |= 1 << (place & 31);
      place++;
    }
  }
}

function clearRange(bits: Uint32Array, from: number, to: number): void {
  for (let place = from; place < to; ) {
    if ((place & 31) === 0 && place + 32 <= to) {
      bits[place >> 5] = 0;
      place += 32;
    } else {
      bits[place >> 5]! &= ~(1 << (place & 31));
      place++;
    }
  }
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
