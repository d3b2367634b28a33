import { Ajv2020, type ErrorObject, type ValidateFunction } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { FtsError } from '../../errors/fts-error.ts';
import type { AkamaiRequest, QueryValue } from '../client/akamai-request.ts';
import type { ApiOperation, Catalogue, OperationDetails } from './catalogue.ts';
import type { ApiParameter, Schema } from './facts.ts';
import { acceptFor, bodyTypeFor } from './media-types.ts';
import { requestSchemas } from './request-schemas.ts';

/** The caller's values for one operation, by the names in its documentation. */
export interface CallInput {
  path?: Readonly<Record<string, unknown>> | undefined;
  query?: Readonly<Record<string, unknown>> | undefined;
  headers?: Readonly<Record<string, unknown>> | undefined;
  body?: unknown;
}

/** A call that matches its operation's schema, ready for the client. */
export type ValidCall = Pick<AkamaiRequest, 'method' | 'path' | 'query' | 'headers' | 'body' | 'server' | 'idempotent'>;

/** Formats that are checked; others in the documents are looser in practice than their names. */
const CHECKED_FORMATS = ['date', 'date-time', 'uuid', 'ipv4', 'ipv6', 'email'] as const;
const SHOWN_PROBLEMS = 5;

/** Checks calls against the catalogue's schemas; compiled checks are kept. */
export class CallValidator {
  readonly #catalogue: Catalogue;
  readonly #compiled = new Map<string, ValidateFunction>();
  readonly #ajv: Ajv2020;

  constructor(catalogue: Catalogue) {
    this.#catalogue = catalogue;
    this.#ajv = new Ajv2020({ strict: false, allErrors: true, validateFormats: true, logger: false });
    addFormats.default(this.#ajv, [...CHECKED_FORMATS]);
  }

  /**
   * The call as it will leave: path filled in and encoded, constants (`PAPI-Use-Prefixes`, Linode's `apiVersion`) added,
   * media types named. Fails with every problem named by its place: `query.contractId`, `body.objects`.
   */
  validateCall(operation: ApiOperation, input: CallInput): ValidCall {
    const details = this.#catalogue.details(operation);
    const values = { path: {}, query: {}, header: {} } as Record<ApiParameter['in'], Record<string, unknown>>;
    const problems: Problem[] = [];
    for (const parameter of details.parameters) {
      const value = withConstant(parameter, given(parameter, input), details);
      if (value !== undefined) values[parameter.in][parameter.name] = coerced(value, parameter, details);
    }
    problems.push(...unknownNames('path', input.path, details.parameters));
    problems.push(...unknownNames('query', input.query, details.parameters));
    if (input.body !== undefined && !details.body) {
      problems.push({
        place: 'body',
        text: `body: ${operation.method} ${operation.path} takes no body`,
        value: undefined,
      });
    }
    const hints = Object.values(values.path).map(String);
    const contentType = bodyTypeFor(details.body, headerValue(input.headers, 'content-type'), hints);
    const jsonBody = input.body instanceof Uint8Array ? undefined : input.body;
    const check = this.#check(operation, details, contentType);
    const subject = { path: values.path, query: values.query, headers: values.header, body: jsonBody };
    if (input.body === undefined || input.body instanceof Uint8Array) delete subject.body;
    if (details.body?.required && input.body === undefined) {
      problems.push({ place: 'body', text: 'body: is required', value: undefined });
    }
    for (const [name, value] of Object.entries(values.path)) {
      // These survive encoding but would climb out of the path.
      if (/^\.{0,2}$/.test(String(value)))
        problems.push({ place: `path.${name}`, text: `path.${name}: is empty`, value });
    }
    if (!check(subject)) problems.push(...inWords(check.errors ?? [], subject));
    if (problems.length > 0) throw refusal(operation, problems);
    return {
      method: operation.method,
      path: fillPath(operation.path, values.path),
      query: queryOf(values.query, details.parameters),
      headers: {
        accept: acceptFor(details.responses, hints),
        ...(input.body === undefined || contentType === undefined
          ? {}
          : { 'content-type': sentType(contentType, input.body) }),
        ...callerHeaders(input.headers),
        ...textValues(values.header),
      },
      ...(input.body === undefined ? {} : { body: asSent(input.body, contentType) }),
      server: operation.server,
      idempotent: operation.effect === 'read',
    };
  }

  #check(operation: ApiOperation, details: OperationDetails, contentType: string | undefined): ValidateFunction {
    const key = `${operation.api} ${operation.operationId} ${contentType ?? ''}`;
    let check = this.#compiled.get(key);
    if (!check) {
      check = this.#ajv.compile(requestSchemas(details, contentType) as Record<string, unknown>);
      this.#compiled.set(key, check);
    }
    return check;
  }
}

interface Problem {
  place: string;
  text: string;
  value: unknown;
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

function unknownNames(
  place: 'path' | 'query',
  values: Readonly<Record<string, unknown>> | undefined,
  parameters: readonly ApiParameter[],
): Problem[] {
  const known = parameters.filter((parameter) => parameter.in === place).map((parameter) => parameter.name);
  const problems: Problem[] = [];
  for (const [name, value] of Object.entries(values ?? {})) {
    if (value === undefined || known.includes(name)) continue;
    const hint =
      name === 'accountSwitchKey'
        ? 'name it beside the call, not in its query'
        : known.length === 0
          ? `it takes no ${place} parameters`
          : `known: ${known.join(', ')}`;
    problems.push({ place: `${place}.${name}`, text: `${place}.${name}: unknown parameter (${hint})`, value });
  }
  return problems;
}

function inWords(errors: readonly ErrorObject[], subject: unknown): Problem[] {
  const deepest = new Map<string, Problem>();
  for (const error of errors) {
    if (error.keyword === 'if' || error.keyword === 'allOf') continue;
    const missing = error.keyword === 'required' ? `/${error.params.missingProperty}` : '';
    const extraName = error.params.additionalProperty ?? error.params.unevaluatedProperty;
    const extra = typeof extraName === 'string' ? `/${extraName}` : '';
    const pointer = `${error.instancePath}${missing}${extra}`;
    const place = pointer.slice(1).replaceAll('/', '.').replaceAll('~1', '/').replaceAll('~0', '~');
    const said = missing !== '' ? 'is required' : extra !== '' ? 'is not a known member' : saidBy(error);
    const text = `${place}: ${said}`;
    if (!deepest.has(text)) deepest.set(text, { place, text, value: valueAt(subject, pointer) });
  }
  // The most deeply nested problem is the one to correct; "must match exactly one schema" above it only echoes it.
  return [...deepest.values()].sort((a, b) => b.place.split('.').length - a.place.split('.').length);
}

function saidBy(error: ErrorObject): string {
  if (error.keyword === 'enum') return `must be one of ${error.params.allowedValues.map(String).join(', ')}`;
  if (error.keyword === 'oneOf' || error.keyword === 'anyOf')
    return 'fits none (or more than one) of the allowed shapes';
  return error.message ?? error.keyword;
}

function valueAt(subject: unknown, pointer: string): unknown {
  let node = subject;
  for (const part of pointer.split('/').slice(1)) {
    const key = part.replaceAll('~1', '/').replaceAll('~0', '~');
    node = typeof node === 'object' && node !== null ? Reflect.get(node, key) : undefined;
  }
  return node;
}

function refusal(operation: ApiOperation, problems: readonly Problem[]): FtsError {
  const shown = problems.slice(0, SHOWN_PROBLEMS).map((problem) => problem.text);
  const more = problems.length > SHOWN_PROBLEMS ? ` (and ${problems.length - SHOWN_PROBLEMS} more)` : '';
  const first = problems[0]!;
  return new FtsError(
    'invalid-input',
    `The call does not fit ${operation.api} ${operation.operationId}: ${shown.join('; ')}${more}.`,
    {
      field: first.place,
      value: first.value,
      remedy: `See what it takes: fts akamai describe ${operation.api} ${operation.operationId}.`,
    },
  );
}

function fillPath(template: string, values: Readonly<Record<string, unknown>>): string {
  return template.replace(/\{([^}]+)\}/g, (_, name: string) => encodeURIComponent(String(values[name])));
}

function queryOf(
  values: Readonly<Record<string, unknown>>,
  parameters: readonly ApiParameter[],
): Record<string, QueryValue> {
  const query: Record<string, QueryValue> = {};
  for (const parameter of parameters) {
    const value = values[parameter.name];
    if (parameter.in !== 'query' || value === undefined) continue;
    if (Array.isArray(value)) query[parameter.name] = parameter.commaSeparated ? value.join(',') : value;
    else query[parameter.name] = typeof value === 'object' ? JSON.stringify(value) : (value as QueryValue);
  }
  return query;
}

/** A JSON text as a body is a JSON string; in any other media type it is the body itself. */
function asSent(body: unknown, contentType: string | undefined): unknown {
  return typeof body === 'string' && contentType?.includes('json') ? JSON.stringify(body) : body;
}

/** An operation that takes any type gets one that says what the body is. */
function sentType(contentType: string, body: unknown): string {
  if (contentType !== '*/*') return contentType;
  return body instanceof Uint8Array ? 'application/octet-stream' : 'application/json';
}

function headerValue(headers: Readonly<Record<string, unknown>> | undefined, name: string): string | undefined {
  for (const [key, value] of Object.entries(headers ?? {})) {
    if (key.toLowerCase() === name.toLowerCase() && value !== undefined) return String(value);
  }
  return undefined;
}

/** Headers that a caller may add freely; whatever signs, routes or frames the message is the client's alone. */
function callerHeaders(headers: Readonly<Record<string, unknown>> | undefined): Record<string, string> {
  const refused = /^(authorization|host|content-length|transfer-encoding|connection|cookie|proxy-.*)$/i;
  const own: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers ?? {})) {
    if (value !== undefined && !refused.test(name)) own[name.toLowerCase()] = String(value);
  }
  return own;
}

function textValues(values: Readonly<Record<string, unknown>>): Record<string, string> {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [name.toLowerCase(), String(value)]));
}
