import { DEAD, type Lexer } from './lexer.ts';
import { LIMITS, tooComplex } from './limits.ts';

/**
 * A place in a grammar that waits for something to end: a lexeme, or a value that began above it. Equal places of one
 * grammar are the same object.
 */
export interface Frame {
  readonly id: number;
  /** What was waited for has ended; emits what may come next. `tag` and `text` are those of a literal or a capture. */
  resume(emit: Emit, parents: StackSet, tag: number, text: string | undefined): void;
}

/** What a frame says about what may come next. */
export interface Emit {
  /** A lexeme may come; at its end `frame` goes on, above `parents`. */
  lexeme(state: number, frame: Frame, parents: StackSet): void;
  /** The value that `parents` wait for has ended. */
  ended(parents: StackSet): void;
  push(frame: Frame, parents: StackSet): StackSet;
}

/** One frame above all those that wait for it. */
interface StackNode {
  readonly id: number;
  readonly frame: Frame;
  readonly parents: StackSet;
  /** What follows the end of a lexeme without tag or text, once known. */
  after?: Following;
}

/** Stacks that share their top: the ways to have come here are kept apart only where they differ. */
export interface StackSet {
  readonly id: number;
  readonly nodes: readonly StackNode[];
}

/** One way to read the text so far: a lexeme begun, above a stack. */
export interface Thread {
  readonly state: number;
  readonly node: StackNode;
}

interface Following {
  threads: readonly Thread[];
  accepts: boolean;
}

/** All ways to read the text so far. Equal ones are the same object while they are remembered. */
export interface Configuration {
  readonly id: number;
  readonly threads: readonly Thread[];
  /** Whether the text may end here. */
  readonly accepts: boolean;
  readonly next: Map<number, Configuration | null>;
}

const KEPT_CONFIGURATIONS = 20_000;
/** Ends that bring about other ends without a byte between: deeper than any text needs, and safe for the call stack. */
const MOST_NESTED_ENDS = 1_000;

/** A nondeterministic pushdown automaton whose lexemes are read by a lazy automaton; a grammar gives it its frames. */
export class Pushdown {
  readonly lexer: Lexer;
  readonly start: Configuration;
  private readonly bottom: StackSet;
  private nodes = new Map<string, StackNode>();
  private sets = new Map<string, StackSet>();
  private configurations = new Map<string, Configuration>();
  private ids = 0;

  constructor(lexer: Lexer, begin: (emit: Emit, parents: StackSet) => void) {
    this.lexer = lexer;
    this.bottom = { id: this.ids++, nodes: [] };
    const root = this.push({ id: -1, resume: () => {} }, this.bottom);
    const closure = new Closure(this);
    begin(closure, root);
    this.start = this.configuration(closure.finish());
  }

  /** The configuration after one more byte; null where no text goes on so. */
  step(from: Configuration, byte: number): Configuration | null {
    const known = from.next.get(byte);
    if (known !== undefined) return known;
    const { lexer } = this;
    const threads: Thread[] = [];
    let accepts = false;
    lexer.languages.charge(from.threads.length >> 2);
    for (const { state, node } of from.threads) {
      const to = lexer.step(state, byte);
      if (to === DEAD) continue;
      if (lexer.isFinal[to] === 0) threads.push({ state: to, node });
      if (lexer.accepts[to] === 0) continue;
      const after = this.after(node, to);
      threads.push(...after.threads);
      accepts ||= after.accepts;
    }
    const to = threads.length === 0 && !accepts ? null : this.configuration({ threads, accepts });
    from.next.set(byte, to);
    return to;
  }

  /** The configuration after a lexeme of `node` ended in `state`; null where nothing follows. */
  afterLexeme(node: StackNode, state: number): Configuration | null {
    const after = this.after(node, state);
    return after.threads.length === 0 && !after.accepts ? null : this.configuration(after);
  }

  push(frame: Frame, parents: StackSet): StackSet {
    const node = this.node(frame, parents);
    return this.set([node]);
  }

  node(frame: Frame, parents: StackSet): StackNode {
    const key = `${frame.id},${parents.id}`;
    let node = this.nodes.get(key);
    if (node === undefined) {
      node = { id: this.ids++, frame, parents };
      this.nodes.set(key, node);
    }
    return node;
  }

  private after(node: StackNode, state: number): Following {
    const tag = this.lexer.tagOf(state);
    const text = this.lexer.textOf(state);
    if (tag < 0 && text === undefined && node.after !== undefined) return node.after;
    const closure = new Closure(this);
    try {
      closure.resume(node, tag, text);
    } catch (error) {
      throw error instanceof RangeError ? tooComplex('its rules lead too deeply into each other') : error;
    }
    const after = closure.finish();
    if (tag < 0 && text === undefined) node.after = after;
    return after;
  }

  private set(nodes: readonly StackNode[]): StackSet {
    const sorted = nodes.length === 1 ? nodes : [...new Set(nodes)].sort((a, b) => a.id - b.id);
    const key = sorted.length === 1 ? `${sorted[0]!.id}` : sorted.map((node) => node.id).join(',');
    let set = this.sets.get(key);
    if (set === undefined) {
      set = { id: this.ids++, nodes: sorted };
      this.sets.set(key, set);
    }
    return set;
  }

  private configuration({ threads, accepts }: Following): Configuration {
    this.lexer.languages.charge(1 + (threads.length >> 2));
    const merged = threads.length < 2 ? threads : this.merge(threads);
    if (merged.length > LIMITS.threads) throw tooComplex('its text can be read in too many ways at once');
    const key = `${accepts ? 'a' : ''}${merged.map(({ state, node }) => `${state}:${node.id}`).join(',')}`;
    const known = this.configurations.get(key);
    if (known !== undefined) return known;
    if (this.configurations.size >= KEPT_CONFIGURATIONS) this.forget();
    const made: Configuration = { id: this.ids++, threads: merged, accepts, next: new Map() };
    this.configurations.set(key, made);
    return made;
  }

  /** Threads that differ only in what lies below their top frame become one. */
  private merge(threads: readonly Thread[]): Thread[] {
    const groups = new Map<string, Thread[]>();
    for (const thread of threads) {
      const key = `${thread.state}:${thread.node.frame.id}`;
      const group = groups.get(key);
      if (group === undefined) groups.set(key, [thread]);
      else if (!group.some((other) => other.node === thread.node)) group.push(thread);
    }
    const merged: Thread[] = [];
    for (const group of groups.values()) {
      const { state, node } = group[0]!;
      if (group.length === 1) merged.push(group[0]!);
      else {
        const parents = this.set(group.flatMap((thread) => thread.node.parents.nodes));
        merged.push({ state, node: this.node(node.frame, parents) });
      }
    }
    return merged.sort((a, b) => a.state - b.state || a.node.id - b.node.id);
  }

  /** Long texts make ever new configurations; those in use keep what they need of the old ones. */
  private forget(): void {
    this.configurations = new Map();
    this.nodes = new Map();
    this.sets = new Map();
  }
}

/** Follows ends of values until every way waits for a lexeme. */
class Closure implements Emit {
  private readonly machine: Pushdown;
  private readonly threads: Thread[] = [];
  private readonly seen = new Set<StackNode>();
  private accepts = false;
  private depth = 0;

  constructor(machine: Pushdown) {
    this.machine = machine;
  }

  lexeme(state: number, frame: Frame, parents: StackSet): void {
    if (state !== DEAD) this.threads.push({ state, node: this.machine.node(frame, parents) });
  }

  ended(parents: StackSet): void {
    for (const node of parents.nodes) this.resume(node, -1, undefined);
  }

  push(frame: Frame, parents: StackSet): StackSet {
    return this.machine.push(frame, parents);
  }

  resume(node: StackNode, tag: number, text: string | undefined): void {
    this.machine.lexer.languages.charge(1);
    if (++this.depth > MOST_NESTED_ENDS) throw tooComplex('its rules end inside each other too deeply');
    this.follow(node, tag, text);
    this.depth--;
  }

  private follow(node: StackNode, tag: number, text: string | undefined): void {
    if (node.frame.id === -1) {
      this.accepts = true;
      return;
    }
    if (tag < 0 && text === undefined) {
      if (this.seen.has(node)) return;
      this.seen.add(node);
    }
    node.frame.resume(this, node.parents, tag, text);
  }

  finish(): Following {
    return { threads: this.threads, accepts: this.accepts };
  }
}

/** Ends a value with its last lexeme. */
export const END_FRAME: Frame = { id: -2, resume: (emit, parents) => emit.ended(parents) };
