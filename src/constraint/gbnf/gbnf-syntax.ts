import { FtsError } from '../../errors/fts-error.ts';
import { LIMITS } from '../limits.ts';
import { ALL_CODE_POINTS, complement, type Ranges, union } from '../regular/code-points.ts';

/** The right-hand side of a rule. */
export type Expression =
  | { kind: 'chars'; ranges: Ranges }
  | { kind: 'sequence'; items: readonly Expression[] }
  | { kind: 'choice'; options: readonly Expression[] }
  | { kind: 'repeat'; item: Expression; min: number; max: number }
  | { kind: 'rule'; name: string };

export type Rules = ReadonlyMap<string, Expression>;

/** Parses llama.cpp's grammar notation. Errors: `invalid-input` with the line at fault. */
export function parseGbnf(source: string): Rules {
  if (source.length > LIMITS.grammarChars)
    throw new GbnfParser('').error(`has more than ${LIMITS.grammarChars} characters`);
  return new GbnfParser(source).parse();
}

class GbnfParser {
  private readonly source: string;
  private at = 0;
  private depth = 0;

  constructor(source: string) {
    this.source = source;
  }

  parse(): Rules {
    const rules = new Map<string, Expression>();
    const used: string[] = [];
    this.space(true);
    while (this.at < this.source.length) {
      const name = this.name();
      this.space(false);
      if (!this.source.startsWith('::=', this.at)) throw this.error('lacks the ::= of a rule');
      this.at += 3;
      this.space(true);
      rules.set(name, this.choice(false, used));
      if (this.at < this.source.length && !this.lineEnd()) throw this.error('has something unexpected after a rule');
      this.space(true);
    }
    if (!rules.has('root')) throw this.error('lacks the rule root');
    for (const name of used) if (!rules.has(name)) throw this.error(`uses the rule ${name}, which it does not define`);
    return rules;
  }

  error(what: string): FtsError {
    const line = this.source.slice(0, this.at).split('\n').length;
    return new FtsError('invalid-input', `The grammar ${what} (line ${line}).`, {
      field: 'grammar',
      value: this.source.slice(0, 200),
      remedy: 'Correct the grammar; the notation is described in grammars/README.md of llama.cpp.',
    });
  }

  private choice(nested: boolean, used: string[]): Expression {
    if (++this.depth > LIMITS.depth) throw this.error('is nested too deeply');
    const options = [this.sequence(nested, used)];
    while (this.source[this.at] === '|') {
      this.at++;
      this.space(true);
      options.push(this.sequence(nested, used));
    }
    this.depth--;
    return options.length === 1 ? options[0]! : { kind: 'choice', options };
  }

  private sequence(nested: boolean, used: string[]): Expression {
    const items: Expression[] = [];
    for (;;) {
      const item = this.item(used);
      if (item === undefined) break;
      this.space(nested);
      const repeated = this.repetition(item, nested);
      items.push(repeated);
    }
    return items.length === 1 ? items[0]! : { kind: 'sequence', items };
  }

  private item(used: string[]): Expression | undefined {
    const char = this.source[this.at];
    if (char === undefined) return undefined;
    if (char === '"') return this.literal();
    if (char === '[') return this.charClass();
    if (char === '.') {
      this.at++;
      return { kind: 'chars', ranges: ALL_CODE_POINTS };
    }
    if (char === '(') {
      this.at++;
      this.space(true);
      const inner = this.choice(true, used);
      if (this.source[this.at] !== ')') throw this.error('has a ( without its )');
      this.at++;
      return inner;
    }
    if (char === '<' || char === '!') throw this.error('names a token, which is not supported');
    if (!isNameChar(char)) return undefined;
    const name = this.name();
    used.push(name);
    return { kind: 'rule', name };
  }

  private repetition(item: Expression, nested: boolean): Expression {
    let repeated = item;
    for (;;) {
      const bounds = this.bounds();
      if (bounds === undefined) return repeated;
      repeated = { kind: 'repeat', item: repeated, min: bounds[0], max: bounds[1] };
      this.space(nested);
    }
  }

  private bounds(): [number, number] | undefined {
    const char = this.source[this.at];
    if (char === '*' || char === '+' || char === '?') {
      this.at++;
      return [char === '+' ? 1 : 0, char === '?' ? 1 : Infinity];
    }
    if (char !== '{') return undefined;
    const match = /^\{\s*(\d+)\s*(?:(,)\s*(\d*)\s*)?\}/.exec(this.source.slice(this.at, this.at + 60));
    if (match === null) throw this.error('has a { that is no repetition');
    this.at += match[0].length;
    const min = Number(match[1]);
    const max = match[2] === undefined ? min : match[3] === '' ? Infinity : Number(match[3]);
    if (max < min) throw this.error(`repeats at least ${min} and at most ${max} times`);
    return [min, max];
  }

  private literal(): Expression {
    this.at++;
    const items: Expression[] = [];
    while (this.source[this.at] !== '"') {
      if (this.at >= this.source.length) throw this.error('has a " without its end');
      const code = this.char();
      items.push({ kind: 'chars', ranges: [code, code] });
    }
    this.at++;
    return items.length === 1 ? items[0]! : { kind: 'sequence', items };
  }

  private charClass(): Expression {
    this.at++;
    const negative = this.source[this.at] === '^';
    if (negative) this.at++;
    const sets: Ranges[] = [];
    while (this.source[this.at] !== ']') {
      if (this.at >= this.source.length) throw this.error('has a [ without its ]');
      const low = this.char();
      let high = low;
      if (this.source[this.at] === '-' && this.source[this.at + 1] !== ']') {
        this.at++;
        if (this.at >= this.source.length) throw this.error('has a [ without its ]');
        high = this.char();
      }
      sets.push(low <= high ? [low, high] : []);
    }
    this.at++;
    const ranges = union(...sets);
    return { kind: 'chars', ranges: negative ? complement(ranges) : ranges };
  }

  private char(): number {
    const code = this.source.codePointAt(this.at)!;
    this.at += code > 0xffff ? 2 : 1;
    if (code !== 0x5c) return code;
    const escaped = this.source[this.at++];
    const digits = { x: 2, u: 4, U: 8 }[escaped ?? ''];
    if (digits !== undefined) {
      const hex = this.source.slice(this.at, this.at + digits);
      if (!/^[0-9a-fA-F]+$/.test(hex) || hex.length < digits)
        throw this.error(`has \\${escaped} without ${digits} digits`);
      this.at += digits;
      return Number.parseInt(hex, 16);
    }
    const simple = { t: 9, r: 13, n: 10, '\\': 0x5c, '"': 0x22, '[': 0x5b, ']': 0x5d, '-': 0x2d }[escaped ?? ''];
    if (simple === undefined) throw this.error(`has the unknown escape \\${escaped ?? ''}`);
    return simple;
  }

  private name(): string {
    const start = this.at;
    while (isNameChar(this.source[this.at])) this.at++;
    if (start === this.at)
      throw this.error(`has ${JSON.stringify(this.source[this.at] ?? 'its end')} where a name must be`);
    return this.source.slice(start, this.at);
  }

  private space(newlines: boolean): void {
    for (;;) {
      const char = this.source[this.at];
      if (char === '#') while (this.at < this.source.length && !/[\r\n]/.test(this.source[this.at]!)) this.at++;
      else if (char === ' ' || char === '\t' || (newlines && (char === '\n' || char === '\r'))) this.at++;
      else return;
    }
  }

  private lineEnd(): boolean {
    const match = /^\r?\n/.exec(this.source.slice(this.at, this.at + 2));
    this.at += match?.[0].length ?? 0;
    return match !== null;
  }
}

function isNameChar(char: string | undefined): boolean {
  return char !== undefined && /[a-zA-Z0-9-]/.test(char);
}
