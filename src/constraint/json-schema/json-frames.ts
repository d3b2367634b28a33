import type { Lexer, Whitespace } from '../lexer.ts';
import { type Emit, END_FRAME, type Frame, type StackSet } from '../pushdown.ts';
import { type ArrayProgress, type ArrayShape, arrayKey, decodeBytes } from './array-shape.ts';
import { type ObjectProgress, type ObjectShape, progressKey } from './object-shape.ts';
import type { ValueState, ValueStates } from './value-states.ts';

/** The frames of JSON text that satisfies a schema, made when first needed. */
export class JsonFrames {
  private readonly states: ValueStates;
  private readonly lexer: Lexer;
  private readonly whitespace: Whitespace;
  private readonly frames = new Map<string, Frame>();
  private ids = 0;
  private readonly marks: Record<'{' | '}' | '[' | ']' | ',' | ':', number>;
  private readonly openings: Record<'{' | '[', number>;
  private readonly valueLexemes = new WeakMap<ValueState, { scalars: number; string: number }>();

  constructor(states: ValueStates, lexer: Lexer, whitespace: Whitespace) {
    this.states = states;
    this.lexer = lexer;
    this.whitespace = whitespace;
    const { languages } = states;
    const mark = (char: string): number => {
      const plain = lexer.text(languages.text(char));
      // Nobody writes white space before a colon or a comma.
      const isTight = whitespace === 'bounded' && (char === ':' || char === ',');
      return isTight ? plain : lexer.spaced(plain, whitespace);
    };
    this.marks = { '{': mark('{'), '}': mark('}'), '[': mark('['), ']': mark(']'), ',': mark(','), ':': mark(':') };
    this.openings = { '{': lexer.text(languages.text('{')), '[': lexer.text(languages.text('[')) };
  }

  /** What may come where a value begins. `first`: at the very start, where no white space is written. */
  value(state: ValueState, emit: Emit, parents: StackSet, first = false): void {
    const { scalars, string } = this.lexemes(state);
    const spaced = (lexeme: number): number => (first ? lexeme : this.lexer.spaced(lexeme, this.whitespace));
    emit.lexeme(spaced(scalars), END_FRAME, parents);
    emit.lexeme(spaced(string), END_FRAME, parents);
    this.structures(state, emit, parents, first);
  }

  private structures(state: ValueState, emit: Emit, parents: StackSet, first: boolean): void {
    const marks = first ? this.openings : this.marks;
    for (const shape of this.states.arrays(state)) {
      if (shape.isAlive()) emit.lexeme(marks['['], this.arrayOpened(shape), parents);
    }
    for (const shape of this.states.objects(state)) {
      if (shape.isAlive()) emit.lexeme(marks['{'], this.objectOpened(shape), parents);
    }
  }

  private lexemes(state: ValueState): { scalars: number; string: number } {
    let lexemes = this.valueLexemes.get(state);
    if (lexemes === undefined) {
      const { languages, numbers } = this.states;
      const { mask, string, number } = this.states.scalars(state);
      const words = ['null', 'false', 'true'].filter((_, bit) => (mask >> bit) & 1).map((word) => languages.text(word));
      const scalars = languages.or(...words, numbers.texts(number));
      lexemes = { scalars: this.lexer.text(scalars), string: this.lexer.string(string) };
      this.valueLexemes.set(state, lexemes);
    }
    return lexemes;
  }

  private frame(key: string, resume: Frame['resume']): Frame {
    let frame = this.frames.get(key);
    if (frame === undefined) {
      frame = { id: this.ids++, resume };
      this.frames.set(key, frame);
    }
    return frame;
  }

  private objectOpened(shape: ObjectShape): Frame {
    return this.frame(`{${shape.id}`, (emit, parents) => {
      if (shape.canClose(shape.start)) emit.lexeme(this.marks['}'], END_FRAME, parents);
      this.names(shape, shape.start, emit, parents);
    });
  }

  private names(shape: ObjectShape, progress: ObjectProgress, emit: Emit, parents: StackSet): void {
    const known = this.lexer.literal(shape.nextNames(progress));
    emit.lexeme(this.lexer.spaced(known, this.whitespace), this.named(shape, progress), parents);
    shape.open.forEach((other, index) => {
      for (const option of shape.otherOptions(progress, other)) {
        const name = this.lexer.string(option.language);
        const lexeme = shape.countsOthers ? this.lexer.captured(name) : name;
        const frame = this.otherNamed(shape, index, option.value, option.next);
        emit.lexeme(this.lexer.spaced(lexeme, this.whitespace), frame, parents);
      }
    });
  }

  private named(shape: ObjectShape, progress: ObjectProgress): Frame {
    return this.frame(`n${shape.id},${progressKey(progress)}`, (emit, parents, tag) => {
      for (const { value, next } of shape.nameOptions(progress, tag)) {
        emit.lexeme(this.marks[':'], this.colon(shape, value, next), parents);
      }
    });
  }

  private otherNamed(shape: ObjectShape, index: number, value: ValueState, next: ObjectProgress): Frame {
    return this.frame(`o${shape.id},${index},${value.id},${progressKey(next)}`, (emit, parents, _tag, text) => {
      const others = text === undefined ? next.others : [...next.others, JSON.parse(decodeBytes(text)) as string];
      const then = { ...next, others };
      emit.lexeme(this.marks[':'], this.colon(shape, value, then), parents);
    });
  }

  private colon(shape: ObjectShape, value: ValueState, next: ObjectProgress): Frame {
    return this.frame(`:${shape.id},${value.id},${progressKey(next)}`, (emit, parents) => {
      this.value(value, emit, emit.push(this.propertyEnded(shape, next), parents));
    });
  }

  private propertyEnded(shape: ObjectShape, progress: ObjectProgress): Frame {
    return this.frame(`p${shape.id},${progressKey(progress)}`, (emit, parents) => {
      if (shape.canClose(progress)) emit.lexeme(this.marks['}'], END_FRAME, parents);
      if (shape.canContinue(progress)) emit.lexeme(this.marks[','], this.comma(shape, progress), parents);
    });
  }

  private comma(shape: ObjectShape, progress: ObjectProgress): Frame {
    return this.frame(`,${shape.id},${progressKey(progress)}`, (emit, parents) => {
      this.names(shape, progress, emit, parents);
    });
  }

  private arrayOpened(shape: ArrayShape): Frame {
    return this.frame(`[${shape.id}`, (emit, parents) => {
      if (shape.canClose(shape.start)) emit.lexeme(this.marks[']'], END_FRAME, parents);
      this.items(shape, shape.start, emit, parents);
    });
  }

  private items(shape: ArrayShape, progress: ArrayProgress, emit: Emit, parents: StackSet): void {
    for (const { value, next } of shape.itemOptions(progress)) {
      const ended = this.itemEnded(shape, next);
      if (!shape.unique) this.value(value, emit, emit.push(ended, parents));
      else {
        const lexemes = shape.uniqueLexemes(value, progress.seen);
        const capture = (lexeme: number): number => this.lexer.spaced(this.lexer.captured(lexeme), this.whitespace);
        emit.lexeme(capture(this.lexer.text(lexemes.scalars)), ended, parents);
        emit.lexeme(capture(this.lexer.string(lexemes.string)), ended, parents);
      }
    }
  }

  private itemEnded(shape: ArrayShape, reached: ArrayProgress): Frame {
    return this.frame(`i${shape.id},${arrayKey(reached)}`, (emit, parents, _tag, text) => {
      const progress = text === undefined ? reached : shape.withSeen(reached, text);
      if (shape.canClose(progress)) emit.lexeme(this.marks[']'], END_FRAME, parents);
      if (shape.canContinue(progress)) emit.lexeme(this.marks[','], this.itemComma(shape, progress), parents);
    });
  }

  private itemComma(shape: ArrayShape, progress: ArrayProgress): Frame {
    return this.frame(`;${shape.id},${arrayKey(progress)}`, (emit, parents) => {
      this.items(shape, progress, emit, parents);
    });
  }
}
