import { FtsError } from '../../errors/fts-error.ts';

export type JsonSchema = boolean | { [keyword: string]: unknown };

/** Rules that every grammar may use: JSON's own tokens, with whitespace bounded so that a model cannot idle in it. */
const SHARED_RULES: Record<string, string> = {
  ws: '| " " | "\\n" [ \\t]{0,20}',
  char: '[^"\\\\\\x7F\\x00-\\x1F] | "\\\\" (["\\\\/bfnrt] | "u" [0-9a-fA-F]{4})',
  string: '"\\"" char* "\\""',
  integral: '"0" | [1-9] [0-9]{0,15}',
  integer: '"-"? integral',
  number: '"-"? integral ("." [0-9]{1,16})? ([eE] [-+]? [0-9]{1,3})?',
  boolean: '"true" | "false"',
  null: '"null"',
  value: 'object | array | string | number | boolean | null',
  object: '"{" ws (string ":" ws value ("," ws string ":" ws value)*)? ws "}"',
  array: '"[" ws (value ("," ws value)*)? ws "]"',
};

const FORMATS: Record<string, string> = {
  date: '"\\"" [0-9]{4} "-" ("0" [1-9] | "1" [0-2]) "-" ("0" [1-9] | [1-2] [0-9] | "3" [0-1]) "\\""',
  time: '"\\"" ([01] [0-9] | "2" [0-3]) ":" [0-5] [0-9] ":" [0-5] [0-9] "Z" "\\""',
  'date-time':
    '"\\"" [0-9]{4} "-" ("0" [1-9] | "1" [0-2]) "-" ("0" [1-9] | [1-2] [0-9] | "3" [0-1]) "T" ([01] [0-9] | "2" [0-3]) ":" [0-5] [0-9] ":" [0-5] [0-9] "Z" "\\""',
  uuid: '"\\"" [0-9a-f]{8} "-" [0-9a-f]{4} "-" [0-9a-f]{4} "-" [0-9a-f]{4} "-" [0-9a-f]{12} "\\""',
};

/** Keywords whose violation a grammar of this kind cannot exclude: better refused than silently ignored. */
const UNSUPPORTED = ['not', 'if', 'patternProperties', 'dependentSchemas', 'contains', 'uniqueItems', 'multipleOf'];

/** Most optional properties in one object: each may be left out, in the schema's order. */
const MOST_REPEATS = 2000;

/** A GBNF grammar of a JSON object, for the APIs' plain JSON modes. */
export function jsonObjectGrammar(): string {
  return new GrammarBuilder().build({ type: 'object' });
}

/**
 * A GBNF grammar whose every sentence is JSON that satisfies the schema: types, properties, required, enum, const,
 * items, lengths, anyOf / oneOf, $ref, common formats. Errors: `invalid-input` for keywords it cannot honour.
 */
export function jsonSchemaGrammar(schema: JsonSchema): string {
  return new GrammarBuilder(schema).build(schema);
}

class GrammarBuilder {
  private readonly root: JsonSchema;
  private readonly rules = new Map<string, string>();
  private readonly references = new Map<string, string>();
  private count = 0;

  constructor(root: JsonSchema = true) {
    this.root = root;
  }

  build(schema: JsonSchema): string {
    const body = this.visit(schema, '#');
    this.rules.set('root', body);
    for (const [name, rule] of Object.entries(SHARED_RULES)) this.rules.set(name, rule);
    return [...this.rules].map(([name, rule]) => `${name} ::= ${rule}`).join('\n');
  }

  /** The right-hand side for a schema; anything longer than a name becomes a rule of its own. */
  private visit(schema: JsonSchema, path: string): string {
    if (schema === true || schema === undefined) return 'value';
    if (schema === false) throw unsupported(path, 'a schema that nothing satisfies');
    for (const keyword of UNSUPPORTED) {
      if (schema[keyword] !== undefined) throw unsupported(`${path}/${keyword}`, `the keyword ${keyword}`);
    }
    if (typeof schema.$ref === 'string') return this.reference(schema.$ref, path);
    if ('const' in schema) return literal(schema.const);
    if (Array.isArray(schema.enum)) return this.rule(schema.enum.map(literal).join(' | '));
    const choices = (schema.anyOf ?? schema.oneOf) as JsonSchema[] | undefined;
    if (choices !== undefined) {
      const { anyOf: _anyOf, oneOf: _oneOf, ...rest } = schema;
      return this.rule(
        choices.map((choice, index) => this.visit(merge(rest, choice, path), `${path}/anyOf/${index}`)).join(' | '),
      );
    }
    if (Array.isArray(schema.allOf)) {
      const { allOf, ...rest } = schema;
      const merged = (allOf as JsonSchema[]).reduce<JsonSchema>(
        (sum, part) => merge(sum, this.deref(part), path),
        rest,
      );
      return this.visit(merged, path);
    }
    if (Array.isArray(schema.type)) {
      return this.rule(schema.type.map((type) => this.visit({ ...schema, type }, path)).join(' | '));
    }
    return this.typed(schema, path);
  }

  private typed(schema: { [keyword: string]: unknown }, path: string): string {
    switch (schema.type ?? impliedType(schema)) {
      case 'object':
        return this.object(schema, path);
      case 'array':
        return this.array(schema, path);
      case 'string':
        return this.string(schema, path);
      case 'integer':
        return this.integer(schema, path);
      case 'number':
        return schema.minimum === undefined ? 'number' : this.number(schema, path);
      case 'boolean':
        return 'boolean';
      case 'null':
        return 'null';
      case undefined:
        return 'value';
      default:
        throw unsupported(`${path}/type`, `the type ${String(schema.type)}`);
    }
  }

  private object(schema: { [keyword: string]: unknown }, path: string): string {
    const properties = (schema.properties ?? {}) as Record<string, JsonSchema>;
    const required = new Set((schema.required ?? []) as string[]);
    for (const name of required) if (!(name in properties)) properties[name] = true;
    const names = Object.keys(properties);
    const extra = schema.additionalProperties as JsonSchema | undefined;
    if (names.length === 0) {
      if (extra === undefined || extra === true) return 'object';
      if (extra === false) return this.rule('"{" ws "}"');
      const member = this.rule(`string ":" ws ${this.visit(extra, `${path}/additionalProperties`)}`);
      return this.rule(`"{" ws (${member} ("," ws ${member})*)? ws "}"`);
    }
    const members = names.map((name) =>
      this.rule(`${literal(name)} ":" ws ${this.visit(properties[name]!, `${path}/properties/${name}`)}`),
    );
    return this.rule(`"{" ws ${this.memberList(names, members, required)} ws "}"`);
  }

  /** Members in the schema's order, required ones always, each optional one or not, commas only between. */
  private memberList(names: string[], members: string[], required: Set<string>): string {
    const firstRequired = names.findIndex((name) => required.has(name));
    if (firstRequired < 0) {
      // Any of the optional members may be the first.
      const starts = members.map((member, index) => `${member} ${this.following(names, members, required, index + 1)}`);
      return `(${starts.join(' | ')})?`;
    }
    const before = members.slice(0, firstRequired).map((member) => `(${member} "," ws)?`);
    const rest = this.following(names, members, required, firstRequired + 1);
    return [...before, members[firstRequired]!, rest].join(' ');
  }

  private following(names: string[], members: string[], required: Set<string>, from: number): string {
    return members
      .slice(from)
      .map((member, offset) => {
        const part = `"," ws ${member}`;
        return required.has(names[from + offset]!) ? part : `(${part})?`;
      })
      .join(' ');
  }

  private array(schema: { [keyword: string]: unknown }, path: string): string {
    const prefix = schema.prefixItems as JsonSchema[] | undefined;
    if (prefix !== undefined) {
      const items = prefix.map((item, index) => this.visit(item, `${path}/prefixItems/${index}`));
      return this.rule(`"[" ws ${items.join(' "," ws ')} ws "]"`);
    }
    const item = this.visit((schema.items ?? true) as JsonSchema, `${path}/items`);
    const least = bound(schema.minItems, path) ?? 0;
    const most = bound(schema.maxItems, path);
    if (most === 0) return this.rule('"[" ws "]"');
    const more = `("," ws ${item}){${Math.max(0, least - 1)},${most === undefined ? '' : most - 1}}`;
    const list = `${item} ${more}`;
    return this.rule(`"[" ws ${least === 0 ? `(${list})?` : list} ws "]"`);
  }

  private string(schema: { [keyword: string]: unknown }, path: string): string {
    if (schema.pattern !== undefined) throw unsupported(`${path}/pattern`, 'the keyword pattern');
    const format = FORMATS[String(schema.format)];
    if (format !== undefined) return this.rule(format);
    const least = bound(schema.minLength, path) ?? 0;
    const most = bound(schema.maxLength, path);
    if (least === 0 && most === undefined) return 'string';
    return this.rule(`"\\"" char{${least},${most ?? ''}} "\\""`);
  }

  /** Integers in a range are spelled by their digits, sign by sign. */
  private integer(schema: { [keyword: string]: unknown }, path: string): string {
    const low = limit(schema.minimum, schema.exclusiveMinimum, 1, path);
    const high = limit(schema.maximum, schema.exclusiveMaximum, -1, path);
    if (low === undefined && high === undefined) return 'integer';
    return this.rule(integerRange(low, high));
  }

  private number(schema: { [keyword: string]: unknown }, path: string): string {
    if (schema.minimum === 0 && schema.maximum === undefined) {
      return this.rule('integral ("." [0-9]{1,16})? ([eE] [-+]? [0-9]{1,3})?');
    }
    throw unsupported(`${path}/minimum`, 'a range of non-integer numbers other than minimum 0');
  }

  private reference(pointer: string, path: string): string {
    const known = this.references.get(pointer);
    if (known !== undefined) return known;
    const name = `ref${this.references.size}`;
    this.references.set(pointer, name);
    this.rules.set(name, this.visit(this.deref({ $ref: pointer }), `${path}→${pointer}`));
    return name;
  }

  private deref(schema: JsonSchema): JsonSchema {
    if (typeof schema !== 'object' || typeof schema.$ref !== 'string') return schema;
    if (!schema.$ref.startsWith('#')) throw unsupported(schema.$ref, 'a reference out of the document');
    let target: unknown = this.root;
    for (const part of schema.$ref.split('/').slice(1)) {
      const key = part.replaceAll('~1', '/').replaceAll('~0', '~');
      target = typeof target === 'object' && target !== null ? Reflect.get(target, key) : undefined;
    }
    if (target === undefined) throw unsupported(schema.$ref, 'a reference to nothing');
    return target as JsonSchema;
  }

  private rule(body: string): string {
    const name = `r${this.count++}`;
    this.rules.set(name, body);
    return name;
  }
}

function impliedType(schema: { [keyword: string]: unknown }): string | undefined {
  if (schema.properties !== undefined || schema.required !== undefined || schema.additionalProperties !== undefined) {
    return 'object';
  }
  if (schema.items !== undefined || schema.prefixItems !== undefined) return 'array';
  return undefined;
}

function merge(a: JsonSchema, b: JsonSchema, path: string): JsonSchema {
  if (typeof a === 'boolean' || typeof b === 'boolean') {
    if (a === false || b === false) throw unsupported(path, 'a schema that nothing satisfies');
    return typeof a === 'boolean' ? b : a;
  }
  const properties =
    a.properties === undefined && b.properties === undefined
      ? {}
      : { properties: { ...(a.properties as object), ...(b.properties as object) } };
  const required = [...((a.required ?? []) as string[]), ...((b.required ?? []) as string[])];
  return { ...a, ...b, ...properties, ...(required.length === 0 ? {} : { required: [...new Set(required)] }) };
}

/** A GBNF literal that spells the value's JSON text. */
function literal(value: unknown): string {
  return `"${JSON.stringify(value).replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`;
}

function bound(value: unknown, path: string): number | undefined {
  if (value === undefined) return undefined;
  if (!Number.isInteger(value) || (value as number) < 0 || (value as number) > MOST_REPEATS) {
    throw unsupported(path, `a length or count of ${String(value)}`);
  }
  return value as number;
}

function limit(inclusive: unknown, exclusive: unknown, step: number, path: string): number | undefined {
  const value = inclusive ?? (typeof exclusive === 'number' ? exclusive + step : undefined);
  if (value === undefined) return undefined;
  if (typeof value !== 'number' || !Number.isSafeInteger(value)) throw unsupported(path, `the limit ${String(value)}`);
  return value;
}

function integerRange(low: number | undefined, high: number | undefined): string {
  const parts: string[] = [];
  if (low === undefined || low < 0) {
    const least = high === undefined || high >= 0 ? 1 : -high;
    const most = low === undefined ? undefined : -low;
    parts.push(`"-" (${naturalRange(least, most)})`);
  }
  if (high === undefined || high >= 0) parts.push(naturalRange(Math.max(0, low ?? 0), high));
  return parts.join(' | ');
}

/** Alternatives that spell exactly the integers from `low` to `high`, digit length by digit length. */
function naturalRange(low: number, high: number | undefined): string {
  const parts: string[] = [];
  const longest = high === undefined ? 16 : String(high).length;
  for (let digits = String(low).length; digits <= longest; digits++) {
    const from = Math.max(low, digits === 1 ? 0 : 10 ** (digits - 1));
    const to = Math.min(high ?? Number.MAX_SAFE_INTEGER, 10 ** digits - 1);
    if (from <= to) parts.push(...sameLength(String(from), String(to)));
  }
  return parts.join(' | ');
}

function sameLength(from: string, to: string): string[] {
  if (from === to) return [`"${from}"`];
  const rest = from.length - 1;
  if (rest === 0) return [`[${from}-${to}]`];
  const a = from[0]!;
  const b = to[0]!;
  if (a === b) return sameLength(from.slice(1), to.slice(1)).map((tail) => `"${a}" ${tail}`);
  const parts: string[] = [];
  let first = Number(a);
  let last = Number(b);
  if (/[1-9]/.test(from.slice(1))) {
    parts.push(...sameLength(from.slice(1), '9'.repeat(rest)).map((tail) => `"${a}" ${tail}`));
    first++;
  }
  const upper = /[0-8]/.test(to.slice(1));
  if (upper) last--;
  if (first <= last) parts.push(`[${first}-${last}] [0-9]{${rest}}`);
  if (upper) parts.push(...sameLength('0'.repeat(rest), to.slice(1)).map((tail) => `"${b}" ${tail}`));
  return parts;
}

function unsupported(field: string, what: string): FtsError {
  return new FtsError('invalid-input', `The JSON schema uses ${what}, which constrained generation cannot honour.`, {
    field,
    remedy: 'Leave it out of the schema and check it in your own code.',
  });
}
