import { LIMITS, tooComplex } from '../limits.ts';
import { ALL_CODE_POINTS, contains, intersect, type Ranges, union } from './code-points.ts';

/** What a regular language is made of; equal terms of one `Languages` are the same object. */
type Term =
  | { kind: 'nothing' }
  | { kind: 'empty' }
  | { kind: 'chars'; ranges: Ranges }
  | { kind: 'concat'; left: Language; right: Language }
  | { kind: 'repeat'; item: Language; min: number; max: number }
  | { kind: 'or'; items: readonly Language[] }
  | { kind: 'and'; items: readonly Language[] }
  | { kind: 'not'; item: Language }
  | { kind: 'multiple'; modulus: number; scale: number; remainder: number; fraction: number };

/** A regular language over Unicode code points. */
export type Language = Term & {
  readonly id: number;
  /** Whether the empty string belongs to it. */
  readonly nullable: boolean;
  /** Free of intersection, complement and multiples, so that only `nothing` has no member. */
  readonly plain: boolean;
  /** Whether it has a member; found out when asked for. */
  live?: boolean;
  /** The length of its shortest member, where that has been asked for. */
  shortest?: number;
  breaks?: readonly number[];
  derivatives?: Map<number, Language>;
};

/** How often the clock is looked at. */
const STEPS_BETWEEN_LOOKS = 256;

/**
 * Builds regular languages and takes their derivatives (Brzozowski 1964; Owens, Reppy and Turon 2009): the derivative by
 * `c` is the language of what may follow `c`. Intersection and complement cost no more than union, so that lengths,
 * formats, `not` and exclusions need no other machinery.
 */
export class Languages {
  /** Steps taken so far. */
  work = 0;
  private budget: number = LIMITS.compileWork;
  private deadline = Infinity;
  private nextLook = 0;
  readonly nothing: Language;
  readonly empty: Language;
  readonly anyChar: Language;
  /** Every string. */
  readonly all: Language;
  private readonly terms = new Map<string, Language>();

  constructor() {
    this.nothing = this.intern('0', { kind: 'nothing' }, false, true);
    this.empty = this.intern('e', { kind: 'empty' }, true, true);
    this.anyChar = this.chars(ALL_CODE_POINTS);
    this.all = this.repeat(this.anyChar, 0, Infinity);
  }

  get size(): number {
    return this.terms.size;
  }

  chars(ranges: Ranges): Language {
    if (ranges.length === 0) return this.nothing;
    return this.intern(`c${ranges.join(',')}`, { kind: 'chars', ranges }, false, true);
  }

  text(text: string): Language {
    let language = this.empty;
    for (const char of [...text].reverse()) {
      const code = char.codePointAt(0)!;
      language = this.concat(this.chars([code, code]), language);
    }
    return language;
  }

  /** One of the texts; common beginnings are shared, so that a step into thousands of them is cheap. */
  texts(texts: readonly string[]): Language {
    const sorted = [...new Set(texts)].map((text) => [...text]).sort(compareChars);
    return this.sharedTexts(sorted, 0, sorted.length, 0);
  }

  sequence(...parts: Language[]): Language {
    return parts.reduceRight((rest, part) => this.concat(part, rest), this.empty);
  }

  concat(left: Language, right: Language): Language {
    if (left.kind === 'nothing' || right.kind === 'nothing') return this.nothing;
    if (left.kind === 'empty') return right;
    if (right.kind === 'empty') return left;
    if (left.kind === 'concat') return this.concat(left.left, this.concat(left.right, right));
    if (left.kind === 'repeat' && left.max === Infinity) {
      if (left === this.all && right === this.all) return right;
      // X{m,} X{n,p} is X{m+n,}; without this rule, chains of optional repetitions multiply their states.
      const [next, rest] = right.kind === 'concat' ? [right.left, right.right] : [right, this.empty];
      if (next.kind === 'repeat' && next.item === left.item) {
        return this.concat(this.repeat(left.item, left.min + next.min, Infinity), rest);
      }
    }
    return this.intern(
      `.${left.id},${right.id}`,
      { kind: 'concat', left, right },
      left.nullable && right.nullable,
      left.plain && right.plain,
    );
  }

  repeat(item: Language, min: number, max: number): Language {
    if (max === 0 || item.kind === 'empty') return this.empty;
    if (item.kind === 'nothing') return min === 0 ? this.empty : this.nothing;
    if (min === 1 && max === 1) return item;
    if (item.kind === 'repeat' && item.min === 0 && item.max === Infinity) return item;
    const least = item.nullable ? 0 : min;
    return this.intern(
      `*${item.id},${least},${max}`,
      { kind: 'repeat', item, min: least, max },
      least === 0,
      item.plain,
    );
  }

  optional(item: Language): Language {
    return this.or(this.empty, item);
  }

  or(...parts: Language[]): Language {
    const items = new Set<Language>();
    let ranges: Ranges = [];
    for (const part of parts) {
      for (const item of part.kind === 'or' ? part.items : [part]) {
        if (item === this.all) return item;
        if (item.kind === 'chars') ranges = ranges.length === 0 ? item.ranges : union(ranges, item.ranges);
        else if (item.kind !== 'nothing') items.add(item);
      }
    }
    if (ranges.length > 0) items.add(this.chars(ranges));
    if (items.has(this.empty) && [...items].some((item) => item !== this.empty && item.nullable))
      items.delete(this.empty);
    if (items.size === 0) return this.nothing;
    if (items.size === 1) return [...items][0]!;
    const sorted = [...items].sort((a, b) => a.id - b.id);
    this.charge(sorted.length >> 1);
    return this.intern(
      `|${sorted.map((item) => item.id).join(',')}`,
      { kind: 'or', items: sorted },
      sorted.some((item) => item.nullable),
      sorted.every((item) => item.plain),
    );
  }

  and(...parts: Language[]): Language {
    const items = new Set<Language>();
    let ranges: Ranges | undefined;
    for (const part of parts) {
      for (const item of part.kind === 'and' ? part.items : [part]) {
        if (item.kind === 'nothing') return item;
        if (item.kind === 'chars') ranges = ranges === undefined ? item.ranges : intersect(ranges, item.ranges);
        else if (item !== this.all) items.add(item);
      }
    }
    if (ranges !== undefined) items.add(this.chars(ranges));
    if (items.has(this.nothing)) return this.nothing;
    if (items.size === 0) return this.all;
    if (items.has(this.empty)) return [...items].every((item) => item.nullable) ? this.empty : this.nothing;
    for (const item of items) if (item.kind === 'not' && items.has(item.item)) return this.nothing;
    if (items.size === 1) return [...items][0]!;
    const sorted = [...items].sort((a, b) => a.id - b.id);
    this.charge(sorted.length >> 1);
    return this.intern(
      `&${sorted.map((item) => item.id).join(',')}`,
      { kind: 'and', items: sorted },
      sorted.every((item) => item.nullable),
      false,
    );
  }

  not(item: Language): Language {
    if (item.kind === 'not') return item.item;
    if (item.kind === 'nothing') return this.all;
    if (item === this.all) return this.nothing;
    return this.intern(`!${item.id}`, { kind: 'not', item }, !item.nullable, false);
  }

  minus(whole: Language, part: Language): Language {
    return this.and(whole, this.not(part));
  }

  /**
   * Decimal digits, with or without a fraction, of a multiple of `modulus / 10^scale`. It counts by remainders, so that
   * a large modulus costs no more states than the digits that are read.
   */
  multiples(modulus: number, scale: number): Language {
    return this.multiple(modulus, scale, 0, -1);
  }

  /** What may follow `codePoint`. */
  derive(language: Language, codePoint: number): Language {
    switch (language.kind) {
      case 'nothing':
      case 'empty':
        return this.nothing;
      case 'chars':
        return contains(language.ranges, codePoint) ? this.empty : this.nothing;
    }
    const known = language.derivatives?.get(codePoint);
    if (known !== undefined) return known;
    this.charge(1);
    const derivative = this.derivative(language, codePoint);
    language.derivatives ??= new Map();
    language.derivatives.set(codePoint, derivative);
    return derivative;
  }

  /** Sorted code points, from 0 on; between two neighbours every code point has the same derivative. */
  breaks(language: Language): readonly number[] {
    if (language.breaks !== undefined) return language.breaks;
    const points = new Set<number>([0]);
    switch (language.kind) {
      case 'chars':
        for (let index = 0; index < language.ranges.length; index += 2) {
          points.add(language.ranges[index]!).add(language.ranges[index + 1]! + 1);
        }
        break;
      case 'concat':
        for (const point of this.breaks(language.left)) points.add(point);
        if (language.left.nullable) for (const point of this.breaks(language.right)) points.add(point);
        break;
      case 'repeat':
      case 'not':
        for (const point of this.breaks(language.item)) points.add(point);
        break;
      case 'or':
      case 'and':
        for (const item of language.items) for (const point of this.breaks(item)) points.add(point);
        break;
      case 'multiple':
        for (let point = 0x2e; point <= 0x3a; point++) points.add(point);
        break;
    }
    this.charge(points.size >> 3);
    language.breaks = [...points].sort((a, b) => a - b);
    return language.breaks;
  }

  /** Whether the language has a member. */
  isLive(language: Language): boolean {
    if (language.live !== undefined) return language.live;
    if (language.nullable || (language.plain && language.kind !== 'nothing')) {
      language.live = true;
      return true;
    }
    if (this.hasShortMember(language)) {
      language.live = true;
      return true;
    }
    const cameFrom = new Map<Language, Language | undefined>([[language, undefined]]);
    const queue = [language];
    for (let at = 0; at < queue.length; at++) {
      const from = queue[at]!;
      for (const start of this.breaks(from)) {
        const to = this.derive(from, start);
        this.charge(1);
        if (to.kind === 'nothing' || to.live === false || cameFrom.has(to)) continue;
        cameFrom.set(to, from);
        if (to.nullable || to.live || to.plain) {
          for (let mark: Language | undefined = to; mark !== undefined; mark = cameFrom.get(mark)) mark.live = true;
          return true;
        }
        queue.push(to);
      }
    }
    for (const dead of queue) dead.live = false;
    return false;
  }

  /** Whether a plain language that is only bounded in length surely has a member: its shortest one fits. */
  private hasShortMember(language: Language): boolean {
    if (language.kind !== 'and') return false;
    let min = 0;
    let max = Infinity;
    let rest: Language | undefined;
    for (const item of language.items) {
      if (item.kind === 'repeat' && item.item === this.anyChar) {
        min = Math.max(min, item.min);
        max = Math.min(max, item.max);
      } else if (rest === undefined && item.plain) rest = item;
      else return false;
    }
    if (rest === undefined) return min <= max;
    const shortest = this.shortest(rest);
    return shortest >= min && shortest <= max;
  }

  /** The length of a plain language's shortest member. */
  private shortest(language: Language): number {
    language.shortest ??= this.shortestOf(language);
    return language.shortest;
  }

  private shortestOf(language: Language): number {
    switch (language.kind) {
      case 'chars':
        return 1;
      case 'concat':
        return this.shortest(language.left) + this.shortest(language.right);
      case 'repeat':
        return language.min * this.shortest(language.item);
      case 'or':
        return language.items.reduce((least, item) => Math.min(least, this.shortest(item)), Infinity);
      case 'nothing':
        return Infinity;
      default:
        return 0;
    }
  }

  matches(language: Language, text: string): boolean {
    let state = language;
    for (const char of text) {
      state = this.derive(state, this.representative(state, char.codePointAt(0)!));
      if (state.kind === 'nothing') return false;
    }
    return state.nullable;
  }

  /** The first code point of the stretch that behaves like `codePoint`, so that derivatives are shared by classes. */
  representative(language: Language, codePoint: number): number {
    const breaks = this.breaks(language);
    let low = 0;
    let high = breaks.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (breaks[middle]! <= codePoint) low = middle;
      else high = middle - 1;
    }
    return breaks[low]!;
  }

  /** Up to `most` members, shortest first; fewer means that there are no more. */
  members(language: Language, most: number): string[] {
    const found: string[] = [];
    let level: [Language, string][] = [[language, '']];
    while (level.length > 0 && found.length < most) {
      const next: [Language, string][] = [];
      for (const [state, text] of level) {
        if (state.nullable) found.push(text);
        if (found.length >= most) break;
        const breaks = this.breaks(state);
        for (let index = 0; index < breaks.length; index++) {
          const end = breaks[index + 1] ?? 0x110000;
          const to = this.derive(state, breaks[index]!);
          this.charge(1);
          if (!this.isLive(to)) continue;
          for (let code = breaks[index]!; code < end && next.length <= 4 * most; code++) {
            if (contains(ALL_CODE_POINTS, code)) next.push([to, text + String.fromCodePoint(code)]);
          }
        }
      }
      level = next;
    }
    return found;
  }

  /** Counts steps of work; refuses the one beyond the budget, and any beyond the time. */
  charge(steps: number): void {
    this.work += steps;
    if (this.work > this.budget) throw tooComplex('following it takes too many steps');
    if (this.work < this.nextLook) return;
    this.nextLook = this.work + STEPS_BETWEEN_LOOKS;
    if (performance.now() > this.deadline) throw tooComplex('following it takes too long');
  }

  /** Allows so much more work, from now on. */
  allow(steps: number): void {
    this.budget = this.work + steps;
    this.deadline = performance.now() + LIMITS.mostMs;
    this.nextLook = this.work + STEPS_BETWEEN_LOOKS;
  }

  private derivative(language: Language, code: number): Language {
    switch (language.kind) {
      case 'concat': {
        const first = this.concat(this.derive(language.left, code), language.right);
        return language.left.nullable ? this.or(first, this.derive(language.right, code)) : first;
      }
      case 'repeat':
        return this.concat(
          this.derive(language.item, code),
          this.repeat(language.item, Math.max(0, language.min - 1), language.max - 1),
        );
      case 'or':
        return this.or(...language.items.map((item) => this.derive(item, code)));
      case 'and':
        return this.and(...language.items.map((item) => this.derive(item, code)));
      case 'not':
        return this.not(this.derive(language.item, code));
      case 'multiple':
        return this.multipleDerivative(language.modulus, language.scale, language.remainder, language.fraction, code);
      default:
        return this.nothing;
    }
  }

  private multipleDerivative(modulus: number, scale: number, remainder: number, fraction: number, code: number) {
    if (code === 0x2e) return fraction < 0 ? this.multiple(modulus, scale, remainder, 0) : this.nothing;
    if (code < 0x30 || code > 0x39) return this.nothing;
    const digit = code - 0x30;
    if (fraction >= scale) return digit === 0 ? this.multiple(modulus, scale, remainder, fraction) : this.nothing;
    return this.multiple(modulus, scale, (remainder * 10 + digit) % modulus, fraction < 0 ? fraction : fraction + 1);
  }

  /** `fraction`: digits read after the point, -1 before it. */
  private multiple(modulus: number, scale: number, remainder: number, fraction: number): Language {
    // Past the last digit that counts only zeros follow, which mend nothing.
    if (fraction >= scale && fraction >= 0 && remainder !== 0) return this.nothing;
    let rest = remainder;
    for (let digit = Math.max(0, fraction); digit < scale; digit++) rest = (rest * 10) % modulus;
    return this.intern(
      `m${modulus},${scale},${remainder},${fraction}`,
      { kind: 'multiple', modulus, scale, remainder, fraction },
      rest === 0,
      false,
    );
  }

  private sharedTexts(sorted: readonly string[][], from: number, to: number, depth: number): Language {
    const parts: Language[] = [];
    let start = from;
    while (start < to && sorted[start]!.length === depth) {
      parts.push(this.empty);
      start++;
    }
    while (start < to) {
      const char = sorted[start]![depth]!;
      let end = start + 1;
      while (end < to && sorted[end]![depth] === char) end++;
      const code = char.codePointAt(0)!;
      const rest =
        end === start + 1
          ? this.text(sorted[start]!.slice(depth + 1).join(''))
          : this.sharedTexts(sorted, start, end, depth + 1);
      parts.push(this.concat(this.chars([code, code]), rest));
      start = end;
    }
    return this.or(...parts);
  }

  private intern(key: string, term: Term, nullable: boolean, plain: boolean): Language {
    const known = this.terms.get(key);
    if (known !== undefined) return known;
    this.charge(1);
    const language: Language = { ...term, id: this.terms.size, nullable, plain };
    this.terms.set(key, language);
    return language;
  }
}

function compareChars(a: readonly string[], b: readonly string[]): number {
  for (let index = 0; index < a.length && index < b.length; index++) {
    if (a[index] !== b[index]) return a[index]! < b[index]! ? -1 : 1;
  }
  return a.length - b.length;
}
