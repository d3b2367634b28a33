/** What the debug headers of an edge answer say, in words. */
export interface CacheFacts {
  status: number | null;
  /** `TCP_HIT` and the like. */
  cacheStatus: string | null;
  cacheMeaning: string | null;
  cacheKey: string | null;
  cacheable: boolean | null;
  /** Seconds, from the cache key. */
  ttl: string | null;
  cpCode: string | null;
  originStatus: string | null;
  age: string | null;
  cacheControl: string | null;
  edgeServer: string | null;
  edgeWorkers: string[];
}

/** Ask the edge to say how it came to its answer. */
export const debugPragma = [
  'akamai-x-cache-on',
  'akamai-x-cache-remote-on',
  'akamai-x-check-cacheable',
  'akamai-x-get-cache-key',
  'akamai-x-get-true-cache-key',
  'akamai-x-get-request-id',
  'akamai-x-serial-no',
].join(', ');

const cacheMeanings: readonly [RegExp, string][] = [
  [/^TCP_(MEM_)?HIT/, 'Answered from this edge server’s cache.'],
  [/^TCP_MISS/, 'Not in the cache: fetched from the origin or a parent server.'],
  [/^TCP_REFRESH_HIT/, 'Was stale; the origin said that it had not changed.'],
  [/^TCP_REFRESH_MISS/, 'Was stale; the origin sent a new one.'],
  [/^TCP_REFRESH_FAIL/, 'Was stale, the origin could not be reached, and the stale one was served.'],
  [/^TCP_IMS_HIT/, 'The client’s own copy is still fresh.'],
  [/^TCP_NEGATIVE_HIT/, 'An error of the origin, answered from the cache.'],
  [/^TCP_DENIED/, 'Denied by a rule at the edge.'],
  [/^TCP_COOKIE_DENY/, 'Denied for want of a valid token or cookie.'],
];

/** Reads the headers of an answer to a request with `debugPragma`. */
export function cacheFacts(status: number | null, headers: Readonly<Record<string, string>>): CacheFacts {
  const cache = headers['x-cache'] ?? null;
  const cacheStatus = cache?.split(' ')[0] ?? null;
  const key = headers['x-true-cache-key'] ?? headers['x-cache-key'] ?? null;
  const parts = (headers['x-cache-key'] ?? '').split('/');
  // L/131/12345/1d/www.example.com/path: type, serial, CP code, time to live, then the host
  const hasParts = /^[A-Z]$/.test(parts[0] === '' ? (parts[1] ?? '') : (parts[0] ?? ''));
  const at = parts[0] === '' ? 1 : 0;
  const cacheable = headers['x-check-cacheable'];
  return {
    status,
    cacheStatus,
    cacheMeaning: cacheMeanings.find(([pattern]) => pattern.test(cacheStatus ?? ''))?.[1] ?? null,
    cacheKey: key,
    cacheable: cacheable === undefined ? null : cacheable.toUpperCase() === 'YES',
    ttl: hasParts ? (parts[at + 3] ?? null) : null,
    cpCode: hasParts ? (parts[at + 2] ?? null) : null,
    originStatus: headers['x-origin-status'] ?? null,
    age: headers.age ?? null,
    cacheControl: headers['cache-control'] ?? null,
    edgeServer: /from ([\w.-]+)/.exec(cache ?? '')?.[1] ?? null,
    edgeWorkers: Object.entries(headers)
      .filter(([name]) => /^x-akamai-edgeworker-.*-info$/.test(name))
      .map(([name, value]) => `${name.replace(/^x-akamai-edgeworker-|-info$/g, '')}: ${value}`),
  };
}

/** `Name: value` lines as a map with names in lower case; repeated names are joined. */
export function headerMap(lines: readonly string[]): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const line of lines) {
    const colon = line.indexOf(':');
    if (colon <= 0) continue;
    const name = line.slice(0, colon).trim().toLowerCase();
    const value = line.slice(colon + 1).trim();
    headers[name] = headers[name] === undefined ? value : `${headers[name]}, ${value}`;
  }
  return headers;
}
