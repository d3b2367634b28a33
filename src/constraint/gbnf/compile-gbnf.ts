import { FtsError } from '../../errors/fts-error.ts';
import { LIMITS, tooComplex } from '../limits.ts';
import { type Emit, END_FRAME, type Frame, Pushdown, type StackSet } from '../pushdown.ts';
import type { Language } from '../regular/language.ts';
import type { Workshop } from '../workshop.ts';
import { type Expression, parseGbnf, type Rules } from './gbnf-syntax.ts';

/** An expression ready to be read: a regular language as one lexeme, or parts with rules that lead back to themselves. */
type Part =
  | { kind: 'lexeme'; id: number; language: Language }
  | { kind: 'sequence'; id: number; parts: readonly Part[] }
  | { kind: 'choice'; id: number; parts: readonly Part[] }
  | { kind: 'repeat'; id: number; part: Part; min: number; max: number }
  | { kind: 'rule'; id: number; name: string };

/**
 * The automaton of a GBNF grammar, from its rule `root`. Errors: `invalid-input` for one that does not parse, that is left
 * recursive (as in llama.cpp), or that would take too much time or memory.
 */
export function compileGbnf(source: string, workshop: Workshop): Pushdown {
  const { languages } = workshop.lexer;
  languages.allow(LIMITS.compileWork);
  try {
    const rules = parseGbnf(source);
    refuseLeftRecursion(rules);
    const grammar = new GbnfGrammar(rules, workshop);
    return new Pushdown(workshop.lexer, (emit, parents) => grammar.start('root', emit, parents));
  } catch (error) {
    if (error instanceof RangeError) throw tooComplex('its rules are nested too deeply');
    throw error;
  }
}

class GbnfGrammar {
  private readonly rules: Rules;
  private readonly workshop: Workshop;
  private readonly recursive: ReadonlySet<string>;
  private readonly regular = new Map<string, Language>();
  private readonly bodies = new Map<string, Part>();
  private readonly frames = new Map<string, Frame>();
  private ids = 0;

  constructor(rules: Rules, workshop: Workshop) {
    this.rules = rules;
    this.workshop = workshop;
    this.recursive = recursiveRules(rules);
    for (const [name, body] of rules) this.bodies.set(name, this.part(body));
  }

  start(name: string, emit: Emit, parents: StackSet): void {
    this.read(this.bodies.get(name)!, END_FRAME, emit, parents);
  }

  /** Begins to read a part; `next` goes on at its end. */
  private read(part: Part, next: Frame, emit: Emit, parents: StackSet): void {
    switch (part.kind) {
      case 'lexeme':
        if (part.language.nullable) this.proceed(next, emit, parents);
        emit.lexeme(this.workshop.lexer.text(part.language), next, parents);
        return;
      case 'sequence':
        this.readFrom(part, 0, next, emit, parents);
        return;
      case 'choice':
        for (const option of part.parts) this.read(option, next, emit, parents);
        return;
      case 'repeat':
        this.round(part, 0, next, emit, parents);
        return;
      case 'rule': {
        const above = next === END_FRAME ? parents : emit.push(next, parents);
        // Through a frame of its own, so that a rule that begins in many ways at once is begun once.
        const begin = this.frame(`r${part.name}`, (inner, set) => this.start(part.name, inner, set));
        emit.ended(emit.push(begin, above));
      }
    }
  }

  private readFrom(part: Part & { kind: 'sequence' }, at: number, next: Frame, emit: Emit, parents: StackSet): void {
    if (at === part.parts.length) this.proceed(next, emit, parents);
    else if (at === part.parts.length - 1) this.read(part.parts[at]!, next, emit, parents);
    else {
      const rest = this.frame(`s${part.id},${at + 1},${next.id}`, (inner, set) => {
        this.readFrom(part, at + 1, next, inner, set);
      });
      this.read(part.parts[at]!, rest, emit, parents);
    }
  }

  private round(part: Part & { kind: 'repeat' }, done: number, next: Frame, emit: Emit, parents: StackSet): void {
    if (done >= part.min) this.proceed(next, emit, parents);
    if (done >= part.max) return;
    const count = part.max === Infinity ? Math.min(done + 1, part.min) : done + 1;
    const again = this.frame(`*${part.id},${count},${next.id}`, (inner, set) => {
      this.round(part, count, next, inner, set);
    });
    this.read(part.part, again, emit, parents);
  }

  private proceed(next: Frame, emit: Emit, parents: StackSet): void {
    emit.ended(next === END_FRAME ? parents : emit.push(next, parents));
  }

  private frame(key: string, resume: (emit: Emit, parents: StackSet) => void): Frame {
    let frame = this.frames.get(key);
    if (frame === undefined) {
      frame = { id: this.ids++, resume };
      this.frames.set(key, frame);
    }
    return frame;
  }

  private part(expression: Expression): Part {
    const id = this.ids++;
    if (this.isRegular(expression)) return { kind: 'lexeme', id, language: this.language(expression) };
    switch (expression.kind) {
      case 'sequence':
        return { kind: 'sequence', id, parts: this.grouped(expression.items) };
      case 'choice':
        return { kind: 'choice', id, parts: expression.options.map((option) => this.part(option)) };
      case 'repeat':
        return { kind: 'repeat', id, part: this.part(expression.item), min: expression.min, max: expression.max };
      case 'rule':
        return { kind: 'rule', id, name: expression.name };
      case 'chars':
        return { kind: 'lexeme', id, language: this.language(expression) };
    }
  }

  /** The parts of a sequence; neighbours that are regular become one lexeme. */
  private grouped(items: readonly Expression[]): Part[] {
    const parts: Part[] = [];
    for (const item of items) {
      const part = this.part(item);
      const last = parts[parts.length - 1];
      if (part.kind === 'lexeme' && last?.kind === 'lexeme') {
        last.language = this.workshop.lexer.languages.concat(last.language, part.language);
      } else parts.push(part);
    }
    return parts;
  }

  private isRegular(expression: Expression): boolean {
    switch (expression.kind) {
      case 'chars':
        return true;
      case 'sequence':
        return expression.items.every((item) => this.isRegular(item));
      case 'choice':
        return expression.options.every((option) => this.isRegular(option));
      case 'repeat':
        return this.isRegular(expression.item);
      case 'rule':
        return !this.recursive.has(expression.name);
    }
  }

  private language(expression: Expression): Language {
    const { languages } = this.workshop.lexer;
    languages.charge(1);
    switch (expression.kind) {
      case 'chars':
        return languages.chars(expression.ranges);
      case 'sequence':
        return languages.sequence(...expression.items.map((item) => this.language(item)));
      case 'choice':
        return languages.or(...expression.options.map((option) => this.language(option)));
      case 'repeat':
        return languages.repeat(this.language(expression.item), expression.min, expression.max);
      case 'rule': {
        let language = this.regular.get(expression.name);
        if (language === undefined) {
          language = this.language(this.rules.get(expression.name)!);
          this.regular.set(expression.name, language);
        }
        return language;
      }
    }
  }
}

/** The rules that lead to one that leads back to itself. */
function recursiveRules(rules: Rules): Set<string> {
  const uses = new Map([...rules].map(([name, body]) => [name, rulesIn(body)] as const));
  const state = new Map<string, 'open' | 'regular' | 'recursive'>();
  const visit = (name: string): boolean => {
    const known = state.get(name);
    if (known !== undefined) return known !== 'regular';
    state.set(name, 'open');
    let isRecursive = false;
    for (const used of uses.get(name)!) if (visit(used)) isRecursive = true;
    state.set(name, isRecursive ? 'recursive' : 'regular');
    return isRecursive;
  };
  const recursive = new Set<string>();
  for (const name of rules.keys()) if (visit(name)) recursive.add(name);
  return recursive;
}

function rulesIn(expression: Expression): string[] {
  switch (expression.kind) {
    case 'chars':
      return [];
    case 'sequence':
      return expression.items.flatMap(rulesIn);
    case 'choice':
      return expression.options.flatMap(rulesIn);
    case 'repeat':
      return rulesIn(expression.item);
    case 'rule':
      return [expression.name];
  }
}

/** A rule that may begin with itself would never read anything. */
function refuseLeftRecursion(rules: Rules): void {
  const nullable = nullableRules(rules);
  const done = new Set<string>();
  const open = new Set<string>();
  const visit = (name: string): void => {
    if (done.has(name)) return;
    if (open.has(name)) {
      throw new FtsError('invalid-input', `The grammar's rule ${name} is left recursive: it may begin with itself.`, {
        field: 'grammar',
        value: name,
        remedy: 'Put the repeated part last, or use * and +.',
      });
    }
    open.add(name);
    for (const first of firstRules(rules.get(name)!, nullable)) visit(first);
    open.delete(name);
    done.add(name);
  };
  for (const name of rules.keys()) visit(name);
}

function firstRules(expression: Expression, nullable: ReadonlySet<string>): string[] {
  switch (expression.kind) {
    case 'chars':
      return [];
    case 'sequence': {
      const found: string[] = [];
      for (const item of expression.items) {
        found.push(...firstRules(item, nullable));
        if (!mayBeEmpty(item, nullable)) break;
      }
      return found;
    }
    case 'choice':
      return expression.options.flatMap((option) => firstRules(option, nullable));
    case 'repeat':
      return firstRules(expression.item, nullable);
    case 'rule':
      return [expression.name];
  }
}

function nullableRules(rules: Rules): Set<string> {
  const nullable = new Set<string>();
  for (let size = -1; size !== nullable.size; ) {
    size = nullable.size;
    for (const [name, body] of rules) if (mayBeEmpty(body, nullable)) nullable.add(name);
  }
  return nullable;
}

function mayBeEmpty(expression: Expression, nullable: ReadonlySet<string>): boolean {
  switch (expression.kind) {
    case 'chars':
      return false;
    case 'sequence':
      return expression.items.every((item) => mayBeEmpty(item, nullable));
    case 'choice':
      return expression.options.some((option) => mayBeEmpty(option, nullable));
    case 'repeat':
      return expression.min === 0 || mayBeEmpty(expression.item, nullable);
    case 'rule':
      return nullable.has(expression.name);
  }
}
