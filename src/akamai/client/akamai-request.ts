import type { ServerKind } from '../credentials/account.ts';

export type QueryValue = string | number | boolean | readonly (string | number | boolean)[] | undefined;

/** One HTTP call to Akamai. `path` is full and filled in: `/papi/v1/properties/prp_1`. */
export interface AkamaiRequest {
  method: string;
  path: string;
  /** Arrays repeat the parameter: `a=1&a=2`. Undefined values are left out. */
  query?: Readonly<Record<string, QueryValue>> | undefined;
  headers?: Readonly<Record<string, string>> | undefined;
  /** Objects travel as JSON; text and bytes as they are (name their `content-type`). */
  body?: unknown;
  /** The credentials' section; the default account without one. */
  account?: string | undefined;
  /** Acts on another account that this API client may manage. */
  accountSwitchKey?: string | undefined;
  /** Default: Akamai Cloud for `/v4…`, the API client's own host for all else. */
  server?: ServerKind | undefined;
  /** May be sent again after a failure without doing anything twice. Default: GET and HEAD only. */
  idempotent?: boolean | undefined;
  /** For one attempt, from sending to the last byte. Default 30. */
  timeoutSeconds?: number | undefined;
  /** Follow a redirect of a GET within the same host. Default true; another host is always refused. */
  followRedirects?: boolean | undefined;
  signal?: AbortSignal | undefined;
}

/** A request as errors and logs name it: `GET /papi/v1/properties/prp_1`. */
export function callName({ method, path }: Pick<AkamaiRequest, 'method' | 'path'>): string {
  return `${method.toUpperCase()} ${path}`;
}

export function isRead(method: string): boolean {
  return ['GET', 'HEAD', 'OPTIONS'].includes(method.toUpperCase());
}

export interface AkamaiResponse {
  status: number;
  /** Names in lower case. */
  headers: Record<string, string>;
  /** Parsed JSON, text, bytes (`Uint8Array`), or undefined for an empty answer. */
  body: unknown;
}

/** What everything above the wire needs of a client, so that tests can pass a fake. */
export interface AkamaiCaller {
  /** Any HTTP answer is a result, whatever its status. Fails only where there is no answer. */
  request(request: AkamaiRequest): Promise<AkamaiResponse>;
  /** The same, but a status of 400 and above is thrown as an FtsError in words. */
  requestOk(request: AkamaiRequest): Promise<AkamaiResponse>;
}
