import type { OperationDetails } from './catalogue.ts';
import type { ApiParameter, Schema } from './facts.ts';

type Json = Record<string, unknown>;

/**
 * One JSON Schema over `{path, query, headers, body}` of a call. What only an answer carries (`readOnly`) is never
 * required of a request; definitions that the operation does not reach are left out.
 */
export function requestSchemas(details: OperationDetails, contentType: string | undefined): Json {
  const body = contentType === undefined ? undefined : details.body?.content[contentType];
  const schema: Json = {
    type: 'object',
    properties: {
      path: group(details, 'path'),
      query: group(details, 'query'),
      headers: group(details, 'header'),
      ...(body === undefined ? {} : { body: withoutRequiredReadOnly(body, details) }),
    },
  };
  const $defs: Json = {};
  const waiting = references(schema);
  for (let name = waiting.pop(); name !== undefined; name = waiting.pop()) {
    if (name in $defs) continue;
    $defs[name] = withoutRequiredReadOnly(details.defs[name] ?? {}, details);
    waiting.push(...references($defs[name]));
  }
  return { ...schema, $defs };
}

function group(details: OperationDetails, place: ApiParameter['in']): Json {
  const parameters = details.parameters.filter((parameter) => parameter.in === place);
  return {
    type: 'object',
    properties: Object.fromEntries(parameters.map((parameter) => [parameter.name, parameter.schema])),
    required: parameters.filter((parameter) => parameter.required).map((parameter) => parameter.name),
  };
}

function withoutRequiredReadOnly(schema: Schema, details: OperationDetails): Schema {
  if (typeof schema === 'boolean') return schema;
  const result: Json = { ...opened(schema, details) };
  const map = (inner: unknown) => withoutRequiredReadOnly(inner as Schema, details);
  if (result.properties) {
    const properties = Object.entries(result.properties as Record<string, Schema>);
    const readOnly = new Set(properties.filter(([, inner]) => isReadOnly(inner, details)).map(([name]) => name));
    result.properties = Object.fromEntries(properties.map(([name, inner]) => [name, map(inner)]));
    if (Array.isArray(result.required)) result.required = result.required.filter((name) => !readOnly.has(name));
  }
  for (const keyword of ['items', 'not', 'additionalProperties']) {
    if (result[keyword] !== undefined) result[keyword] = map(result[keyword]);
  }
  for (const keyword of COMPOSED) {
    if (Array.isArray(result[keyword])) result[keyword] = (result[keyword] as unknown[]).map(map);
  }
  // The documents' alternatives overlap, so "exactly one" would refuse good bodies: "at least one" is what they mean.
  if (result.oneOf !== undefined) {
    if (result.anyOf === undefined) result.anyOf = result.oneOf;
    else result.allOf = [...((result.allOf as unknown[]) ?? []), { anyOf: result.oneOf }];
    delete result.oneOf;
  }
  return result;
}

const COMPOSED = ['allOf', 'anyOf', 'oneOf'] as const;

/**
 * Documents write `additionalProperties: false` in parts that are meant to be joined, which taken literally refuses
 * every body. Unknown members are refused over the joined whole instead.
 */
function opened(schema: Json, details: OperationDetails): Json {
  const composed = COMPOSED.filter((keyword) => Array.isArray(schema[keyword]));
  const alone = schema.properties === undefined && schema.additionalProperties !== false;
  const joined = !alone || composed.includes('allOf') || composed.length > 1;
  if (composed.length === 0 || !joined) return schema;
  const parts = composed.flatMap((keyword) => (schema[keyword] as Schema[]).map((part) => resolved(part, details)));
  const shared = namesInSeveral([schema, ...parts]);
  let closed = schema.additionalProperties === false;
  const open = (part: Schema): Schema => {
    const node = resolved(part, details);
    if (typeof node === 'boolean') return node;
    const { additionalProperties, ...rest } = node as Json;
    closed ||= additionalProperties === false;
    for (const keyword of COMPOSED) {
      if (Array.isArray(rest[keyword])) rest[keyword] = (rest[keyword] as Schema[]).map(open);
    }
    // A member that two parts describe is itself joined.
    const properties = Object.entries((rest.properties as Record<string, Schema>) ?? {});
    if (properties.some(([name]) => shared.has(name))) {
      rest.properties = Object.fromEntries(
        properties.map(([name, inner]) => [name, shared.has(name) ? loosened(inner, details) : inner]),
      );
    }
    return additionalProperties === undefined || additionalProperties === false ? rest : node;
  };
  const result: Json = { ...schema };
  for (const keyword of composed) result[keyword] = (schema[keyword] as Schema[]).map(open);
  if (!closed) return shared.size === 0 ? schema : result;
  delete result.additionalProperties;
  return { ...result, unevaluatedProperties: false };
}

function loosened(schema: Schema, details: OperationDetails): Schema {
  const node = resolved(schema, details);
  if (typeof node === 'boolean' || node.additionalProperties !== false) return node;
  const { additionalProperties: _, ...rest } = node;
  return rest;
}

function namesInSeveral(parts: readonly Schema[]): Set<string> {
  const seen = new Set<string>();
  const several = new Set<string>();
  for (const part of parts) {
    const properties = typeof part === 'object' ? ((part.properties as object | undefined) ?? {}) : {};
    for (const name of Object.keys(properties)) {
      if (seen.has(name)) several.add(name);
      seen.add(name);
    }
  }
  return several;
}

function resolved(schema: Schema, details: OperationDetails): Schema {
  if (typeof schema === 'boolean' || typeof schema.$ref !== 'string') return schema;
  return resolved(details.defs[schema.$ref.slice(8)] ?? true, details);
}

function isReadOnly(schema: Schema, details: OperationDetails): boolean {
  if (typeof schema === 'boolean') return false;
  if (typeof schema.$ref === 'string') return isReadOnly(details.defs[schema.$ref.slice(8)] ?? {}, details);
  return schema.readOnly === true;
}

/** Names of the definitions that a schema refers to directly. */
function references(schema: unknown): string[] {
  if (Array.isArray(schema)) return schema.flatMap(references);
  if (typeof schema !== 'object' || schema === null) return [];
  const own = Reflect.get(schema, '$ref');
  const found = typeof own === 'string' ? [own.slice('#/$defs/'.length)] : [];
  return [...found, ...Object.values(schema).flatMap(references)];
}
