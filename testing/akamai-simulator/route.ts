import { createHash } from 'node:crypto';

export interface SimulatedRequest {
  method: string;
  path: string;
  query: URLSearchParams;
  headers: Readonly<Record<string, string>>;
  /** Raw bytes; `json()` parses them. */
  bytes: Uint8Array;
  json(): unknown;
}

export interface SimulatedAnswer {
  status: number;
  body?: unknown;
  headers?: Readonly<Record<string, string>>;
}

type Handler = (request: SimulatedRequest, parameters: readonly string[]) => SimulatedAnswer;

export interface Route {
  method: string;
  /** Segments in braces match one path segment each and are handed over decoded, in order. */
  path: string;
  handle: Handler;
}

export const ok = (body: unknown, headers: Record<string, string> = {}): SimulatedAnswer => ({
  status: 200,
  body,
  headers,
});

/** RFC 9457, as Akamai's APIs answer. */
export function problem(status: number, title: string, more: Record<string, unknown> = {}): SimulatedAnswer {
  return {
    status,
    body: { type: 'about:blank', title, status, detail: title, ...more },
    headers: { 'content-type': 'application/problem+json' },
  };
}

/** The first route that fits; an answer of 405 where only the method does not. */
export function dispatch(routes: readonly Route[], request: SimulatedRequest): SimulatedAnswer {
  let pathKnown = false;
  for (const route of routes) {
    const parameters = matchPath(route.path, request.path);
    if (parameters === undefined) continue;
    pathKnown = true;
    if (route.method === request.method) return route.handle(request, parameters);
  }
  return pathKnown ? problem(405, 'Method Not Allowed') : problem(404, 'Not Found');
}

function matchPath(pattern: string, path: string): string[] | undefined {
  const expected = pattern.split('/');
  const actual = path.split('/');
  if (expected.length !== actual.length) return undefined;
  const parameters: string[] = [];
  for (const [index, segment] of expected.entries()) {
    const value = actual[index] ?? '';
    if (segment.startsWith('{')) parameters.push(decodeURIComponent(value));
    else if (segment !== value) return undefined;
  }
  return parameters;
}

/** A strong ETag's value for any JSON state. */
export function etagOf(value: unknown): string {
  return createHash('sha1').update(JSON.stringify(value)).digest('hex');
}
