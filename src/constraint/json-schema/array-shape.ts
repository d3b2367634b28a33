import { tooComplex } from '../limits.ts';
import type { Language } from '../regular/language.ts';
import type { Branch } from './branch.ts';
import { unsupported } from './schema-error.ts';
import type { ArrayRule } from './schema-node.ts';
import type { ValueState, ValueStates } from './value-states.ts';

/** What an array has so far; numbers are counted only as far as they matter. */
export interface ArrayProgress {
  index: number;
  /** For each `contains`: matching items so far. */
  counts: readonly number[];
  /** Items so far, as JSON texts, where they must differ. */
  seen: readonly string[];
}

export interface ItemOption {
  value: ValueState;
  next: ArrayProgress;
}

/** One alternative of an array with its rules merged. */
export class ArrayShape {
  readonly id: number;
  readonly min: number;
  readonly unique: boolean;
  private readonly states: ValueStates;
  private readonly rules: readonly ArrayRule[];
  private readonly branch: Branch;
  private readonly counted: readonly NonNullable<ArrayRule['contains']>[];
  private readonly itemStates: ValueState[] = [];
  private readonly finishes = new Map<string, boolean>();
  private readonly max: number;
  private readonly prefixLength: number;
  private reach: number | undefined;

  constructor(states: ValueStates, branch: Branch) {
    this.states = states;
    this.id = states.shapes++;
    this.branch = branch;
    this.rules = branch.arrays;
    this.min = this.rules.reduce((most, rule) => Math.max(most, rule.min), 0);
    this.max = this.rules.reduce((least, rule) => Math.min(least, rule.max), Infinity);
    this.counted = this.rules.flatMap((rule) => (rule.contains === undefined ? [] : [rule.contains]));
    if (this.counted.length > 4) throw tooComplex('an array has too many contains');
    const positions = [
      ...this.rules.map((rule) => rule.prefix.length),
      ...branch.negatedItems.map(({ index }) => index + 1),
      ...this.counted.map((rule) => rule.from),
    ];
    this.prefixLength = Math.max(0, ...positions);
    states.languages.charge(this.prefixLength);
    this.unique = this.rules.some((rule) => rule.unique) && this.max > 1;
  }

  get start(): ArrayProgress {
    return { index: 0, counts: this.counted.map(() => 0), seen: [] };
  }

  isAlive(): boolean {
    return this.canFinish(this.start, true);
  }

  canClose({ index, counts }: ArrayProgress): boolean {
    return index >= this.min && this.counted.every((rule, at) => counts[at]! >= rule.min && counts[at]! <= rule.max);
  }

  /** What the next item may be and lead to. */
  itemOptions(progress: ArrayProgress, searching = false): ItemOption[] {
    if (progress.index >= this.max) return [];
    const item = this.item(progress.index);
    let options: ItemOption[] = [{ value: item, next: { ...progress, index: this.capped(progress.index + 1) } }];
    this.counted.forEach((rule, at) => {
      options = options.flatMap((option) => this.counting(option, rule, at, progress.index));
    });
    return options.filter(({ value, next }) => this.states.isAlive(value) && this.canFinish(next, searching));
  }

  /** Whether another item may follow. */
  canContinue(progress: ArrayProgress): boolean {
    return this.itemOptions(progress).some(({ value }) => {
      if (!this.unique) return true;
      const { scalars, string } = this.uniqueLexemes(value, progress.seen);
      return this.states.languages.isLive(scalars) || this.states.languages.isLive(string);
    });
  }

  /** The item's texts that equal none of those before it. */
  uniqueLexemes(value: ValueState, seen: readonly string[]): { scalars: Language; string: Language } {
    const { languages, numbers } = this.states;
    const { mask, string, number } = this.states.scalars(value);
    const before = seen.map((text) => JSON.parse(text) as unknown);
    const words = ['null', 'false', 'true'].filter((word, bit) => (mask >> bit) & 1 && !seen.includes(word));
    const taken = before.filter((item) => typeof item === 'number').map((item) => numbers.equal(item));
    const fresh = taken.reduce((set, equal) => numbers.and(set, numbers.not(equal)), number);
    const texts = before.filter((item) => typeof item === 'string');
    return {
      scalars: languages.or(...words.map((word) => languages.text(word)), numbers.texts(fresh)),
      string: texts.length === 0 ? string : languages.minus(string, languages.texts(texts)),
    };
  }

  withSeen(progress: ArrayProgress, text: string): ArrayProgress {
    return { ...progress, seen: [...progress.seen, decodeBytes(text)] };
  }

  reachable(): ValueState[] {
    const found = new Set<ValueState>();
    const last = Math.min(this.prefixLength, this.max - 1);
    for (let index = 0; index <= last && this.states.isAlive(this.item(index)); index++) found.add(this.item(index));
    for (const rule of this.counted) {
      for (const value of [...found]) {
        for (const positive of [rule.positive, !rule.positive])
          found.add(this.states.state([...value.literals, { node: rule.schema, positive }]));
      }
    }
    return [...found];
  }

  /** Items that must differ are compared by their texts, so they must be scalars. */
  checkUnique(): void {
    if (!this.unique) return;
    for (const value of this.reachable()) {
      if (
        this.states.arrays(value).some((shape) => shape.isAlive()) ||
        this.states.objects(value).some((shape) => shape.isAlive())
      ) {
        throw unsupported(
          this.path,
          'uniqueItems',
          'stands for items that may be objects or arrays',
          'Leave uniqueItems out and check it in your own code.',
        );
      }
    }
  }

  private get path(): string {
    return this.states.reader.root.path;
  }

  /** An item that counts for a `contains`, and one that does not where that makes a difference. */
  private counting(
    option: ItemOption,
    rule: NonNullable<ArrayRule['contains']>,
    at: number,
    index: number,
  ): ItemOption[] {
    if (index < rule.from) return [option];
    const count = option.next.counts[at]!;
    const enough = count >= rule.min && rule.max === Infinity;
    if (enough) return [option];
    const matching = this.states.state([...option.value.literals, { node: rule.schema, positive: rule.positive }]);
    const counts = option.next.counts.map((value, place) => (place === at ? value + 1 : value));
    const counted = { value: matching, next: { ...option.next, counts } };
    // Without an upper bound it does no harm that an item that matches is not counted.
    const other =
      rule.max === Infinity
        ? option.value
        : this.states.state([...option.value.literals, { node: rule.schema, positive: !rule.positive }]);
    return count + 1 > rule.max ? [{ ...option, value: other }] : [counted, { ...option, value: other }];
  }

  private item(index: number): ValueState {
    const at = Math.min(index, this.prefixLength);
    let state = this.itemStates[at];
    if (state === undefined) {
      const literals = this.rules.flatMap((rule) => {
        const node = rule.prefix[at] ?? rule.items;
        return node === undefined ? [] : [{ node, positive: true }];
      });
      const negated = this.branch.negatedItems.filter((entry) => entry.index === at);
      state = this.states.state([...literals, ...negated.map(({ schema }) => ({ node: schema, positive: false }))]);
      this.itemStates[at] = state;
    }
    return state;
  }

  private capped(index: number): number {
    return this.max === Infinity ? Math.min(index, Math.max(this.prefixLength, this.min)) : index;
  }

  /** How many items there can be: up to the bound, or up to the first position that no value fits. */
  private length(searching: boolean): number {
    if (this.reach !== undefined) return this.reach;
    let length = 0;
    while (length <= this.prefixLength && this.states.isAlive(this.item(length))) length++;
    const reach = Math.min(this.max, length > this.prefixLength ? Infinity : length);
    if (!searching) this.reach = reach;
    return reach;
  }

  private canFinish(progress: ArrayProgress, searching: boolean): boolean {
    if (this.min > 0 && this.length(searching) < this.min) return false;
    if (this.counted.length === 0) return true;
    if (this.canClose(progress)) return true;
    const key = `${progress.index},${progress.counts.join(',')}`;
    const known = searching ? undefined : this.finishes.get(key);
    if (known !== undefined) return known;
    const horizon = Math.max(this.prefixLength, this.min) + this.counted.reduce((sum, rule) => sum + rule.min, 0) + 1;
    if (horizon > 2000) throw tooComplex('contains counts too far');
    const can = progress.index < horizon && this.search(progress, searching, horizon);
    if (!searching) this.finishes.set(key, can);
    return can;
  }

  /** Looks for a way to the end, item by item. */
  private search(from: ArrayProgress, searching: boolean, horizon: number): boolean {
    const seen = new Set<string>();
    let level = [{ ...from }];
    for (let steps = 0; steps <= horizon && level.length > 0; steps++) {
      const next: ArrayProgress[] = [];
      for (const progress of level) {
        if (this.canClose(progress)) return true;
        if (progress.index >= this.length(searching)) continue;
        let options: ItemOption[] = [
          { value: this.item(progress.index), next: { ...progress, index: this.capped(progress.index + 1) } },
        ];
        this.counted.forEach((rule, at) => {
          options = options.flatMap((option) => this.counting(option, rule, at, progress.index));
        });
        for (const option of options) {
          const key = `${option.next.index},${option.next.counts.join(',')}`;
          if (seen.has(key) || !this.states.isAlive(option.value)) continue;
          seen.add(key);
          next.push(option.next);
        }
      }
      level = next;
    }
    return false;
  }
}

/** The shape of a branch, built once. */
export function arrayShape(states: ValueStates, branch: Branch): ArrayShape {
  let shape = states.arrayShapes.get(branch);
  if (shape === undefined) {
    shape = new ArrayShape(states, branch);
    states.arrayShapes.set(branch, shape);
  }
  return shape;
}

export function arrayKey({ index, counts, seen }: ArrayProgress): string {
  return `${index},${counts.join(',')}${seen.length === 0 ? '' : JSON.stringify(seen)}`;
}

/** A captured text, whose characters are bytes, as text. */
export function decodeBytes(bytes: string): string {
  return new TextDecoder().decode(Uint8Array.from(bytes, (char) => char.charCodeAt(0)));
}
