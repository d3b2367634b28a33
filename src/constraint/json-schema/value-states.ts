import { LIMITS, tooComplex } from '../limits.ts';
import type { Language, Languages } from '../regular/language.ts';
import type { NumberLanguages, NumberSet } from '../regular/number-language.ts';
import { type ArrayShape, arrayShape } from './array-shape.ts';
import {
  type Branch,
  conjoin,
  hasContradiction,
  NO_RULES,
  negatedArray,
  negatedObject,
  silenced,
  withUnevaluated,
} from './branch.ts';
import { type ObjectShape, objectShape } from './object-shape.ts';
import { unsupported } from './schema-error.ts';
import { KIND, type Part, type SchemaNode, type SchemaReader } from './schema-node.ts';

/** A schema that must hold, or must not. */
export interface Literal {
  node: SchemaNode;
  positive: boolean;
}

/** A conjunction of literals: what one value in the document must satisfy. Equal conjunctions are the same object. */
export interface ValueState {
  readonly id: number;
  readonly literals: readonly Literal[];
  scalars?: Scalars;
  objects?: readonly ObjectShape[];
  arrays?: readonly ArrayShape[];
  alive?: boolean;
  /** While its liveness is being found out: how deep in the search. */
  depth?: number;
}

/** The scalars of a state: bits of `KIND` for null and the booleans, and the languages of strings and numbers. */
export interface Scalars {
  mask: number;
  string: Language;
  number: NumberSet;
}

/** How assertions of one kind of value are combined; schemas are walked the same way for each. */
interface Logic<T> {
  name: string;
  top: T;
  bottom: T;
  and(a: T, b: T): T;
  or(a: T, b: T): T;
  isEmpty(value: T): boolean;
  part(part: Part, positive: boolean, path: string): T;
  /** The whole of a schema whose `unevaluated…` judges what its other assertions left over. */
  node?(node: SchemaNode, value: T, positive: boolean): T;
  /** Whether overlapping alternatives must be kept apart, so that each tells what it evaluated. */
  exact?: boolean;
  /** Drops what a failed schema evaluated. */
  silence?(value: T): T;
}

const SCALAR_KINDS = KIND.null | KIND.false | KIND.true;

/**
 * The states of a schema: what every value may be, worked out when first asked for. Scalars are regular languages, so any
 * combination of assertions on them is decided; objects and arrays are alternatives of merged rules.
 */
export class ValueStates {
  /** Numbers shapes. */
  shapes = 0;
  /** Tells this document's literals from those of others in the same lexer. */
  readonly id: number;
  readonly objectShapes = new WeakMap<Branch, ObjectShape>();
  readonly arrayShapes = new WeakMap<Branch, ArrayShape>();
  readonly languages: Languages;
  readonly numbers: NumberLanguages;
  readonly reader: SchemaReader;
  readonly any: ValueState;
  readonly never: ValueState;
  private readonly states = new Map<string, ValueState>();
  private readonly walks = new Map<string, unknown>();
  private readonly walking = new Set<string>();
  /** The shallowest open state that the present search leaned on. */
  private leanedOn = Infinity;

  constructor(id: number, languages: Languages, numbers: NumberLanguages, reader: SchemaReader) {
    this.id = id;
    this.languages = languages;
    this.numbers = numbers;
    this.reader = reader;
    this.any = this.state([]);
    this.never = this.state([{ node: reader.false, positive: true }]);
  }

  get size(): number {
    return this.states.size;
  }

  state(literals: readonly Literal[]): ValueState {
    const byKey = new Map<number, Literal>();
    for (const literal of literals) {
      const { node, positive } = behindReferences(literal);
      if (node === (positive ? this.reader.true : this.reader.false)) continue;
      const opposite = byKey.get(positive ? -1 - node.id : node.id);
      if (node === (positive ? this.reader.false : this.reader.true) || opposite !== undefined) {
        byKey.clear();
        byKey.set(this.reader.false.id, { node: this.reader.false, positive: true });
        break;
      }
      byKey.set(positive ? node.id : -1 - node.id, { node, positive });
    }
    const key = [...byKey.keys()].sort((a, b) => a - b).join(',');
    let state = this.states.get(key);
    if (state === undefined) {
      if (this.states.size >= LIMITS.schemaStates) throw tooComplex('its parts combine in too many ways');
      this.languages.charge(4);
      state = { id: this.states.size, literals: [...byKey.values()] };
      this.states.set(key, state);
    }
    return state;
  }

  scalars(state: ValueState): Scalars {
    if (state.scalars === undefined) {
      let mask: number = SCALAR_KINDS;
      let string = this.languages.all;
      let number = this.numbers.all;
      for (const { node, positive } of state.literals) {
        mask &= this.walk(node, positive, this.maskLogic);
        string = this.languages.and(string, this.walk(node, positive, this.stringLogic));
        number = this.numbers.and(number, this.walk(node, positive, this.numberLogic));
      }
      state.scalars = { mask, string, number };
    }
    return state.scalars;
  }

  objects(state: ValueState): readonly ObjectShape[] {
    state.objects ??= this.branches(state, this.objectLogic).map((branch) => objectShape(this, branch));
    return state.objects;
  }

  arrays(state: ValueState): readonly ArrayShape[] {
    state.arrays ??= this.branches(state, this.arrayLogic).map((branch) => arrayShape(this, branch));
    return state.arrays;
  }

  /** Whether some value satisfies the state: the least fixed point over recursive schemas. */
  isAlive(state: ValueState): boolean {
    if (state.alive !== undefined) return state.alive;
    if (state.depth !== undefined) {
      this.leanedOn = Math.min(this.leanedOn, state.depth);
      return false;
    }
    const outer = this.leanedOn;
    const depth = this.searchDepth++;
    if (depth > 3000) throw tooComplex('its parts depend on each other too deeply');
    state.depth = depth;
    this.leanedOn = Infinity;
    try {
      const { mask, string, number } = this.scalars(state);
      const alive =
        mask !== 0 ||
        this.languages.isLive(string) ||
        this.languages.isLive(this.numbers.texts(number)) ||
        this.arrays(state).some((shape) => shape.isAlive()) ||
        this.objects(state).some((shape) => shape.isAlive());
      // A "no" that leaned on an open state further out is only known for sure once that one is decided.
      if (alive || this.leanedOn >= depth) state.alive = alive;
      this.leanedOn = alive || this.leanedOn >= depth ? outer : Math.min(outer, this.leanedOn);
      return alive;
    } finally {
      delete state.depth;
      this.searchDepth--;
    }
  }

  /** Whether surely no value satisfies a shape; "no" where that still depends on a state being decided. */
  surely(isDead: () => boolean): boolean {
    const outer = this.leanedOn;
    this.leanedOn = Infinity;
    const dead = isDead() && this.leanedOn === Infinity;
    this.leanedOn = outer;
    return dead;
  }

  private searchDepth = 0;

  private branches(state: ValueState, logic: Logic<readonly Branch[]>): readonly Branch[] {
    let branches = logic.top;
    for (const { node, positive } of state.literals) {
      branches = logic.and(branches, this.walk(node, positive, logic));
    }
    return branches;
  }

  private walk<T>(node: SchemaNode, positive: boolean, logic: Logic<T>): T {
    const key = `${logic.name}${positive ? '+' : '-'}${node.id}`;
    if (this.walks.has(key)) return this.walks.get(key) as T;
    if (this.walking.has(key)) {
      throw unsupported(
        node.path,
        '$ref',
        'leads back to itself without passing a property or an item',
        'Break the circle.',
      );
    }
    this.languages.charge(1);
    this.walking.add(key);
    let value = positive ? logic.top : logic.bottom;
    for (const part of node.parts) {
      const own = this.part(part, positive, logic, node.path);
      value = positive ? logic.and(value, own) : logic.or(value, own);
    }
    value = logic.node?.(node, value, positive) ?? value;
    if (!positive && logic.silence !== undefined) value = logic.silence(value);
    this.walking.delete(key);
    this.walks.set(key, value);
    return value;
  }

  private part<T>(part: Part, positive: boolean, logic: Logic<T>, path: string): T {
    switch (part.kind) {
      case 'all':
        return this.every(part.schemas, positive, positive, logic);
      case 'any':
        if (positive && logic.exact) return this.anyExactly(part.schemas, logic);
        return this.every(part.schemas, !positive, positive, logic);
      case 'not':
        return this.walk(part.schema, !positive, logic);
      case 'one':
        return positive ? this.exactlyOne(part.schemas, logic) : this.notOne(part.schemas, logic);
      case 'if': {
        const then = logic.and(this.walk(part.test, true, logic), this.walk(part.whenTrue, positive, logic));
        const otherwise = logic.and(this.walk(part.test, false, logic), this.walk(part.whenFalse, positive, logic));
        return logic.or(then, otherwise);
      }
      default:
        return logic.part(part, positive, path);
    }
  }

  /** All of the schemas (or of their negations) where `conjunction`, else any of them. */
  private every<T>(nodes: readonly SchemaNode[], conjunction: boolean, positive: boolean, logic: Logic<T>): T {
    let value = conjunction ? logic.top : logic.bottom;
    for (const node of nodes) {
      const own = this.walk(node, positive, logic);
      value = conjunction ? logic.and(value, own) : logic.or(value, own);
    }
    return value;
  }

  private exactlyOne<T>(nodes: readonly SchemaNode[], logic: Logic<T>): T {
    let value = logic.bottom;
    nodes.forEach((node, index) => {
      let own = this.walk(node, true, logic);
      if (own !== logic.bottom && !logic.isEmpty(own)) {
        nodes.forEach((other, at) => {
          if (at === index) return;
          const both = logic.and(own, this.walk(other, true, logic));
          if (!logic.isEmpty(both)) own = logic.and(own, this.walk(other, false, logic));
        });
        value = logic.or(value, own);
      }
    });
    return value;
  }

  private notOne<T>(nodes: readonly SchemaNode[], logic: Logic<T>): T {
    let value = this.every(nodes, true, false, logic);
    nodes.forEach((node, index) => {
      for (const other of nodes.slice(index + 1)) {
        value = logic.or(value, logic.and(this.walk(node, true, logic), this.walk(other, true, logic)));
      }
    });
    return value;
  }

  /** At least one, each subset of those that hold on its own. */
  private anyExactly<T>(nodes: readonly SchemaNode[], logic: Logic<T>): T {
    let none = logic.top;
    let some = logic.bottom;
    for (const node of nodes) {
      const holds = this.walk(node, true, logic);
      const fails = this.walk(node, false, logic);
      some = logic.or(logic.and(some, holds), logic.or(logic.and(some, fails), logic.and(none, holds)));
      none = logic.and(none, fails);
    }
    return some;
  }

  private readonly maskLogic: Logic<number> = {
    name: 'm',
    top: SCALAR_KINDS,
    bottom: 0,
    and: (a, b) => a & b,
    or: (a, b) => a | b,
    isEmpty: (mask) => mask === 0,
    part: (part, positive) => {
      const mask = part.kind === 'types' || part.kind === 'scalars' ? part.mask & SCALAR_KINDS : SCALAR_KINDS;
      return positive ? mask : SCALAR_KINDS & ~mask;
    },
  };

  private get stringLogic(): Logic<Language> {
    const { languages } = this;
    return {
      name: 's',
      top: languages.all,
      bottom: languages.nothing,
      and: (a, b) => languages.and(a, b),
      or: (a, b) => languages.or(a, b),
      isEmpty: (language) => !languages.isLive(language),
      part: (part, positive) => {
        const language = stringPart(part, languages);
        return positive ? language : languages.not(language);
      },
    };
  }

  private get numberLogic(): Logic<NumberSet> {
    const { numbers, languages } = this;
    return {
      name: 'n',
      top: numbers.all,
      bottom: numbers.nothing,
      and: (a, b) => numbers.and(a, b),
      or: (a, b) => numbers.or(a, b),
      isEmpty: (set) => !languages.isLive(languages.or(set.plain, set.maybe)),
      part: (part, positive) => {
        const set = numberPart(part, numbers);
        return positive ? set : numbers.not(set);
      },
    };
  }

  private get objectLogic(): Logic<readonly Branch[]> {
    return this.branchLogic('o', KIND.object, (part, positive, path) => {
      if (part.kind !== 'object') return undefined;
      return positive ? [{ ...NO_RULES, objects: [part.rule] }] : negatedObject(this, part.rule, path);
    });
  }

  private get arrayLogic(): Logic<readonly Branch[]> {
    return this.branchLogic('a', KIND.array, (part, positive, path) => {
      if (part.kind !== 'array') return undefined;
      return positive ? [{ ...NO_RULES, arrays: [part.rule] }] : negatedArray(this, part.rule, path);
    });
  }

  /** Alternatives of rules; an assertion on other kinds of values holds or fails for all of this kind. */
  private branchLogic(
    name: string,
    kind: number,
    rules: (part: Part, positive: boolean, path: string) => readonly Branch[] | undefined,
  ): Logic<readonly Branch[]> {
    const top = [NO_RULES];
    const bottom: readonly Branch[] = [];
    const exact = this.exactDepth > 0;
    const isEmpty = (branches: readonly Branch[]): boolean => branches.every((branch) => this.isDead(branch, kind));
    return {
      name: exact ? name.toUpperCase() : name,
      top,
      bottom,
      exact,
      ...(exact ? { silence: (branches: readonly Branch[]) => branches.map(silenced) } : {}),
      isEmpty,
      and: (a, b) => this.product(a, b, kind),
      or: (a, b) => bounded([...a, ...b]),
      part: (part, positive, path) => {
        const own = rules(part, positive, path);
        if (own !== undefined) return own;
        const mask = part.kind === 'types' || part.kind === 'scalars' ? part.mask : KIND.all;
        return ((mask & kind) !== 0) === positive ? top : bottom;
      },
      node: (node, value, positive) => {
        const rest = kind === KIND.object ? node.unevaluatedProperties : node.unevaluatedItems;
        if (rest === undefined) return value;
        const judged = this.evaluatedExactly(node, kind, rest, positive);
        return positive ? judged : bounded([...value, ...judged]);
      },
    };
  }

  private exactDepth = 0;

  private evaluatedExactly(node: SchemaNode, kind: number, rest: SchemaNode, positive: boolean): readonly Branch[] {
    this.exactDepth++;
    try {
      const logic = kind === KIND.object ? this.objectLogic : this.arrayLogic;
      let branches = logic.top;
      for (const part of node.parts) branches = logic.and(branches, this.part(part, true, logic, node.path));
      return bounded(branches.flatMap((branch) => withUnevaluated(this, branch, kind, rest, positive)));
    } finally {
      this.exactDepth--;
    }
  }

  private product(a: readonly Branch[], b: readonly Branch[], kind: number): readonly Branch[] {
    if (a.length === 1 && a[0] === NO_RULES) return b;
    if (b.length === 1 && b[0] === NO_RULES) return a;
    const product: Branch[] = [];
    const prune = a.length * b.length > 8;
    for (const left of a) {
      for (const right of b) {
        const both = conjoin(left, right);
        this.languages.charge(1 + ((both.objects.length + both.arrays.length) >> 2));
        if (hasContradiction(this, both) || (prune && this.isDead(both, kind))) continue;
        product.push(both);
        bounded(product);
      }
    }
    return product;
  }

  private isDead(branch: Branch, kind: number): boolean {
    return this.surely(() => !(kind === KIND.object ? objectShape(this, branch) : arrayShape(this, branch)).isAlive());
  }
}

function bounded(branches: readonly Branch[]): readonly Branch[] {
  if (branches.length > LIMITS.alternatives)
    throw tooComplex('anyOf, oneOf, not and if combine into too many alternatives');
  return branches;
}

/** A schema that only refers to another is that other. */
function behindReferences(literal: Literal): Literal {
  let { node } = literal;
  for (let hops = 0; hops < 50; hops++) {
    const only = node.parts.length === 1 ? node.parts[0]! : undefined;
    if (only?.kind !== 'all' || only.schemas.length !== 1) break;
    if (node.unevaluatedProperties !== undefined || node.unevaluatedItems !== undefined) break;
    node = only.schemas[0]!;
  }
  return { node, positive: literal.positive };
}

function stringPart(part: Part, languages: Languages): Language {
  switch (part.kind) {
    case 'types':
      return (part.mask & KIND.string) !== 0 ? languages.all : languages.nothing;
    case 'string':
    case 'scalars':
      return part.language;
    default:
      return languages.all;
  }
}

function numberPart(part: Part, numbers: NumberLanguages): NumberSet {
  switch (part.kind) {
    case 'types':
      if ((part.mask & KIND.number) === 0) return numbers.nothing;
      if (part.integer === 'strict') return numbers.strictIntegers;
      return part.integer ? numbers.integers : numbers.all;
    case 'number':
    case 'scalars':
      return part.set;
    default:
      return numbers.all;
  }
}
