import type { OperationDetails } from './catalogue.ts';
import type { ApiParameter, Schema } from './facts.ts';

/** The caller's values for one operation, by the names in its documentation. */
export interface CallInput {
  path?: Readonly<Record<string, unknown>> | undefined;
  query?: Readonly<Record<string, unknown>> | undefined;
  headers?: Readonly<Record<string, unknown>> | undefined;
  body?: unknown;
}

/** A call's path, query and header values by the names in its documentation. */
export type CallValues = Record<ApiParameter['in'], Record<string, unknown>>;

/** The caller's values as the documents type them, with the constants that a call has only one choice for. */
export function callValues(details: OperationDetails, input: CallInput): CallValues {
  const values: CallValues = { path: {}, query: {}, header: {} };
  for (const parameter of details.parameters) {
    const value = withConstant(parameter, given(parameter, input), details);
    if (value !== undefined) values[parameter.in][parameter.name] = coerced(value, parameter, details);
  }
  return values;
}

function given(parameter: ApiParameter, input: CallInput): unknown {
  if (parameter.in === 'header') return headerValue(input.headers, parameter.name);
  return (parameter.in === 'path' ? input.path : input.query)?.[parameter.name];
}

/** A required value with only one sensible choice is not asked of the caller. */
function withConstant(parameter: ApiParameter, value: unknown, details: OperationDetails): unknown {
  if (value !== undefined) return value;
  if (parameter.name === 'PAPI-Use-Prefixes') return 'true';
  const schema = resolved(parameter.schema, details);
  const choices = Array.isArray(schema.enum) ? schema.enum : [];
  if (!parameter.required) return undefined;
  return parameter.name === 'apiVersion' || choices.length === 1 ? choices[0] : undefined;
}

function resolved(schema: Schema, details: OperationDetails): Readonly<Record<string, unknown>> {
  let node = schema;
  while (typeof node !== 'boolean' && typeof node.$ref === 'string') node = details.defs[node.$ref.slice(8)] ?? {};
  return typeof node === 'boolean' ? {} : node;
}

/** Path, query and header values are text on the wire: `"3"` is a good integer, and 3 is good text. */
function coerced(value: unknown, parameter: ApiParameter, details: OperationDetails): unknown {
  const schema = resolved(parameter.schema, details);
  const types = Array.isArray(schema.type) ? schema.type : [schema.type];
  if (typeof value === 'string') {
    const numeric = types.includes('integer') || types.includes('number');
    if (numeric && !types.includes('string') && /^-?\d+(\.\d+)?$/.test(value)) return Number(value);
    if (types.includes('boolean') && /^(true|false)$/.test(value)) return value === 'true';
    if (types.includes('array')) return value.split(',');
  }
  if (types.includes('string') && (typeof value === 'number' || typeof value === 'boolean')) return String(value);
  return value;
}

/** A header by its name in any case. */
export function headerValue(headers: Readonly<Record<string, unknown>> | undefined, name: string): string | undefined {
  for (const [key, value] of Object.entries(headers ?? {})) {
    if (key.toLowerCase() === name.toLowerCase() && value !== undefined) return String(value);
  }
  return undefined;
}
