import { LIMITS, tooComplex } from './limits.ts';
import type { LiteralView } from './literal-set.ts';
import { contains, type Ranges } from './regular/code-points.ts';
import type { Language, Languages } from './regular/language.ts';

/** No text of the lexeme goes on this way. */
export const DEAD = -1;

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const SHORT_ESCAPES: Readonly<Record<number, number>> = {
  34: 0x22,
  92: 0x5c,
  47: 0x2f,
  98: 0x08,
  102: 0x0c,
  110: 0x0a,
  114: 0x0d,
  116: 0x09,
};
/** Control characters that JSON can write with one letter; the canonical spelling uses it. */
const HAS_SHORT: ReadonlySet<number> = new Set([0x08, 0x09, 0x0a, 0x0c, 0x0d]);

/**
 * Where the reading of one lexeme stands. `text` spells its language as it is; `string` spells it as the inside of a JSON
 * string up to and with its closing quote. A `part` state is inside a code point's UTF-8 bytes, `known` when the rest of
 * them no longer matters.
 */
type State =
  | { kind: 'done' }
  | { kind: 'text'; language: Language }
  | { kind: 'string'; language: Language; canonical: boolean }
  | {
      kind: 'part';
      of: 'text' | 'string';
      canonical: boolean;
      language: Language;
      base: number;
      left: number;
      known: boolean;
    }
  | { kind: 'escape'; language: Language; canonical: boolean }
  | { kind: 'hex'; language: Language; canonical: boolean; value: number; digits: number; high: number }
  | { kind: 'low'; language: Language; canonical: boolean; high: number; seen: number }
  | { kind: 'quote'; inner: number }
  | { kind: 'space'; inner: number; after: number }
  | { kind: 'literal'; view: LiteralView; node: number }
  | { kind: 'capture'; inner: number; text: string };

/** White space between JSON's lexemes: none; one blank, or a line end with an indent; any. */
export type Whitespace = 'none' | 'bounded' | 'any';

const MOST_INDENT = 64;

/**
 * A lazy automaton over bytes: states are numbers from 1, made when first met, each with a row of 256 next states. It
 * outlives a grammar, so that what many schemas share (a free string, white space, a date) is built once.
 */
export class Lexer {
  readonly languages: Languages;
  /** `next[256 * state + byte]`: 0 not known yet, DEAD, or a state. */
  next = new Int32Array(256 * 256);
  /** Whether the lexeme may end here. */
  accepts = new Uint8Array(256);
  /** Whether it can only end here. */
  isFinal = new Uint8Array(256);
  readonly done: number;
  private readonly states: State[] = [{ kind: 'done' }];
  private readonly ids = new Map<string, number>();

  constructor(languages: Languages) {
    this.languages = languages;
    this.done = this.intern('done', { kind: 'done' });
  }

  get size(): number {
    return this.states.length;
  }

  text(language: Language): number {
    return this.languages.isLive(language) ? this.intern(`t${language.id}`, { kind: 'text', language }) : DEAD;
  }

  /** A JSON string with its quotes. Where the language is free in its characters, any escape may spell them. */
  string(language: Language): number {
    const inside = this.insideString(language, !isFree(language, this.languages));
    return inside === DEAD ? DEAD : this.intern(`q${inside}`, { kind: 'quote', inner: inside });
  }

  insideString(language: Language, canonical: boolean): number {
    if (!this.languages.isLive(language)) return DEAD;
    return this.intern(`${canonical ? 's' : 'S'}${language.id}`, { kind: 'string', language, canonical });
  }

  /** One of a set of literal texts; the end tells which. */
  literal(view: LiteralView): number {
    return view.live(0) ? this.intern(`l${view.id},0`, { kind: 'literal', view, node: 0 }) : DEAD;
  }

  /** The lexeme with white space before it. */
  spaced(inner: number, whitespace: Whitespace): number {
    if (inner === DEAD || whitespace === 'none') return inner;
    const after = whitespace === 'any' ? -1 : 0;
    return this.intern(`w${inner},${after}`, { kind: 'space', inner, after });
  }

  /** The lexeme, whose whole text is handed on at its end. */
  captured(inner: number): number {
    return inner === DEAD ? DEAD : this.intern(`c${inner},`, { kind: 'capture', inner, text: '' });
  }

  step(state: number, byte: number): number {
    const at = 256 * state + byte;
    const known = this.next[at]!;
    if (known !== 0) return known;
    const to = this.follow(this.states[state]!, byte);
    this.next[at] = to;
    return to;
  }

  /** Which literal ended here; -1 for other lexemes. */
  tagOf(state: number): number {
    const held = this.states[state]!;
    if (held.kind === 'literal') return held.view.tagAt(held.node);
    return held.kind === 'capture' ? this.tagOf(held.inner) : -1;
  }

  /** The lexeme's text, where it is captured. */
  textOf(state: number): string | undefined {
    const held = this.states[state]!;
    return held.kind === 'capture' ? held.text : undefined;
  }

  /** The state that a captured lexeme follows; the state itself for others. */
  uncaptured(state: number): number {
    const held = this.states[state]!;
    return held.kind === 'capture' ? held.inner : state;
  }

  /** A free string's state that most tokens lead to from here, if this is the inside of a string with exclusions. */
  freeStringLike(state: number): number | undefined {
    const held = this.states[state]!;
    if (held.kind !== 'string' || held.language === this.languages.all) return undefined;
    return this.insideString(this.languages.all, held.canonical);
  }

  isFreeString(state: number): boolean {
    const held = this.states[state]!;
    return held.kind === 'string' && held.language === this.languages.all;
  }

  /** For the inside of a string that only counts characters: how many may still come, and the free string's state. */
  characterBounds(state: number): { min: number; max: number; free: number } | undefined {
    const held = this.states[state]!;
    if (held.kind !== 'string') return undefined;
    const { language } = held;
    const { all, anyChar, empty } = this.languages;
    const free = (): number => this.insideString(all, held.canonical);
    if (language === empty) return { min: 0, max: 0, free: free() };
    if (language === anyChar) return { min: 1, max: 1, free: free() };
    if (language === all || language.kind !== 'repeat' || language.item !== anyChar) return undefined;
    return { min: language.min, max: language.max, free: free() };
  }

  /** Whether every code point beyond ASCII leads from the state back to it. */
  loopsOnNonAscii(state: number): boolean {
    const held = this.states[state]!;
    if (held.kind !== 'string' && held.kind !== 'text') return false;
    const { language } = held;
    const last = this.languages.representative(language, 0x10ffff);
    if (last > 0x80 && !this.languages.breaks(language).every((at) => at <= 0x80 || isSurrogateEdge(at))) return false;
    const target = this.languages.derive(language, this.languages.representative(language, 0x80));
    return target === language && this.languages.derive(language, last) === language;
  }

  private follow(state: State, byte: number): number {
    switch (state.kind) {
      case 'done':
        return DEAD;
      case 'text':
        return this.character(state.language, 'text', false, byte);
      case 'string':
        if (byte === QUOTE) return state.language.nullable ? this.done : DEAD;
        if (byte === BACKSLASH) return this.openEscape(state.language, state.canonical);
        return byte < 0x20 ? DEAD : this.character(state.language, 'string', state.canonical, byte);
      case 'part':
        return this.continueCharacter(state, byte);
      case 'escape':
        return this.escaped(state.language, state.canonical, byte);
      case 'hex':
        return this.hexDigit(state, byte);
      case 'low':
        return this.lowSurrogate(state, byte);
      case 'quote':
        return byte === QUOTE ? state.inner : DEAD;
      case 'space':
        return this.whitespace(state.inner, state.after, byte);
      case 'literal': {
        const node = state.view.child(state.node, byte);
        return node < 0 ? DEAD : this.intern(`l${state.view.id},${node}`, { ...state, node });
      }
      case 'capture': {
        const inner = this.step(state.inner, byte);
        if (inner === DEAD) return DEAD;
        const text = state.text + String.fromCharCode(byte);
        return this.intern(`c${inner},${text}`, { kind: 'capture', inner, text });
      }
    }
  }

  private whitespace(inner: number, after: number, byte: number): number {
    const blank = byte === 0x20 || byte === 0x09;
    if (after < 0) {
      if (blank || byte === 0x0a || byte === 0x0d) return this.intern(`w${inner},-1`, { kind: 'space', inner, after });
      return this.step(inner, byte);
    }
    // 0: nothing yet; 1: after a carriage return; n ≥ 2: after a line end and n - 2 blanks.
    if (after === 0 && byte === 0x20) return inner;
    const next =
      after === 0 && byte === 0x0d ? 1 : after <= 1 && byte === 0x0a ? 2 : after >= 2 && blank ? after + 1 : 0;
    if (next > 0 && next <= MOST_INDENT + 2)
      return this.intern(`w${inner},${next}`, { kind: 'space', inner, after: next });
    return next > 0 || after === 1 ? DEAD : this.step(inner, byte);
  }

  /** The first byte of a code point. */
  private character(language: Language, of: 'text' | 'string', canonical: boolean, byte: number): number {
    if (byte < 0x80) return this.advance(language, of, canonical, byte);
    const left =
      byte >= 0xf0 && byte < 0xf5 ? 3 : byte >= 0xe0 && byte < 0xf0 ? 2 : byte >= 0xc2 && byte < 0xe0 ? 1 : 0;
    if (left === 0) return DEAD;
    const bits = byte & (left === 3 ? 0x07 : left === 2 ? 0x0f : 0x1f);
    return this.openPart(language, of, canonical, bits << (6 * left), left, false);
  }

  private continueCharacter(state: State & { kind: 'part' }, byte: number): number {
    if (byte < 0x80 || byte > 0xbf) return DEAD;
    const left = state.left - 1;
    if (state.known) {
      return left === 0
        ? this.enter(state.language, state.of, state.canonical)
        : this.openPart(state.language, state.of, state.canonical, 0, left, true);
    }
    const code = state.base + ((byte & 0x3f) << (6 * left));
    if (left === 0) return isScalar(code) ? this.advance(state.language, state.of, state.canonical, code) : DEAD;
    return this.openPart(state.language, state.of, state.canonical, code, left, false);
  }

  /** `base`: the lowest code point that may still come of the bytes read; 64 to the power of `left` are open. */
  private openPart(
    language: Language,
    of: 'text' | 'string',
    canonical: boolean,
    base: number,
    left: number,
    known: boolean,
  ): number {
    const part = { kind: 'part', of, canonical, language, base, left, known } as const;
    const flags = `${of === 'text' ? 't' : canonical ? 's' : 'S'}${left}`;
    if (known) return this.intern(`k${flags},${language.id}`, part);
    const end = base + 64 ** left - 1;
    const first = this.languages.representative(language, base);
    const least = left === 2 ? 0x800 : left === 3 ? 0x10000 : 0;
    const whole = base >= least && end <= 0x10ffff && (end < 0xd800 || base > 0xdfff);
    if (whole && this.languages.representative(language, end) === first) {
      const target = this.languages.derive(language, first);
      return this.languages.isLive(target) ? this.openPart(target, of, canonical, 0, left, true) : DEAD;
    }
    if (!this.anyLive(language, Math.max(base, least), Math.min(end, 0x10ffff))) return DEAD;
    return this.intern(`p${flags},${language.id},${base}`, part);
  }

  /** Whether some code point of a stretch leads on. */
  private anyLive(language: Language, low: number, high: number): boolean {
    const breaks = this.languages.breaks(language);
    for (let index = 0; index < breaks.length; index++) {
      const start = Math.max(low, breaks[index]!);
      const end = Math.min(high, (breaks[index + 1] ?? 0x110000) - 1);
      if (start > end || (start >= 0xd800 && end <= 0xdfff)) continue;
      if (this.languages.isLive(this.languages.derive(language, breaks[index]!))) return true;
    }
    return false;
  }

  private openEscape(language: Language, canonical: boolean): number {
    for (const [byte, code] of Object.entries(SHORT_ESCAPES)) {
      if (canonical && code === 0x2f) continue;
      if (this.escaped(language, canonical, Number(byte)) !== DEAD) {
        return this.intern(`e${canonical ? 1 : 0}${language.id}`, { kind: 'escape', language, canonical });
      }
    }
    const hex = this.openHex(language, canonical, 0, 0, 0);
    return hex === DEAD
      ? DEAD
      : this.intern(`e${canonical ? 1 : 0}${language.id}`, { kind: 'escape', language, canonical });
  }

  private escaped(language: Language, canonical: boolean, byte: number): number {
    if (byte === 0x75) return this.openHex(language, canonical, 0, 0, 0);
    const code = SHORT_ESCAPES[byte];
    if (code === undefined || (canonical && code === 0x2f)) return DEAD;
    return this.advance(language, 'string', canonical, code);
  }

  private openHex(language: Language, canonical: boolean, value: number, digits: number, high: number): number {
    const size = 16 ** (4 - digits);
    const [low, top] = [value * size, value * size + size - 1];
    if (canonical) {
      if (!this.anyEscapedControl(language, low, top)) return DEAD;
    } else if (high === 0) {
      const astral = low <= 0xdbff && top >= 0xd800 && this.anyLive(language, 0x10000, 0x10ffff);
      if (!astral && !this.anyLive(language, low, top)) return DEAD;
    }
    if (high > 0 && (low > 0xdfff || top < 0xdc00)) return DEAD;
    return this.intern(`h${canonical ? 1 : 0}${language.id},${value},${digits},${high}`, {
      kind: 'hex',
      language,
      canonical,
      value,
      digits,
      high,
    });
  }

  private anyEscapedControl(language: Language, low: number, top: number): boolean {
    for (let code = low; code <= Math.min(top, 0x1f); code++) {
      if (!HAS_SHORT.has(code) && this.advance(language, 'string', true, code) !== DEAD) return true;
    }
    return false;
  }

  private hexDigit({ language, canonical, value, digits, high }: State & { kind: 'hex' }, byte: number): number {
    const digit = hexValue(byte);
    if (digit < 0) return DEAD;
    const code = value * 16 + digit;
    if (digits < 3) return this.openHex(language, canonical, code, digits + 1, high);
    if (canonical && (code > 0x1f || HAS_SHORT.has(code))) return DEAD;
    if (high > 0) {
      if (code < 0xdc00 || code > 0xdfff) return DEAD;
      return this.advance(language, 'string', canonical, 0x10000 + (high - 0xd800) * 1024 + code - 0xdc00);
    }
    if (code >= 0xd800 && code <= 0xdbff) {
      if (!this.anyLive(language, 0x10000, 0x10ffff)) return DEAD;
      return this.intern(`L${language.id},${code},0`, { kind: 'low', language, canonical, high: code, seen: 0 });
    }
    return isScalar(code) ? this.advance(language, 'string', canonical, code) : DEAD;
  }

  private lowSurrogate(state: State & { kind: 'low' }, byte: number): number {
    if (state.seen === 0) {
      if (byte !== BACKSLASH) return DEAD;
      return this.intern(`L${state.language.id},${state.high},1`, { ...state, seen: 1 });
    }
    return byte === 0x75 ? this.openHex(state.language, state.canonical, 0, 0, state.high) : DEAD;
  }

  private advance(language: Language, of: 'text' | 'string', canonical: boolean, code: number): number {
    const target = this.languages.derive(language, this.languages.representative(language, code));
    return this.languages.isLive(target) ? this.enter(target, of, canonical) : DEAD;
  }

  private enter(language: Language, of: 'text' | 'string', canonical: boolean): number {
    if (of === 'string') return this.insideString(language, canonical);
    return language.kind === 'empty' ? this.done : this.text(language);
  }

  private intern(key: string, state: State): number {
    const known = this.ids.get(key);
    if (known !== undefined) return known;
    const id = this.states.length;
    if (id >= LIMITS.lexerStates) throw tooComplex('its texts need too many states');
    this.states.push(state);
    this.ids.set(key, id);
    if (id >= this.accepts.length) this.grow();
    const { accepts, isFinal } = this.endOf(state);
    this.accepts[id] = accepts ? 1 : 0;
    this.isFinal[id] = isFinal ? 1 : 0;
    return id;
  }

  private endOf(state: State): { accepts: boolean; isFinal: boolean } {
    switch (state.kind) {
      case 'done':
        return { accepts: true, isFinal: true };
      case 'text':
        return { accepts: state.language.nullable, isFinal: state.language.kind === 'empty' };
      case 'literal':
        return { accepts: state.view.tagAt(state.node) >= 0, isFinal: state.view.isLeaf(state.node) };
      case 'capture':
        return { accepts: this.accepts[state.inner] === 1, isFinal: this.isFinal[state.inner] === 1 };
      default:
        return { accepts: false, isFinal: false };
    }
  }

  private grow(): void {
    const size = this.accepts.length * 2;
    const next = new Int32Array(256 * size);
    next.set(this.next);
    this.next = next;
    this.accepts = extended(this.accepts, size);
    this.isFinal = extended(this.isFinal, size);
  }
}

function extended(bytes: Uint8Array, size: number): Uint8Array<ArrayBuffer> {
  const larger = new Uint8Array(size);
  larger.set(bytes);
  return larger;
}

/** Whether a language only counts characters, so that it does not matter how each is spelled. */
function isFree(language: Language, languages: Languages): boolean {
  return language.kind === 'repeat' && language.item === languages.anyChar;
}

/** Where the surrogates begin and end, which no text holds. */
function isSurrogateEdge(code: number): boolean {
  return code === 0xd800 || code === 0xe000 || code === 0x110000;
}

const SCALARS: Ranges = [0, 0xd7ff, 0xe000, 0x10ffff];

function isScalar(code: number): boolean {
  return contains(SCALARS, code);
}

function hexValue(byte: number): number {
  if (byte >= 0x30 && byte <= 0x39) return byte - 0x30;
  const lower = byte | 0x20;
  return lower >= 0x61 && lower <= 0x66 ? lower - 0x57 : -1;
}
