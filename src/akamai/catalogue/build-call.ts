import type { QueryValue } from '../client/akamai-request.ts';
import type { ApiParameter } from './facts.ts';

/** The path template with its values, percent-encoded. */
export function fillPath(template: string, values: Readonly<Record<string, unknown>>): string {
  return template.replace(/\{([^}]+)\}/g, (_, name: string) => encodeURIComponent(String(values[name])));
}

export function queryOf(
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
export function asSent(body: unknown, contentType: string | undefined): unknown {
  return typeof body === 'string' && contentType?.includes('json') ? JSON.stringify(body) : body;
}

/** An operation that takes any type gets one that says what the body is. */
export function sentType(contentType: string, body: unknown): string {
  if (contentType !== '*/*') return contentType;
  return body instanceof Uint8Array ? 'application/octet-stream' : 'application/json';
}

/** Header values as text, by lower-case name. */
export function textValues(values: Readonly<Record<string, unknown>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(values)
      .filter(([, value]) => value !== undefined)
      .map(([name, value]) => [name.toLowerCase(), String(value)]),
  );
}
