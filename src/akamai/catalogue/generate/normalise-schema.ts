type Json = Record<string, unknown>;

const KEPT = [
  'type',
  'enum',
  'const',
  'format',
  'pattern',
  'default',
  'required',
  'minLength',
  'maxLength',
  'minimum',
  'maximum',
  'exclusiveMinimum',
  'exclusiveMaximum',
  'multipleOf',
  'minItems',
  'maxItems',
  'uniqueItems',
  'minProperties',
  'maxProperties',
  'readOnly',
  'writeOnly',
  'deprecated',
] as const;

/** Follows a local `$ref` of the document that is being read. */
export type Resolve = (ref: string) => unknown;

/**
 * An OpenAPI 3.0 or 3.1 schema as plain JSON Schema with only the keywords that describe a shape. `nullable` becomes a
 * type, boolean exclusive bounds become numbers, references are replaced by what they name (a cycle ends in `{}`, which
 * allows anything).
 */
export function normaliseSchema(
  schema: unknown,
  resolve: Resolve,
  open: ReadonlySet<string> = new Set(),
): Json | boolean {
  if (typeof schema === 'boolean') return schema;
  if (typeof schema !== 'object' || schema === null) return {};
  const source = schema as Json;
  if (typeof source.$ref === 'string') {
    if (open.has(source.$ref)) return {};
    return normaliseSchema(resolve(source.$ref), resolve, new Set([...open, source.$ref]));
  }
  const inner = (value: unknown) => normaliseSchema(value, resolve, open);
  const result: Json = {};
  for (const keyword of KEPT) if (source[keyword] !== undefined) result[keyword] = source[keyword];
  exclusiveBound(result, source, 'exclusiveMinimum', 'minimum');
  exclusiveBound(result, source, 'exclusiveMaximum', 'maximum');
  if (!validPattern(result.pattern)) delete result.pattern;
  if (Array.isArray(result.required) && result.required.length === 0) delete result.required;
  if (typeof source.properties === 'object' && source.properties !== null) {
    result.properties = Object.fromEntries(
      Object.entries(source.properties).map(([name, property]) => [name, inner(property)]),
    );
  }
  if (source.additionalProperties !== undefined) {
    const additional = inner(source.additionalProperties);
    if (additional !== true) result.additionalProperties = additional;
  }
  if (source.items !== undefined) result.items = inner(source.items);
  for (const keyword of ['allOf', 'anyOf', 'oneOf'] as const) {
    const list = source[keyword];
    if (Array.isArray(list) && list.length > 0) result[keyword] = list.map(inner);
  }
  if (source.not !== undefined) result.not = inner(source.not);
  repairContradictions(result);
  return source.nullable === true ? orNull(result) : result;
}

/** What a few documents say cannot be met by any value; the likelier half of it stays. */
function repairContradictions(schema: Json): void {
  const branches = [...((schema.oneOf as Json[] | undefined) ?? []), ...((schema.anyOf as Json[] | undefined) ?? [])];
  const textChoices = Array.isArray(schema.enum) && schema.enum.every((value) => typeof value !== 'object');
  const textBranches = branches.length > 0 && branches.every((branch) => branch.type === 'string');
  if (schema.type === 'object' && (textChoices || textBranches)) delete schema.type;
  if (
    schema.additionalProperties === false &&
    Array.isArray(schema.required) &&
    branches.length === 0 &&
    !schema.allOf
  ) {
    const properties = { ...(schema.properties as Json | undefined) };
    for (const name of schema.required) properties[String(name)] ??= {};
    schema.properties = properties;
  }
}

function orNull(schema: Json): Json {
  const result = { ...schema };
  if (typeof schema.type === 'string') result.type = [schema.type, 'null'];
  if (Array.isArray(schema.enum) && !schema.enum.includes(null)) result.enum = [...schema.enum, null];
  return result;
}

function exclusiveBound(result: Json, source: Json, exclusive: string, bound: string): void {
  if (typeof source[exclusive] !== 'boolean') return;
  delete result[exclusive];
  if (source[exclusive] === true && typeof source[bound] === 'number') {
    result[exclusive] = source[bound];
    delete result[bound];
  }
}

/** Some published patterns use syntax that JavaScript's engine refuses; a shape without them is still useful. */
function validPattern(pattern: unknown): boolean {
  if (pattern === undefined) return true;
  try {
    new RegExp(String(pattern), 'u');
    return true;
  } catch {
    return false;
  }
}
