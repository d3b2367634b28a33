import { Agent, type Dispatcher, request as send } from 'undici';
import { FtsError, throwIfAborted } from '../../errors/fts-error.ts';
import type { Account } from '../credentials/account.ts';
import type { Accounts } from '../credentials/load-accounts.ts';
import { edgeGridAuthorization } from '../edgegrid/sign-request.ts';
import type { AkamaiCaller, AkamaiRequest, AkamaiResponse, QueryValue } from './akamai-request.ts';
import { decodeBody, encodeBody } from './decode-body.ts';
import { refusalError } from './problem.ts';
import { RateLimits, retryAfterMs } from './rate-limits.ts';
import { type Clock, systemClock } from './token-bucket.ts';

const ATTEMPTS = 5;
const FIRST_BACKOFF_MS = 250;
const LONGEST_BACKOFF_MS = 8_000;
const LONGEST_RETRY_AFTER_MS = 60_000;
const DEFAULT_TIMEOUT_SECONDS = 30;
const MOST_REDIRECTS = 3;
const LARGEST_ANSWER_BYTES = 64 * 1024 * 1024;

export interface AkamaiClientOptions {
  accounts: Accounts;
  userAgent?: string;
  clock?: Clock;
  /** In [0, 1): the jitter of backoff. */
  random?: () => number;
}

interface Target {
  account: Account;
  origin: string;
  authorize(method: string, url: URL, body: Uint8Array | undefined): Record<string, string>;
}

/**
 * Sends signed calls to the hosts of the configured credentials and to no other. Calls wait for their API's token
 * bucket; idempotent ones are repeated with backoff and jitter after 429, 5xx, broken connections and cut-off answers.
 */
export class AkamaiClient implements AkamaiCaller {
  readonly accounts: Accounts;
  readonly #agent: Agent;
  readonly #clock: Clock;
  readonly #random: () => number;
  readonly #limits: RateLimits;
  readonly #userAgent: string;

  constructor(options: AkamaiClientOptions) {
    this.accounts = options.accounts;
    this.#clock = options.clock ?? systemClock;
    this.#random = options.random ?? Math.random;
    this.#limits = new RateLimits(this.#clock);
    this.#userAgent = options.userAgent ?? 'fts-mcp-server';
    this.#agent = new Agent({ connections: 32, keepAliveTimeout: 10_000 });
  }

  async close(): Promise<void> {
    await this.#agent.close();
  }

  async requestOk(request: AkamaiRequest): Promise<AkamaiResponse> {
    const response = await this.request(request);
    if (response.status >= 400) throw refusalError(request, response, this.#clock.now());
    return response;
  }

  async request(request: AkamaiRequest): Promise<AkamaiResponse> {
    const target = this.#target(request);
    let url = requestUrl(target, request);
    for (let redirects = 0; ; redirects++) {
      const response = await this.#attempt(target, request, url);
      const location = response.headers.location;
      if (response.status < 300 || response.status >= 400 || response.status === 304 || location === undefined) {
        return response;
      }
      const next = new URL(location, url);
      if (next.origin !== target.origin) {
        throw new FtsError('forbidden', `${where(request)} redirects to another host (${next.host}); refused.`, {
          field: 'location',
          value: next.origin,
          remedy: 'Only the host of the credentials is ever contacted. Report this to Akamai if it is unexpected.',
        });
      }
      const followable = request.followRedirects !== false && isRead(request.method);
      if (!followable || redirects >= MOST_REDIRECTS) return response;
      url = next;
    }
  }

  /** One logical exchange: repeated while that is safe and there is hope. */
  async #attempt(target: Target, request: AkamaiRequest, url: URL): Promise<AkamaiResponse> {
    const repeatable = request.idempotent ?? isRead(request.method);
    for (let attempt = 1; ; attempt++) {
      let failure: FtsError | undefined;
      let response: AkamaiResponse | undefined;
      try {
        response = await this.#exchange(target, request, url);
        if (!worthRepeating(response.status)) return response;
      } catch (error) {
        failure = FtsError.from(error);
        if (failure.kind !== 'unavailable' && failure.kind !== 'corrupt') throw failure;
      }
      const asked = response ? retryAfterMs(response.headers, this.#clock.now()) : undefined;
      const hopeless = !repeatable || attempt >= ATTEMPTS || (asked !== undefined && asked > LONGEST_RETRY_AFTER_MS);
      if (hopeless) {
        if (response) return response;
        throw failure ?? new FtsError('internal', 'No answer and no error.');
      }
      const backoff = Math.min(LONGEST_BACKOFF_MS, FIRST_BACKOFF_MS * 2 ** (attempt - 1));
      await this.#clock.sleep((asked ?? 0) + backoff * (0.5 + this.#random() / 2), request.signal);
    }
  }

  async #exchange(target: Target, request: AkamaiRequest, url: URL): Promise<AkamaiResponse> {
    const { signal } = request;
    throwIfAborted(signal);
    const bucket = this.#limits.bucket(target.origin, url.pathname);
    await bucket.take(signal);
    const method = request.method.toUpperCase();
    const own = lowerCased(request.headers);
    const body = await encodeBody(request.body, own['content-type']);
    const timeoutSeconds = request.timeoutSeconds ?? DEFAULT_TIMEOUT_SECONDS;
    const timeout = AbortSignal.timeout(timeoutSeconds * 1000);
    try {
      const answer = await send(url, {
        method: method as Dispatcher.HttpMethod,
        headers: {
          accept: 'application/json',
          'user-agent': this.#userAgent,
          ...own,
          ...(body?.contentType === undefined ? {} : { 'content-type': body.contentType }),
          ...target.authorize(method, url, body?.bytes),
        },
        body: body?.bytes ?? null,
        dispatcher: this.#agent,
        signal: signal ? AbortSignal.any([signal, timeout]) : timeout,
      });
      const headers = flatHeaders(answer.headers);
      const bytes = await readAll(answer.body, where(request));
      this.#limits.learn(bucket, answer.statusCode, headers);
      const contentType = headers['content-type'] ?? '';
      const decoded = decodeOrText(redacted(bytes, target.account), contentType, where(request), answer.statusCode);
      return { status: answer.statusCode, headers, body: decoded };
    } catch (error) {
      if (error instanceof FtsError) throw error;
      throwIfAborted(signal);
      throw connectionError(error, request, url, timeout.aborted ? timeoutSeconds : undefined);
    }
  }

  #target(request: AkamaiRequest): Target {
    const account = this.accounts.get(request.account);
    const server = request.server ?? (/^\/v4(beta)?\//.test(request.path) ? 'linode' : 'edgegrid');
    const missing = (what: string, remedy: string) =>
      new FtsError('unauthorized', `Account "${account.name}" has no ${what}.`, { field: 'account', remedy });
    if (server === 'linode') {
      const linode = account.linode;
      if (!linode) throw missing('Akamai Cloud (Linode) token', 'Set LINODE_TOKEN, or linode_token in that section.');
      return {
        account,
        origin: linode.origin,
        authorize: () => ({ authorization: `Bearer ${linode.token.reveal()}` }),
      };
    }
    if (server === 'netstorage-usage') {
      const usage = account.netStorageUsage;
      if (!usage) throw missing('NetStorage usage host', 'Set netstorage_usage_host in that section of .edgerc.');
      return { account, origin: usage.origin, authorize: () => ({}) };
    }
    const keys = account.edgeGrid;
    if (!keys)
      throw missing('EdgeGrid keys', 'Add host, client_token, client_secret and access_token to that section.');
    return {
      account,
      origin: keys.origin,
      authorize: (method, url, body) => ({
        authorization: edgeGridAuthorization(keys, { method, url, body }, { at: new Date(this.#clock.now()) }),
      }),
    };
  }
}

function requestUrl(target: Target, request: AkamaiRequest): URL {
  const url = new URL(target.origin);
  if (!request.path.startsWith('/') || /[?#\\]|\/(\.|%2e){1,2}(\/|$)/i.test(request.path)) {
    throw new FtsError('invalid-input', 'The path must be absolute, without a query, fragment or dot segments.', {
      field: 'path',
      value: request.path,
      remedy: 'Pass the query separately and encode the values of the path.',
    });
  }
  url.pathname = request.path;
  for (const [name, value] of queryPairs(request.query)) url.searchParams.append(name, value);
  const switchKey = request.accountSwitchKey ?? target.account.accountSwitchKey;
  const edgeGrid = target.origin === target.account.edgeGrid?.origin;
  if (edgeGrid && switchKey !== undefined) url.searchParams.append('accountSwitchKey', switchKey);
  // EdgeGrid signs the text of the URL: what is sent must be byte for byte what was signed, so spaces are %20.
  url.search = url.search.replaceAll('+', '%20');
  return url;
}

function* queryPairs(query: Readonly<Record<string, QueryValue>> | undefined): Iterable<[string, string]> {
  for (const [name, value] of Object.entries(query ?? {})) {
    if (value === undefined) continue;
    if (Array.isArray(value)) for (const item of value) yield [name, String(item)];
    else yield [name, String(value)];
  }
}

async function readAll(stream: AsyncIterable<Uint8Array>, what: string): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of stream) {
    length += chunk.byteLength;
    if (length > LARGEST_ANSWER_BYTES) {
      throw new FtsError('exhausted', `The answer to ${what} is larger than ${LARGEST_ANSWER_BYTES >> 20} MiB.`, {
        field: what,
        remedy: 'Narrow the request: a smaller page, a shorter period, fewer fields.',
      });
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/** A refusal's body is shown even if it is not the JSON that it claims to be; a success must keep its promise. */
function decodeOrText(bytes: Uint8Array, contentType: string, what: string, status: number): unknown {
  try {
    return decodeBody(bytes, contentType, what);
  } catch (error) {
    if (status < 400) throw error;
    return new TextDecoder().decode(bytes);
  }
}

/** A server that echoes what we sent must not carry our keys into a result, a log or a model's context. */
function redacted(bytes: Uint8Array, account: Account): Uint8Array {
  const keys = account.edgeGrid;
  const secrets = [keys?.clientToken, keys?.clientSecret, keys?.accessToken, account.linode?.token];
  const found = secrets.filter((secret) => secret !== undefined && Buffer.from(bytes).includes(secret.reveal()));
  if (found.length === 0) return bytes;
  let text = Buffer.from(bytes).toString('utf8');
  for (const secret of found) text = text.replaceAll(secret!.reveal(), '[secret]');
  return Buffer.from(text);
}

function connectionError(
  error: unknown,
  request: AkamaiRequest,
  url: URL,
  timedOutAfter: number | undefined,
): FtsError {
  if (timedOutAfter !== undefined) {
    return new FtsError('unavailable', `${where(request)} did not answer within ${timedOutAfter} s.`, {
      field: where(request),
      remedy: isRead(request.method)
        ? 'Try again, or allow more time (timeoutSeconds).'
        : 'The change may or may not have been made: read the current state before you try again.',
      cause: error,
    });
  }
  const reason = error instanceof Error ? error.message : String(error);
  return new FtsError('unavailable', `The connection to ${url.host} failed during ${where(request)}: ${reason}`, {
    field: 'host',
    value: url.host,
    remedy: isRead(request.method)
      ? 'Check the network and the host in the credentials.'
      : 'The change may or may not have been made: read the current state before you try again.',
    cause: error,
  });
}

function isRead(method: string): boolean {
  return ['GET', 'HEAD', 'OPTIONS'].includes(method.toUpperCase());
}

function worthRepeating(status: number): boolean {
  return status === 429 || status === 500 || status === 502 || status === 503 || status === 504;
}

function where(request: AkamaiRequest): string {
  return `${request.method.toUpperCase()} ${request.path}`;
}

function lowerCased(headers: Readonly<Record<string, string>> = {}): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
}

function flatHeaders(headers: Record<string, string | string[] | undefined>): Record<string, string> {
  const flat: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers)) {
    if (value !== undefined) flat[name.toLowerCase()] = Array.isArray(value) ? value.join(', ') : value;
  }
  return flat;
}
