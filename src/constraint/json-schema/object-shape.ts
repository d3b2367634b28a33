import { LIMITS, tooComplex } from '../limits.ts';
import { LiteralSet, type LiteralView } from '../literal-set.ts';
import type { Language } from '../regular/language.ts';
import type { Branch, Need } from './branch.ts';
import type { ObjectRule } from './schema-node.ts';
import type { Literal, ValueState, ValueStates } from './value-states.ts';

/** What an object has so far. `seen` has a bit for each named property, `met` one for each need. */
export interface ObjectProgress {
  seen: bigint;
  /** Properties so far, as far as they still matter. */
  count: number;
  met: number;
  /** Names beyond the named ones, where they have to be counted once each. */
  others: readonly string[];
}

/** Properties beyond the named ones whose names are judged alike. */
export interface OtherProperties {
  language: Language;
  value: ValueState;
}

/** A way to go on: the property's value, and what the object has then. */
export interface Option {
  value: ValueState;
  next: ObjectProgress;
}

/** One alternative of an object with its rules merged: which properties it may have, must have, and with what values. */
export class ObjectShape {
  readonly id: number;
  readonly names: readonly string[];
  readonly values: readonly ValueState[];
  readonly others: readonly OtherProperties[];
  readonly min: number;
  readonly max: number;
  /** Whether names beyond the named ones must be told apart, because a repeated one would count twice. */
  readonly countsOthers: boolean;
  private readonly states: ValueStates;
  private readonly required: bigint;
  /** What must be there where a name is. */
  private readonly implied: readonly bigint[];
  private readonly needs: readonly Need[];
  private readonly literals: LiteralSet;
  private readonly views = new Map<string, LiteralView>();
  private addableNames: bigint | undefined;
  private openOthers: readonly OtherProperties[] | undefined;

  constructor(states: ValueStates, branch: Branch) {
    this.states = states;
    this.id = states.shapes++;
    this.needs = branch.needs;
    const rules = branch.objects;
    this.min = rules.reduce((most, rule) => Math.max(most, rule.min), 0);
    this.max = rules.reduce((least, rule) => Math.min(least, rule.max), Infinity);
    this.names = namesOf(branch);
    states.languages.charge(2 + this.names.length * rules.length);
    const indices = new Map(this.names.map((name, index) => [name, index]));
    const bits = (names: readonly string[]): bigint =>
      names.reduce((sum, name) => sum | (1n << BigInt(indices.get(name)!)), 0n);
    const allowed = allowedNames(states, rules);
    this.values = this.names.map((name) => {
      if (!states.languages.matches(allowed, name)) return states.never;
      const negated = (branch.negatedProperties.get(name) ?? []).map((node) => ({ node, positive: false }));
      return states.state([...rules.flatMap((rule) => rulesOfName(states, rule, name)), ...negated]);
    });
    this.required = bits(rules.flatMap((rule) => rule.required));
    const implied = this.names.map(() => 0n);
    for (const rule of rules) {
      for (const [name, needed] of rule.dependent) implied[indices.get(name)!]! |= bits(needed);
    }
    this.implied = implied;
    this.others = otherProperties(states, rules, this.names, allowed);
    this.countsOthers = this.min > 1 && this.others.length > 0;
    this.literals = new LiteralSet(this.names.map((name) => JSON.stringify(name)));
  }

  get start(): ObjectProgress {
    return { seen: 0n, count: 0, met: 0, others: [] };
  }

  isAlive(): boolean {
    return this.canFinish(this.start, true);
  }

  canClose({ seen, count, met }: ObjectProgress): boolean {
    return this.missing(seen) === 0n && count >= this.min && met === 2 ** this.needs.length - 1;
  }

  /** Whether another property may follow. */
  canContinue(progress: ObjectProgress): boolean {
    const others = this.openClasses().some((other) => this.otherOptions(progress, other).length > 0);
    return others || this.names.some((_, index) => this.nameOptions(progress, index).length > 0);
  }

  /** The names that may come next, as literals with their quotes; the tag is the name's index. */
  nextNames(progress: ObjectProgress): LiteralView {
    const key = progressKey(progress);
    let view = this.views.get(key);
    if (view === undefined) {
      view = this.literals.view(
        `o${this.states.id}.${this.id}`,
        (index) => this.nameOptions(progress, index).length > 0,
      );
      this.views.set(key, view);
    }
    return view;
  }

  /** What a named property may be and lead to. */
  nameOptions(progress: ObjectProgress, index: number): Option[] {
    const bit = 1n << BigInt(index);
    if ((progress.seen & bit) !== 0n || (this.addable() & bit) === 0n) return [];
    const next = { ...progress, seen: progress.seen | bit, count: this.counted(progress.count + 1) };
    return this.options(this.values[index]!, next, (need) =>
      this.states.languages.matches(need.language, this.names[index]!),
    );
  }

  /** What a property of a class of other names may be and lead to; each option says which names it takes. */
  otherOptions(progress: ObjectProgress, other: OtherProperties): (Option & { language: Language })[] {
    const { languages } = this.states;
    const next = { ...progress, count: this.counted(progress.count + 1) };
    const language = this.without(other.language, progress.others);
    return this.subsets(progress.met).flatMap((met) => {
      const taken = languages.and(language, ...this.needsOf(met & ~progress.met).map((need) => need.language));
      return languages.isLive(taken)
        ? this.options(other.value, next, undefined, met).map((option) => ({ ...option, language: taken }))
        : [];
    });
  }

  /** Every state that a property may lead to, for looking at the whole schema. */
  reachable(): ValueState[] {
    const named = this.values.filter((_, index) => ((this.addable() >> BigInt(index)) & 1n) !== 0n);
    const plain = [...named, ...this.openClasses().map((other) => other.value)];
    return [...plain, ...this.needs.flatMap((need) => plain.map((value) => this.meeting(value, [need])))];
  }

  private without(language: Language, names: readonly string[]): Language {
    const { languages } = this.states;
    return names.length === 0 ? language : languages.minus(language, languages.texts(names));
  }

  private options(
    value: ValueState,
    next: ObjectProgress,
    matches: ((need: Need) => boolean) | undefined,
    fixed?: number,
  ): Option[] {
    const options: Option[] = [];
    for (const met of fixed === undefined ? this.subsets(next.met) : [fixed]) {
      const fresh = this.needsOf(met & ~next.met);
      if (matches !== undefined && !fresh.every(matches)) continue;
      const state = this.meeting(value, fresh);
      const then = { ...next, met };
      if (this.states.isAlive(state) && this.canFinish(then, false)) options.push({ value: state, next: then });
    }
    return options;
  }

  private meeting(value: ValueState, needs: readonly Need[]): ValueState {
    if (needs.length === 0) return value;
    return this.states.state([...value.literals, ...needs.map((need) => need.value)]);
  }

  private needsOf(bits: number): Need[] {
    return this.needs.filter((_, index) => (bits >> index) & 1);
  }

  /** The sets of needs that may be met after one more property. */
  private subsets(met: number): number[] {
    const all = 2 ** this.needs.length - 1;
    if (met === all) return [met];
    const sets: number[] = [];
    for (let set = met; set <= all; set++) if ((set & met) === met) sets.push(set);
    return sets;
  }

  private counted(count: number): number {
    return this.max === Infinity ? Math.min(count, this.min) : count;
  }

  /** Whether an object with this progress can still be completed. `searching`: states may still be being decided. */
  private canFinish({ seen, count, met }: ObjectProgress, searching: boolean): boolean {
    const missing = this.missing(seen);
    const more = bitCount(missing);
    if (count + more > this.max || !this.allAlive(missing)) return false;
    if (count + more >= this.min && met === 2 ** this.needs.length - 1) return true;
    const addable = this.addable(searching);
    const others = this.openClasses(searching);
    if (others.length === 0 && count + bitCount(addable & ~seen) < this.min) return false;
    return this.needs.every((need, index) => {
      if ((met >> index) & 1) return true;
      const room = count + more < this.max;
      const named = this.names.some((name, at) => {
        const bit = 1n << BigInt(at);
        if ((addable & ~seen & bit) === 0n || (!room && (missing & bit) === 0n)) return false;
        return (
          this.states.languages.matches(need.language, name) &&
          this.states.isAlive(this.meeting(this.values[at]!, [need]))
        );
      });
      return named || (room && others.some((other) => this.canMeet(other, need)));
    });
  }

  private canMeet(other: OtherProperties, need: Need): boolean {
    const { languages } = this.states;
    return (
      languages.isLive(languages.and(other.language, need.language)) &&
      this.states.isAlive(this.meeting(other.value, [need]))
    );
  }

  /** Names that must still come. */
  private missing(seen: bigint): bigint {
    return this.closure(this.required | seen) & ~seen;
  }

  private closure(names: bigint): bigint {
    let all = names;
    for (;;) {
      let more = all;
      this.implied.forEach((implied, index) => {
        if (implied !== 0n && ((more >> BigInt(index)) & 1n) !== 0n) more |= implied;
      });
      if (more === all) return all;
      all = more;
    }
  }

  private allAlive(names: bigint): boolean {
    if (names === 0n) return true;
    return this.values.every((value, index) => ((names >> BigInt(index)) & 1n) === 0n || this.states.isAlive(value));
  }

  /** Names whose value, and all that they imply, can exist. */
  private addable(searching = false): bigint {
    if (this.addableNames !== undefined) return this.addableNames;
    let alive = 0n;
    this.values.forEach((value, index) => {
      if (this.states.isAlive(value)) alive |= 1n << BigInt(index);
    });
    let addable = 0n;
    this.names.forEach((_, index) => {
      const bit = 1n << BigInt(index);
      const closure = this.implied[index] === 0n ? bit : this.closure(bit);
      if ((closure & ~alive) === 0n) addable |= bit;
    });
    if (!searching) this.addableNames = addable;
    return addable;
  }

  private openClasses(searching = false): readonly OtherProperties[] {
    if (this.openOthers !== undefined) return this.openOthers;
    const open = this.others.filter((other) => this.states.isAlive(other.value));
    if (!searching) this.openOthers = open;
    return open;
  }

  get open(): readonly OtherProperties[] {
    return this.openClasses();
  }
}

export function progressKey({ seen, count, met, others }: ObjectProgress): string {
  return `${seen.toString(36)},${count},${met}${others.length === 0 ? '' : JSON.stringify(others)}`;
}

/** The shape of a branch, built once. */
export function objectShape(states: ValueStates, branch: Branch): ObjectShape {
  let shape = states.objectShapes.get(branch);
  if (shape === undefined) {
    if (branch.needs.length > 4) throw tooComplex('not, oneOf and if ask for too many properties at once');
    shape = new ObjectShape(states, branch);
    states.objectShapes.set(branch, shape);
  }
  return shape;
}

function namesOf(branch: Branch): string[] {
  const names = new Set<string>();
  for (const rule of branch.objects) {
    for (const name of rule.properties.keys()) names.add(name);
  }
  for (const rule of branch.objects) {
    for (const name of rule.required) names.add(name);
    for (const [name, needed] of rule.dependent) for (const each of [name, ...needed]) names.add(each);
  }
  if (names.size > LIMITS.schemaStates) throw tooComplex('an object has too many properties');
  return [...names].filter(
    (name) => !/[\ud800-\udfff]/u.test(name) || branch.objects.some((rule) => rule.required.includes(name)),
  );
}

function allowedNames(states: ValueStates, rules: readonly ObjectRule[]): Language {
  const languages = rules.flatMap((rule) =>
    rule.names === undefined ? [] : [states.scalars(states.state([{ node: rule.names, positive: true }])).string],
  );
  return states.languages.and(...languages);
}

/** What a rule says of the value of one name. */
function rulesOfName(states: ValueStates, rule: ObjectRule, name: string): Literal[] {
  const literals: Literal[] = [];
  const own = rule.properties.get(name);
  if (own !== undefined) literals.push({ node: own, positive: true });
  let judged = own !== undefined;
  for (const { language, schema } of rule.patterns) {
    if (!states.languages.matches(language, name)) continue;
    judged = true;
    literals.push({ node: schema, positive: true });
  }
  if (!judged && rule.additional !== undefined) literals.push({ node: rule.additional, positive: true });
  return literals;
}

/** Splits the names beyond the named ones by the patterns that they match. */
function otherProperties(
  states: ValueStates,
  rules: readonly ObjectRule[],
  names: readonly string[],
  allowed: Language,
): OtherProperties[] {
  const { languages, reader } = states;
  const patterns = [...new Set(rules.flatMap((rule) => rule.patterns.map(({ language }) => language)))];
  let classes: { language: Language; matched: ReadonlySet<Language> }[] = [
    { language: languages.minus(allowed, languages.texts(names)), matched: new Set() },
  ];
  for (const pattern of patterns) {
    classes = classes.flatMap(({ language, matched }) => [
      { language: languages.and(language, pattern), matched: new Set([...matched, pattern]) },
      { language: languages.minus(language, pattern), matched },
    ]);
    classes = classes.filter(({ language }) => languages.isLive(language));
    if (classes.length > 64) throw tooComplex('patternProperties overlap in too many ways');
  }
  return classes.flatMap(({ language, matched }) => {
    const literals: Literal[] = [];
    for (const rule of rules) {
      const own = rule.patterns.filter((entry) => matched.has(entry.language));
      for (const { schema } of own) literals.push({ node: schema, positive: true });
      if (own.length === 0 && rule.additional !== undefined) literals.push({ node: rule.additional, positive: true });
    }
    if (literals.some(({ node }) => node === reader.false) || !languages.isLive(language)) return [];
    return [{ language, value: states.state(literals) }];
  });
}

function bitCount(bits: bigint): number {
  let count = 0;
  for (let rest = bits; rest > 0n; rest &= rest - 1n) count++;
  return count;
}
