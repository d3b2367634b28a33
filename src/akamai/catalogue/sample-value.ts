import type { Schema } from './facts.ts';

type Node = Readonly<Record<string, unknown>>;

export interface SampleOptions {
  /** Leave out what only an answer carries. Default true. */
  forRequest?: boolean;
  /** Optional members too, not only the required ones. */
  optional?: boolean;
  /** Which branch of each `oneOf` and `anyOf` to take (modulo their number). */
  choice?: number;
}

const DEEPEST = 12;

/** Texts to try where a pattern or a length rules the first out. */
const TEXTS = [
  'example',
  'abc1',
  'a',
  '1',
  '12',
  '/example/',
  '#ffffff',
  '10.00',
  '5m',
  'prp_1',
  'www.example.com',
  '192.0.2.1',
  '192.0.2.0/24',
  'deny_custom_1',
  'cond_action_1',
  'cond_action__1',
  'challenge_1',
  'agr',
  'nyc1,',
  'A1-2',
  '/a/b',
  '@',
  'example-name',
  '',
];
const BY_FORMAT: Readonly<Record<string, string>> = {
  'date-time': '2026-01-31T12:00:00Z',
  date: '2026-01-31',
  time: '12:00:00Z',
  uuid: '4ba7d810-9dad-41d1-80b4-00c04fd430c8',
  ipv4: '192.0.2.1',
  ip: '192.0.2.1',
  ipv6: '2001:db8::1',
  'ipv6/prefix_length': '2001:db8::/64',
  'ip/netmask': '192.0.2.0/24',
  email: 'someone@example.com',
  uri: 'https://www.example.com/',
  url: 'https://www.example.com/',
  'uri-reference': '/path',
  hostname: 'www.example.com',
  byte: 'ZXhhbXBsZQ==',
  base64: 'ZXhhbXBsZQ==',
  phone: '+15551234567',
  digits: '123',
};

/** A small value that fits a schema: examples for a description, bodies for contract tests. */
export function sampleValue(
  schema: Schema,
  defs: Readonly<Record<string, Schema>>,
  options: SampleOptions = {},
): unknown {
  return sample(schema, defs, { forRequest: true, optional: false, choice: 0, ...options }, 0);
}

function sample(
  schema: Schema,
  defs: Readonly<Record<string, Schema>>,
  options: Required<SampleOptions>,
  depth: number,
): unknown {
  const node = merged(schema, defs, options);
  if (node.const !== undefined) return node.const;
  if (Array.isArray(node.enum)) return node.enum.find((value) => value !== null) ?? null;
  const types = Array.isArray(node.type)
    ? (node.type as string[])
    : [String(node.type ?? (node.properties ? 'object' : ''))];
  const type = types.find((name) => name !== 'null') ?? 'null';
  switch (type) {
    case 'object':
      return sampleObject(node, defs, options, depth);
    case 'array':
      return sampleArray(node, defs, options, depth);
    case 'string':
      return sampleText(node);
    case 'integer':
    case 'number':
      return sampleNumber(node, type === 'integer');
    case 'boolean':
      return true;
    case 'null':
      return null;
    default:
      return 'example';
  }
}

function sampleObject(
  node: Node,
  defs: Readonly<Record<string, Schema>>,
  options: Required<SampleOptions>,
  depth: number,
): unknown {
  const properties = (node.properties as Record<string, Schema>) ?? {};
  const required = new Set(Array.isArray(node.required) ? (node.required as string[]) : []);
  const value: Record<string, unknown> = {};
  const least = typeof node.minProperties === 'number' ? node.minProperties : 0;
  for (const [name, property] of Object.entries(properties)) {
    const wanted = required.has(name) || (options.optional && depth < 3) || Object.keys(value).length < least;
    if (!wanted || depth > DEEPEST) continue;
    const facts = merged(property, defs, options);
    if (options.forRequest && facts.readOnly === true) continue;
    value[name] = sample(property, defs, options, depth + 1);
  }
  for (const name of required) if (!(name in properties)) value[name] = 'example';
  if (typeof node.additionalProperties === 'object' && Object.keys(value).length < least) {
    value.example = sample(node.additionalProperties as Schema, defs, options, depth + 1);
  }
  return value;
}

function sampleArray(
  node: Node,
  defs: Readonly<Record<string, Schema>>,
  options: Required<SampleOptions>,
  depth: number,
): unknown[] {
  const least = typeof node.minItems === 'number' ? node.minItems : 0;
  const length = depth > DEEPEST ? least : Math.max(least, 1);
  const items = (node.items as Schema) ?? true;
  const first = sample(items, defs, options, depth + 1);
  return Array.from({ length }, (_, index) => (index === 0 ? first : distinct(first, index, items, defs, options)));
}

/** Further items of a list that may have to differ. */
function distinct(
  first: unknown,
  index: number,
  items: Schema,
  defs: Readonly<Record<string, Schema>>,
  options: Required<SampleOptions>,
): unknown {
  if (typeof first === 'number') return first + index;
  const choices = merged(items, defs, options).enum;
  if (Array.isArray(choices)) return choices[index % choices.length];
  return typeof first === 'string' ? `${first}${index}` : first;
}

function sampleText(node: Node): string {
  const low = typeof node.minLength === 'number' ? node.minLength : 0;
  const high = typeof node.maxLength === 'number' ? node.maxLength : Number.POSITIVE_INFINITY;
  const pattern = typeof node.pattern === 'string' ? new RegExp(node.pattern, 'u') : undefined;
  const format = typeof node.format === 'string' ? BY_FORMAT[node.format] : undefined;
  const fits = (text: string) =>
    text.length >= low && text.length <= high && (pattern === undefined || pattern.test(text));
  const candidates = [...(format === undefined ? [] : [format]), ...TEXTS, 'x'.repeat(Math.max(low, 1))];
  return candidates.find(fits) ?? 'x'.repeat(Math.min(Math.max(low, 1), high));
}

function sampleNumber(node: Node, integer: boolean): number {
  const { minimum, maximum, exclusiveMinimum, exclusiveMaximum, multipleOf } = node as Record<
    string,
    number | undefined
  >;
  let value = minimum ?? (exclusiveMinimum !== undefined ? exclusiveMinimum + 1 : 1);
  if (maximum !== undefined && value > maximum) value = maximum;
  if (exclusiveMaximum !== undefined && value >= exclusiveMaximum) value = exclusiveMaximum - 1;
  if (multipleOf !== undefined) value = Math.ceil(value / multipleOf) * multipleOf;
  return integer ? Math.ceil(value) : value;
}

/** References followed, `allOf` folded in, a branch of `oneOf` and `anyOf` taken. */
function merged(schema: Schema, defs: Readonly<Record<string, Schema>>, options: Required<SampleOptions>): Node {
  if (typeof schema === 'boolean') return {};
  if (typeof schema.$ref === 'string') {
    const { $ref, ...beside } = schema;
    return { ...merged(defs[schema.$ref.slice('#/$defs/'.length)] ?? {}, defs, options), ...beside };
  }
  let node: Node = schema;
  for (const keyword of ['oneOf', 'anyOf'] as const) {
    const branches = schema[keyword];
    if (Array.isArray(branches) && branches.length > 0)
      node = both(node, merged(branches[options.choice % branches.length], defs, options));
  }
  if (Array.isArray(schema.allOf)) {
    for (const part of schema.allOf) node = both(node, merged(part as Schema, defs, options));
  }
  return node;
}

function both(a: Node, b: Node): Node {
  const required = [...((a.required as string[]) ?? []), ...((b.required as string[]) ?? [])];
  const properties: Record<string, Schema> = { ...(a.properties as Record<string, Schema>) };
  for (const [name, property] of Object.entries((b.properties as Record<string, Schema>) ?? {})) {
    const known = properties[name];
    properties[name] = known === undefined ? property : { allOf: [known, property] };
  }
  return {
    ...a,
    ...b,
    ...(required.length > 0 ? { required: [...new Set(required)] } : {}),
    ...(Object.keys(properties).length > 0 ? { properties } : {}),
  };
}
