import type { Language } from '../regular/language.ts';
import { unsupported } from './schema-error.ts';
import { type ArrayRule, KIND, type ObjectRule, type SchemaNode } from './schema-node.ts';
import type { Literal, ValueStates } from './value-states.ts';

/** "Some property whose name is of this language has a value like this": what the negation of a map asks for. */
export interface Need {
  language: Language;
  value: Literal;
}

/** One alternative of an object or an array: rules that hold together. */
export interface Branch {
  objects: readonly ObjectRule[];
  arrays: readonly ArrayRule[];
  needs: readonly Need[];
  /** For each name, schemas that the property's value must fail. */
  negatedProperties: ReadonlyMap<string, readonly SchemaNode[]>;
  /** For each item position, schemas that must fail there. */
  negatedItems: readonly { index: number; schema: SchemaNode }[];
  /** Rules of schemas that failed: what they name does not count as evaluated. */
  silent: readonly (ObjectRule | ArrayRule)[];
}

export const NO_RULES: Branch = {
  objects: [],
  arrays: [],
  needs: [],
  negatedProperties: new Map(),
  negatedItems: [],
  silent: [],
};

/** The branch as part of a schema that failed. */
export function silenced(branch: Branch): Branch {
  return branch === NO_RULES ? branch : { ...branch, silent: [...branch.objects, ...branch.arrays] };
}

export function conjoin(a: Branch, b: Branch): Branch {
  if (a === NO_RULES) return b;
  if (b === NO_RULES) return a;
  const negatedProperties = new Map(a.negatedProperties);
  for (const [name, schemas] of b.negatedProperties) {
    negatedProperties.set(name, [...(negatedProperties.get(name) ?? []), ...schemas]);
  }
  return {
    objects: joined(a.objects, b.objects),
    arrays: joined(a.arrays, b.arrays),
    needs: joined(a.needs, b.needs),
    negatedProperties,
    negatedItems: joined(a.negatedItems, b.negatedItems),
    silent: joined(a.silent, b.silent),
  };
}

function joined<T>(a: readonly T[], b: readonly T[]): readonly T[] {
  if (a.length === 0) return b;
  return b.length === 0 ? a : [...new Set([...a, ...b])];
}

/** A cheap look for rules that exclude each other: a required name that must not be there, a count out of bounds. */
export function hasContradiction(states: ValueStates, branch: Branch): boolean {
  let min = 0;
  let max = Infinity;
  const forbidden = new Set<string>();
  for (const rule of [...branch.objects, ...branch.arrays]) {
    min = Math.max(min, rule.min);
    max = Math.min(max, rule.max);
  }
  for (const rule of branch.objects) {
    for (const [name, schema] of rule.properties) if (schema === states.reader.false) forbidden.add(name);
  }
  return min > max || branch.objects.some((rule) => rule.required.some((name) => forbidden.has(name)));
}

/** The alternatives in which an object breaks the rule. */
export function negatedObject(states: ValueStates, rule: ObjectRule, path: string): readonly Branch[] {
  const { languages, reader } = states;
  const branches: Branch[] = [];
  const ruled = (own: Partial<Omit<ObjectRule, 'id'>>): void => {
    branches.push({ ...NO_RULES, objects: [reader.objectRule(own)] });
  };
  for (const [name, schema] of rule.properties) {
    if (schema === reader.true) continue;
    const present = reader.objectRule({ required: [name] });
    branches.push({ ...NO_RULES, objects: [present], negatedProperties: new Map([[name, [schema]]]) });
  }
  for (const name of rule.required) ruled({ properties: new Map([[name, reader.false]]) });
  for (const { language, schema } of rule.patterns) {
    if (schema !== reader.true) branches.push(needing(language, { node: schema, positive: false }));
  }
  if (rule.additional !== undefined && rule.additional !== reader.true) {
    const named = languages.or(
      languages.texts([...rule.properties.keys()]),
      ...rule.patterns.map((entry) => entry.language),
    );
    branches.push(needing(languages.not(named), { node: rule.additional, positive: false }));
  }
  if (rule.names !== undefined) {
    const allowed = states.scalars(states.state([{ node: rule.names, positive: true }])).string;
    branches.push(needing(languages.not(allowed), { node: reader.true, positive: true }));
  }
  if (rule.min > 0) ruled({ max: rule.min - 1 });
  if (rule.max < Infinity) ruled({ min: rule.max + 1 });
  for (const [name, needed] of rule.dependent) {
    for (const other of needed) ruled({ required: [name], properties: new Map([[other, reader.false]]) });
  }
  if (branches.length > 200) {
    throw unsupported(
      path,
      'properties',
      'are too many to be negated by not, oneOf or if',
      'Use anyOf where the alternatives exclude each other anyway.',
    );
  }
  return branches;
}

function needing(language: Language, value: Literal): Branch {
  return { ...NO_RULES, needs: [{ language, value }] };
}

/** The alternatives in which an array breaks the rule. */
export function negatedArray(states: ValueStates, rule: ArrayRule, path: string): readonly Branch[] {
  const { reader } = states;
  const branches: Branch[] = [];
  const ruled = (own: Partial<Omit<ArrayRule, 'id'>>): void => {
    branches.push({ ...NO_RULES, arrays: [reader.arrayRule(own)] });
  };
  rule.prefix.forEach((schema, index) => {
    if (schema === reader.true) return;
    const present = reader.arrayRule({ min: index + 1 });
    branches.push({ ...NO_RULES, arrays: [present], negatedItems: [{ index, schema }] });
  });
  if (rule.items !== undefined && rule.items !== reader.true) {
    ruled({ contains: { schema: rule.items, positive: false, from: rule.prefix.length, min: 1, max: Infinity } });
  }
  if (rule.min > 0) ruled({ max: rule.min - 1 });
  if (rule.max < Infinity) ruled({ min: rule.max + 1 });
  if (rule.contains !== undefined) {
    const { min, max } = rule.contains;
    if (min > 0) ruled({ contains: { ...rule.contains, min: 0, max: min - 1 } });
    if (max < Infinity) ruled({ contains: { ...rule.contains, min: max + 1, max: Infinity } });
  }
  if (rule.unique) {
    throw unsupported(
      path,
      'uniqueItems',
      'is negated by not, oneOf or if, which is not supported',
      'Leave it out there.',
    );
  }
  return branches;
}

/**
 * Adds what `unevaluatedProperties` or `unevaluatedItems` says of all that the branch's own rules do not judge; negated:
 * something of that sort breaks it.
 */
export function withUnevaluated(
  states: ValueStates,
  branch: Branch,
  kind: number,
  rest: SchemaNode,
  positive: boolean,
): readonly Branch[] {
  return kind === KIND.object
    ? unevaluatedProperties(states, branch, rest, positive)
    : unevaluatedItems(states, branch, rest, positive);
}

function unevaluatedProperties(
  states: ValueStates,
  branch: Branch,
  rest: SchemaNode,
  positive: boolean,
): readonly Branch[] {
  const { reader } = states;
  const heard = branch.objects.filter((rule) => !branch.silent.includes(rule));
  if (heard.some((rule) => rule.additional !== undefined)) return positive ? [branch] : [];
  const names = new Set<string>();
  for (const rule of heard) {
    for (const [name, schema] of rule.properties) if (schema !== reader.false) names.add(name);
  }
  const patterns = heard.flatMap((rule) => rule.patterns.map(({ language }) => ({ language, schema: reader.true })));
  const properties = new Map([...names].map((name) => [name, reader.true]));
  const rule = reader.objectRule({ properties, patterns, additional: rest });
  const judged = positive ? [{ ...NO_RULES, objects: [rule] }] : negatedObject(states, rule, rest.path);
  return judged.map((each) => conjoin(branch, each));
}

function unevaluatedItems(states: ValueStates, branch: Branch, rest: SchemaNode, positive: boolean): readonly Branch[] {
  const { reader } = states;
  const heard = branch.arrays.filter((rule) => !branch.silent.includes(rule));
  if (heard.some((rule) => rule.items !== undefined)) return positive ? [branch] : [];
  const length = heard.reduce((most, rule) => Math.max(most, rule.prefix.length), 0);
  const prefix = Array.from({ length }, () => reader.true);
  const found = heard.flatMap((rule) => (rule.contains?.positive ? [rule.contains.schema] : []));
  // An item that a `contains` matches counts as evaluated.
  const items = found.length === 0 ? rest : reader.made(rest.path, [{ kind: 'any', schemas: [...found, rest] }]);
  const rule = reader.arrayRule({ prefix, items });
  const judged = positive ? [{ ...NO_RULES, arrays: [rule] }] : negatedArray(states, rule, rest.path);
  return judged.map((each) => conjoin(branch, each));
}
