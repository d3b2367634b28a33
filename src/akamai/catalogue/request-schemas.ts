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
  const result: Json = { ...schema };
  const map = (inner: unknown) => withoutRequiredReadOnly(inner as Schema, details);
  if (schema.properties) {
    const properties = Object.entries(schema.properties as Record<string, Schema>);
    const readOnly = new Set(properties.filter(([, inner]) => isReadOnly(inner, details)).map(([name]) => name));
    result.properties = Object.fromEntries(properties.map(([name, inner]) => [name, map(inner)]));
    if (Array.isArray(schema.required)) result.required = schema.required.filter((name) => !readOnly.has(name));
  }
  for (const keyword of ['items', 'not', 'additionalProperties']) {
    if (schema[keyword] !== undefined) result[keyword] = map(schema[keyword]);
  }
  for (const keyword of ['allOf', 'anyOf', 'oneOf']) {
    if (Array.isArray(schema[keyword])) result[keyword] = (schema[keyword] as unknown[]).map(map);
  }
  return result;
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
