import { FtsError } from '../../errors/fts-error.ts';
import { LIMITS } from '../limits.ts';
import { complement, DIGITS, DOT, type Ranges, SPACE, union, WORD } from './code-points.ts';

/** A regular expression of ECMAScript as a tree. */
export type Pattern =
  | { kind: 'chars'; ranges: Ranges }
  | { kind: 'sequence'; parts: Pattern[] }
  | { kind: 'choice'; options: Pattern[] }
  | { kind: 'repeat'; item: Pattern; min: number; max: number }
  | { kind: 'start' }
  | { kind: 'end' }
  | { kind: 'ahead'; item: Pattern; negative: boolean };

/** Parses ECMAScript's notation with the flag `u`, lenient where the flag only forbids. Errors: `invalid-input`. */
export function parsePattern(source: string): Pattern {
  if (source.length > LIMITS.patternChars) {
    throw refused(source, `has more than ${LIMITS.patternChars} characters`, 'Shorten it.');
  }
  return new PatternParser(source).parse();
}

export function refused(source: string, what: string, remedy: string): FtsError {
  const shown = source.length > 80 ? `${source.slice(0, 80)}…` : source;
  return new FtsError('invalid-input', `The pattern ${JSON.stringify(shown)} ${what}.`, {
    field: 'pattern',
    value: shown,
    remedy,
  });
}

const CONTROL: Record<string, number> = { n: 0x0a, r: 0x0d, t: 0x09, f: 0x0c, v: 0x0b };
const CLASSES: Record<string, Ranges> = {
  d: DIGITS,
  D: complement(DIGITS),
  w: WORD,
  W: complement(WORD),
  s: SPACE,
  S: complement(SPACE),
};

class PatternParser {
  private readonly source: string;
  private readonly chars: readonly string[];
  private at = 0;
  private depth = 0;

  constructor(source: string) {
    this.source = source;
    this.chars = [...source];
  }

  parse(): Pattern {
    const pattern = this.choice();
    if (this.at < this.chars.length) throw this.malformed('has a ) without its (');
    return pattern;
  }

  private choice(): Pattern {
    if (++this.depth > LIMITS.depth) throw refused(this.source, 'is nested too deeply', 'Flatten it.');
    const options = [this.sequence()];
    while (this.take('|')) options.push(this.sequence());
    this.depth--;
    return options.length === 1 ? options[0]! : { kind: 'choice', options };
  }

  private sequence(): Pattern {
    const parts: Pattern[] = [];
    while (this.at < this.chars.length && this.peek() !== '|' && this.peek() !== ')') {
      parts.push(this.quantified(this.atom()));
    }
    return parts.length === 1 ? parts[0]! : { kind: 'sequence', parts };
  }

  private quantified(item: Pattern): Pattern {
    const bounds = this.quantifier();
    if (bounds === undefined) return item;
    this.take('?');
    if (this.quantifier() !== undefined) throw this.malformed('has two quantifiers in a row');
    if (item.kind === 'start' || item.kind === 'end') throw this.malformed('repeats an anchor');
    return { kind: 'repeat', item, min: bounds[0], max: bounds[1] };
  }

  private quantifier(): [number, number] | undefined {
    if (this.take('*')) return [0, Infinity];
    if (this.take('+')) return [1, Infinity];
    if (this.take('?')) return [0, 1];
    if (this.peek() !== '{') return undefined;
    const text = this.chars.slice(this.at, this.at + 24).join('');
    const match = /^\{(\d+)(?:(,)(\d*))?\}/.exec(text);
    if (match === null) return undefined;
    this.at += match[0].length;
    const min = Number(match[1]);
    const max = match[2] === undefined ? min : match[3] === '' ? Infinity : Number(match[3]);
    if (max < min) throw this.malformed('has a quantifier whose most is below its least');
    return [min, max];
  }

  private atom(): Pattern {
    const char = this.chars[this.at++]!;
    switch (char) {
      case '^':
        return { kind: 'start' };
      case '$':
        return { kind: 'end' };
      case '.':
        return { kind: 'chars', ranges: DOT };
      case '(':
        return this.group();
      case '[':
        return { kind: 'chars', ranges: this.charClass() };
      case '\\':
        return this.escape();
      case '*':
      case '+':
      case '?':
        throw this.malformed(`has nothing before ${char}`);
      default:
        return literal(char);
    }
  }

  private group(): Pattern {
    if (!this.take('?')) return this.closed();
    if (this.take(':')) return this.closed();
    if (this.take('=')) return { kind: 'ahead', item: this.closed(), negative: false };
    if (this.take('!')) return { kind: 'ahead', item: this.closed(), negative: true };
    if (this.take('<')) {
      if (this.peek() === '=' || this.peek() === '!') {
        throw refused(this.source, 'looks behind, which is not supported', 'Say it without (?<= and (?<!.');
      }
      while (this.at < this.chars.length && !this.take('>')) this.at++;
      return this.closed();
    }
    throw this.malformed('has a group of an unknown kind');
  }

  private closed(): Pattern {
    const inner = this.choice();
    if (!this.take(')')) throw this.malformed('has a ( without its )');
    return inner;
  }

  private escape(): Pattern {
    const char = this.chars[this.at++];
    if (char === undefined) throw this.malformed('ends in a backslash');
    if (char === 'b' || char === 'B') {
      throw refused(this.source, `uses \\${char}, which is not supported`, 'Name the characters around it instead.');
    }
    if (/[1-9]/.test(char) || char === 'k') {
      throw refused(this.source, 'refers back to a group, which is not supported', 'Write the group out again.');
    }
    const ranges = this.classEscape(char);
    return ranges === undefined ? literal(String.fromCodePoint(this.codeEscape(char))) : { kind: 'chars', ranges };
  }

  private classEscape(char: string): Ranges | undefined {
    if (char in CLASSES) return CLASSES[char];
    if (char !== 'p' && char !== 'P') return undefined;
    const match = /^\{([\w=]+)\}/.exec(this.chars.slice(this.at, this.at + 60).join(''));
    if (match === null) throw this.malformed(`has \\${char} without a property`);
    this.at += match[0].length;
    const ranges = unicodeProperty(match[1]!);
    if (ranges === undefined) throw this.malformed(`names an unknown property ${match[1]}`);
    return char === 'p' ? ranges : complement(ranges);
  }

  private codeEscape(char: string): number {
    const control = CONTROL[char];
    if (control !== undefined) return control;
    if (char === '0') return 0;
    if (char === 'x') return this.hex(2) ?? this.identity(char);
    if (char === 'c') {
      const letter = this.chars[this.at] ?? '';
      if (!/[A-Za-z]/.test(letter)) throw this.malformed('has \\c without a letter');
      this.at++;
      return letter.charCodeAt(0) % 32;
    }
    if (char === 'u') return this.unicodeEscape() ?? this.identity(char);
    return this.identity(char);
  }

  private identity(char: string): number {
    if (/[A-Za-z]/.test(char)) throw this.malformed(`has the unknown escape \\${char}`);
    return char.codePointAt(0)!;
  }

  private unicodeEscape(): number | undefined {
    if (this.peek() === '{') {
      const match = /^\{([0-9a-fA-F]{1,6})\}/.exec(this.chars.slice(this.at, this.at + 8).join(''));
      if (match === null || Number.parseInt(match[1]!, 16) > 0x10ffff) return undefined;
      this.at += match[0].length;
      return Number.parseInt(match[1]!, 16);
    }
    const first = this.hex(4);
    if (first === undefined || first < 0xd800 || first > 0xdbff) return first;
    const back = this.at;
    if (this.take('\\') && this.take('u')) {
      const second = this.hex(4);
      if (second !== undefined && second >= 0xdc00 && second <= 0xdfff) {
        return 0x10000 + (first - 0xd800) * 1024 + second - 0xdc00;
      }
    }
    this.at = back;
    return first;
  }

  private hex(digits: number): number | undefined {
    const text = this.chars.slice(this.at, this.at + digits).join('');
    if (text.length < digits || !/^[0-9a-fA-F]+$/.test(text)) return undefined;
    this.at += digits;
    return Number.parseInt(text, 16);
  }

  private charClass(): Ranges {
    const negative = this.take('^');
    const sets: Ranges[] = [];
    while (!this.take(']')) {
      const low = this.classAtom();
      if (typeof low === 'number' && this.peek() === '-' && (this.chars[this.at + 1] ?? ']') !== ']') {
        this.at++;
        const high = this.classAtom();
        if (typeof high !== 'number') sets.push([low, low], [0x2d, 0x2d], high);
        else if (high < low) throw this.malformed('has a range whose end is below its start');
        else sets.push([low, high]);
      } else sets.push(typeof low === 'number' ? [low, low] : low);
    }
    const ranges = union(...sets);
    return negative ? complement(ranges) : ranges;
  }

  private classAtom(): number | Ranges {
    const char = this.chars[this.at++];
    if (char === undefined) throw this.malformed('has a [ without its ]');
    if (char !== '\\') return char.codePointAt(0)!;
    const escaped = this.chars[this.at++];
    if (escaped === undefined) throw this.malformed('ends in a backslash');
    if (escaped === 'b') return 0x08;
    if (escaped === '-') return 0x2d;
    return this.classEscape(escaped) ?? this.codeEscape(escaped);
  }

  private peek(): string | undefined {
    return this.chars[this.at];
  }

  private take(char: string): boolean {
    if (this.chars[this.at] !== char) return false;
    this.at++;
    return true;
  }

  private malformed(what: string): FtsError {
    return refused(this.source, what, 'Correct it; the notation is that of ECMAScript.');
  }
}

function literal(char: string): Pattern {
  const code = char.codePointAt(0)!;
  return { kind: 'chars', ranges: union([code, code]) };
}

const properties = new Map<string, Ranges>();

/** The code points of a Unicode property, asked of the JavaScript engine once. */
function unicodeProperty(name: string): Ranges | undefined {
  const known = properties.get(name);
  if (known !== undefined) return known;
  let test: RegExp;
  try {
    test = new RegExp(`^\\p{${name}}$`, 'u');
  } catch {
    return undefined;
  }
  const ranges: number[] = [];
  for (let code = 0; code <= 0x10ffff; code++) {
    if (code === 0x3_0000 + 0x4000) code = 0xe0000; // unassigned planes
    if ((code >= 0xd800 && code <= 0xdfff) || !test.test(String.fromCodePoint(code))) continue;
    if (ranges.length > 0 && ranges[ranges.length - 1] === code - 1) ranges[ranges.length - 1] = code;
    else ranges.push(code, code);
  }
  properties.set(name, ranges);
  return ranges;
}
