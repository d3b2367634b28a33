import { FtsError } from '../../errors/fts-error.ts';
import type { Language, Languages } from '../regular/language.ts';
import type { NumberLanguages, NumberSet } from '../regular/number-language.ts';
import { searchLanguage } from '../regular/pattern-language.ts';
import { formatLanguage, REFUSED_FORMATS } from './formats.ts';
import { type Place, SchemaDocument, type SchemaObject } from './schema-document.ts';
import { malformed, unsupported } from './schema-error.ts';

/** The kinds of JSON values, as bits. */
export const KIND = { null: 1, false: 2, true: 4, number: 8, string: 16, array: 32, object: 64, all: 127 } as const;

/** What an object must satisfy; other values pass. */
export interface ObjectRule {
  id: number;
  properties: ReadonlyMap<string, SchemaNode>;
  patterns: readonly { language: Language; schema: SchemaNode }[];
  additional: SchemaNode | undefined;
  required: readonly string[];
  /** The language that every name must belong to. */
  names: SchemaNode | undefined;
  min: number;
  max: number;
  dependent: ReadonlyMap<string, readonly string[]>;
}

/** What an array must satisfy; other values pass. `contains` counts the items from `from` on. */
export interface ArrayRule {
  id: number;
  prefix: readonly SchemaNode[];
  items: SchemaNode | undefined;
  min: number;
  max: number;
  unique: boolean;
  contains: { schema: SchemaNode; positive: boolean; from: number; min: number; max: number } | undefined;
}

/** One assertion. */
export type Part =
  | { kind: 'types'; mask: number; integer: false | 'any' | 'strict' }
  | { kind: 'string'; language: Language }
  | { kind: 'number'; set: NumberSet }
  | { kind: 'scalars'; mask: number; language: Language; set: NumberSet }
  | { kind: 'object'; rule: ObjectRule }
  | { kind: 'array'; rule: ArrayRule }
  | { kind: 'all'; schemas: readonly SchemaNode[] }
  | { kind: 'any'; schemas: readonly SchemaNode[] }
  | { kind: 'one'; schemas: readonly SchemaNode[] }
  | { kind: 'not'; schema: SchemaNode }
  | { kind: 'if'; test: SchemaNode; whenTrue: SchemaNode; whenFalse: SchemaNode };

/** A schema as the conjunction of its assertions, read when first asked for. */
export interface SchemaNode {
  readonly id: number;
  readonly path: string;
  readonly parts: readonly Part[];
  readonly unevaluatedProperties: SchemaNode | undefined;
  readonly unevaluatedItems: SchemaNode | undefined;
}

type Assertions = Pick<SchemaNode, 'parts' | 'unevaluatedProperties' | 'unevaluatedItems'>;

const KINDS: Readonly<Record<string, number>> = {
  null: KIND.null,
  boolean: KIND.false | KIND.true,
  number: KIND.number,
  integer: KIND.number,
  string: KIND.string,
  array: KIND.array,
  object: KIND.object,
};

/** Reads a schema document into nodes. Errors: `invalid-input` that names keyword, place and remedy. */
export class SchemaReader {
  readonly true: SchemaNode;
  readonly false: SchemaNode;
  private readonly languages: Languages;
  private readonly numbers: NumberLanguages;
  private readonly document: SchemaDocument;
  private readonly nodes = new Map<unknown, SchemaNode>();
  private ids = 0;

  constructor(schema: unknown, languages: Languages, numbers: NumberLanguages) {
    this.languages = languages;
    this.numbers = numbers;
    this.true = this.made('', []);
    this.false = this.made('', [{ kind: 'types', mask: 0, integer: false }]);
    this.document = new SchemaDocument(schema);
  }

  get root(): SchemaNode {
    return this.node(this.document.root);
  }

  get size(): number {
    return this.ids;
  }

  made(path: string, parts: readonly Part[]): SchemaNode {
    return { id: this.ids++, path, parts, unevaluatedProperties: undefined, unevaluatedItems: undefined };
  }

  objectRule(rule: Partial<Omit<ObjectRule, 'id'>>): ObjectRule {
    return {
      id: this.ids++,
      properties: new Map(),
      patterns: [],
      additional: undefined,
      required: [],
      names: undefined,
      min: 0,
      max: Infinity,
      dependent: new Map(),
      ...rule,
    };
  }

  arrayRule(rule: Partial<Omit<ArrayRule, 'id'>>): ArrayRule {
    return {
      id: this.ids++,
      prefix: [],
      items: undefined,
      min: 0,
      max: Infinity,
      unique: false,
      contains: undefined,
      ...rule,
    };
  }

  /** Schemas that every value outside `values` fails: each of them alone. */
  constant(value: unknown, path: string): SchemaNode {
    if (Array.isArray(value)) {
      const prefix = value.map((item, index) => this.constant(item, `${path}/${index}`));
      const rule = this.arrayRule({ prefix, items: this.false, min: prefix.length });
      return this.made(path, [
        { kind: 'types', mask: KIND.array, integer: false },
        { kind: 'array', rule },
      ]);
    }
    if (typeof value === 'object' && value !== null) {
      const entries = Object.entries(value).map(([key, item]) => [key, this.constant(item, `${path}/${key}`)] as const);
      const rule = this.objectRule({
        properties: new Map(entries),
        additional: this.false,
        required: entries.map(([key]) => key),
      });
      return this.made(path, [
        { kind: 'types', mask: KIND.object, integer: false },
        { kind: 'object', rule },
      ]);
    }
    return this.made(path, [this.scalars([value])]);
  }

  private node(place: Place): SchemaNode {
    const { schema, path } = place;
    if (schema === true || schema === undefined) return this.true;
    if (schema === false) return this.false;
    if (typeof schema !== 'object' || schema === null || Array.isArray(schema)) {
      throw malformed(path, 'schema', 'an object or a boolean', schema);
    }
    const known = this.nodes.get(schema);
    if (known !== undefined) return known;
    const node = lazily(this.ids++, path, () => this.read(schema as SchemaObject, place));
    this.nodes.set(schema, node);
    return node;
  }

  private child(place: Place, ...keys: (string | number)[]): SchemaNode {
    return this.node(this.document.child(place, ...keys));
  }

  private read(schema: SchemaObject, place: Place): Assertions {
    const parts: Part[] = [];
    if (schema.$ref !== undefined) {
      const target = this.node(this.document.resolve(place, text(schema, '$ref', place.path), '$ref'));
      parts.push({ kind: 'all', schemas: [target] });
      if (this.document.dialect === 'draft4')
        return { parts, unevaluatedProperties: undefined, unevaluatedItems: undefined };
    }
    this.references(schema, place, parts);
    this.values(schema, place, parts);
    this.strings(schema, place, parts);
    this.numberRules(schema, place, parts);
    this.objects(schema, place, parts);
    this.arrays(schema, place, parts);
    this.combinations(schema, place, parts);
    const modern = this.document.dialect !== 'draft4';
    const unevaluated = (keyword: string): SchemaNode | undefined =>
      modern && schema[keyword] !== undefined ? this.child(place, keyword) : undefined;
    return {
      parts,
      unevaluatedProperties: unevaluated('unevaluatedProperties'),
      unevaluatedItems: unevaluated('unevaluatedItems'),
    };
  }

  private references(schema: SchemaObject, place: Place, parts: Part[]): void {
    if (schema.$dynamicRef !== undefined) {
      const target = this.document.resolveDynamic(place, text(schema, '$dynamicRef', place.path));
      parts.push({ kind: 'all', schemas: [this.node(target)] });
    }
    if (schema.$recursiveRef !== undefined) {
      throw unsupported(place.path, '$recursiveRef', 'is not supported', 'Use $ref.');
    }
  }

  private values(schema: SchemaObject, place: Place, parts: Part[]): void {
    if (schema.type !== undefined) parts.push(typesOf(schema.type, place.path, this.document.strictIntegers));
    if (Object.hasOwn(schema, 'const')) parts.push(this.enumeration([schema.const], place, 'const'));
    if (schema.enum !== undefined) {
      if (!Array.isArray(schema.enum)) throw malformed(place.path, 'enum', 'a list', schema.enum);
      parts.push(this.enumeration(schema.enum, place, 'enum'));
    }
  }

  private enumeration(values: readonly unknown[], place: Place, keyword: string): Part {
    const scalars = values.filter((value) => typeof value !== 'object' || value === null);
    const structured = values.filter((value) => typeof value === 'object' && value !== null);
    const part = this.scalars(scalars);
    if (structured.length === 0) return part;
    const schemas = structured.map((value) => this.constant(value, `${place.path}/${keyword}`));
    if (scalars.length > 0) schemas.push(this.made(place.path, [part]));
    return schemas.length === 1 ? { kind: 'all', schemas } : { kind: 'any', schemas };
  }

  private scalars(values: readonly unknown[]): Part {
    let mask = 0;
    const texts: string[] = [];
    let set = this.numbers.nothing;
    for (const value of values) {
      if (value === null) mask |= KIND.null;
      else if (typeof value === 'boolean') mask |= value ? KIND.true : KIND.false;
      else if (typeof value === 'string') texts.push(value);
      else if (typeof value === 'number') set = this.numbers.or(set, this.numbers.equal(value));
    }
    return { kind: 'scalars', mask, language: this.languages.texts(texts.filter(isWellFormed)), set };
  }

  private strings(schema: SchemaObject, place: Place, parts: Part[]): void {
    const { languages } = this;
    const min = count(schema, 'minLength', place.path) ?? 0;
    const max = count(schema, 'maxLength', place.path) ?? Infinity;
    if (min > 0 || max < Infinity) {
      const language = min > max ? languages.nothing : languages.repeat(languages.anyChar, min, max);
      parts.push({ kind: 'string', language });
    }
    if (schema.pattern !== undefined) {
      parts.push({
        kind: 'string',
        language: this.pattern(text(schema, 'pattern', place.path), place.path, 'pattern'),
      });
    }
    if (typeof schema.format !== 'string') return;
    if (REFUSED_FORMATS.has(schema.format)) {
      throw unsupported(
        place.path,
        'format',
        `is "${schema.format}", which is not supported`,
        'Leave the format out and check it in your own code.',
      );
    }
    const language = formatLanguage(languages, schema.format);
    if (language !== undefined) parts.push({ kind: 'string', language });
  }

  private pattern(source: string, path: string, keyword: string): Language {
    try {
      return searchLanguage(this.languages, source);
    } catch (error) {
      if (!(error instanceof FtsError) || error.field !== 'pattern') throw error;
      throw new FtsError(
        'invalid-input',
        `The JSON schema's ${keyword} at ${path === '' ? 'its root' : path}: ${error.message}`,
        {
          field: `${path}/${keyword}`,
          value: error.value,
          ...(error.remedy === undefined ? {} : { remedy: error.remedy }),
        },
      );
    }
  }

  private numberRules(schema: SchemaObject, place: Place, parts: Part[]): void {
    const { numbers } = this;
    const bound = (keyword: string, old: string, make: (value: number, exclusive: boolean) => NumberSet): void => {
      const value = number(schema, keyword, place.path);
      const exclusive = schema[old];
      if (value !== undefined) parts.push({ kind: 'number', set: make(value, exclusive === true) });
      if (exclusive === undefined || typeof exclusive === 'boolean') return;
      parts.push({ kind: 'number', set: make(number(schema, old, place.path)!, true) });
    };
    bound('minimum', 'exclusiveMinimum', (value, exclusive) => numbers.atLeast(value, exclusive));
    bound('maximum', 'exclusiveMaximum', (value, exclusive) => numbers.atMost(value, exclusive));
    const step = number(schema, 'multipleOf', place.path);
    if (step === undefined) return;
    if (step <= 0) throw malformed(place.path, 'multipleOf', 'above 0', step);
    const set = numbers.multiplesOf(step);
    if (set === undefined) {
      throw unsupported(
        place.path,
        'multipleOf',
        `is ${step}, which has too many digits`,
        'Use a coarser step, or check it in your own code.',
      );
    }
    parts.push({ kind: 'number', set });
  }

  private objects(schema: SchemaObject, place: Place, parts: Part[]): void {
    const { path } = place;
    const properties = new Map(
      keysOf(schema, 'properties', path).map((key) => [key, this.child(place, 'properties', key)]),
    );
    const patterns = keysOf(schema, 'patternProperties', path).map((key) => ({
      language: this.pattern(key, `${path}/patternProperties`, key),
      schema: this.child(place, 'patternProperties', key),
    }));
    const required = names(schema.required, path, 'required');
    const min = count(schema, 'minProperties', path) ?? 0;
    const max = count(schema, 'maxProperties', path) ?? Infinity;
    const dependent = new Map<string, readonly string[]>();
    const old = this.document.dialect === 'draft4' || this.document.dialect === 'hybrid';
    for (const keyword of ['dependentRequired', 'dependentSchemas', ...(old ? ['dependencies'] : [])]) {
      this.dependencies(schema, keyword, place, dependent, parts);
    }
    const additional =
      schema.additionalProperties === undefined ? undefined : this.child(place, 'additionalProperties');
    const allowed = schema.propertyNames === undefined ? undefined : this.child(place, 'propertyNames');
    const has = properties.size + patterns.length + required.length + min + dependent.size > 0;
    if (!has && max === Infinity && additional === undefined && allowed === undefined) return;
    parts.push({
      kind: 'object',
      rule: this.objectRule({ properties, patterns, additional, required, names: allowed, min, max, dependent }),
    });
  }

  private dependencies(
    schema: SchemaObject,
    keyword: string,
    place: Place,
    dependent: Map<string, readonly string[]>,
    parts: Part[],
  ): void {
    for (const key of keysOf(schema, keyword, place.path)) {
      const value = (schema[keyword] as SchemaObject)[key];
      if (Array.isArray(value) || keyword === 'dependentRequired') {
        const listed = names(value, place.path, keyword);
        dependent.set(key, [...(dependent.get(key) ?? []), ...listed]);
      } else {
        const present = this.made(place.path, [{ kind: 'object', rule: this.objectRule({ required: [key] }) }]);
        const isObject = this.made(place.path, [{ kind: 'types', mask: KIND.object, integer: false }]);
        const test = this.made(place.path, [{ kind: 'all', schemas: [isObject, present] }]);
        parts.push({ kind: 'if', test, whenTrue: this.child(place, keyword, key), whenFalse: this.true });
      }
    }
  }

  private arrays(schema: SchemaObject, place: Place, parts: Part[]): void {
    const { path } = place;
    const tuple = Array.isArray(schema.items) && this.document.dialect !== '2020-12';
    if (Array.isArray(schema.items) && !tuple)
      throw malformed(path, 'items', 'a schema; lists are prefixItems', schema.items);
    const list = tuple ? 'items' : 'prefixItems';
    if (schema[list] !== undefined && !Array.isArray(schema[list])) throw malformed(path, list, 'a list', schema[list]);
    const prefix = ((schema[list] ?? []) as unknown[]).map((_, index) => this.child(place, list, index));
    const rest = tuple ? 'additionalItems' : 'items';
    const items = schema[rest] === undefined ? undefined : this.child(place, rest);
    const min = count(schema, 'minItems', path) ?? 0;
    const max = count(schema, 'maxItems', path) ?? Infinity;
    const unique = schema.uniqueItems === true;
    const contains = this.containsRule(schema, place);
    if (prefix.length + min === 0 && max === Infinity && items === undefined && !unique && contains === undefined)
      return;
    parts.push({ kind: 'array', rule: this.arrayRule({ prefix, items, min, max, unique, contains }) });
  }

  private containsRule(schema: SchemaObject, place: Place): ArrayRule['contains'] {
    if (schema.contains === undefined) return undefined;
    const min = count(schema, 'minContains', place.path) ?? 1;
    const max = count(schema, 'maxContains', place.path) ?? Infinity;
    return { schema: this.child(place, 'contains'), positive: true, from: 0, min, max };
  }

  private combinations(schema: SchemaObject, place: Place, parts: Part[]): void {
    const list = (keyword: string): SchemaNode[] => {
      const value = schema[keyword];
      if (value === undefined) return [];
      if (!Array.isArray(value) || value.length === 0) throw malformed(place.path, keyword, 'a list of schemas', value);
      return value.map((_, index) => this.child(place, keyword, index));
    };
    const all = list('allOf');
    if (all.length > 0) parts.push({ kind: 'all', schemas: all });
    const any = list('anyOf');
    if (any.length > 0) parts.push({ kind: 'any', schemas: any });
    const one = list('oneOf');
    if (one.length > 0) parts.push({ kind: 'one', schemas: one });
    if (schema.not !== undefined) parts.push({ kind: 'not', schema: this.child(place, 'not') });
    if (schema.if === undefined) return;
    const branch = (keyword: string): SchemaNode =>
      schema[keyword] === undefined ? this.true : this.child(place, keyword);
    parts.push({ kind: 'if', test: this.child(place, 'if'), whenTrue: branch('then'), whenFalse: branch('else') });
  }
}

function lazily(id: number, path: string, read: () => Assertions): SchemaNode {
  let known: Assertions | undefined;
  const get = (): Assertions => {
    known ??= read();
    return known;
  };
  return {
    id,
    path,
    get parts() {
      return get().parts;
    },
    get unevaluatedProperties() {
      return get().unevaluatedProperties;
    },
    get unevaluatedItems() {
      return get().unevaluatedItems;
    },
  };
}

function typesOf(value: unknown, path: string, strict: boolean): Part {
  const listed = Array.isArray(value) ? value : [value];
  let mask = 0;
  for (const type of listed) {
    const bits = typeof type === 'string' && Object.hasOwn(KINDS, type) ? KINDS[type] : undefined;
    if (bits === undefined)
      throw malformed(path, 'type', `one of ${Object.keys(KINDS).join(', ')}, or a list of them`, value);
    mask |= bits;
  }
  const integer = listed.includes('integer') && !listed.includes('number');
  return { kind: 'types', mask, integer: integer && (strict ? 'strict' : 'any') };
}

function text(schema: SchemaObject, keyword: string, path: string): string {
  const value = schema[keyword];
  if (typeof value !== 'string') throw malformed(path, keyword, 'a string', value);
  return value;
}

function number(schema: SchemaObject, keyword: string, path: string): number | undefined {
  const value = schema[keyword];
  if (value === undefined) return undefined;
  if (typeof value !== 'number' || !Number.isFinite(value)) throw malformed(path, keyword, 'a number', value);
  return value;
}

function count(schema: SchemaObject, keyword: string, path: string): number | undefined {
  const value = number(schema, keyword, path);
  if (value !== undefined && (!Number.isInteger(value) || value < 0))
    throw malformed(path, keyword, 'a whole number', value);
  return value;
}

function names(value: unknown, path: string, keyword: string): string[] {
  if (value === undefined) return [];
  if (!Array.isArray(value) || !value.every((name) => typeof name === 'string')) {
    throw malformed(path, keyword, 'a list of names', value);
  }
  return value;
}

function keysOf(schema: SchemaObject, keyword: string, path: string): string[] {
  const value = schema[keyword];
  if (value === undefined) return [];
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw malformed(path, keyword, 'an object', value);
  return Object.keys(value);
}

/** Whether UTF-8 can carry it: a lone surrogate cannot be generated. */
function isWellFormed(value: string): boolean {
  return !/[\ud800-\udfff]/u.test(value);
}
