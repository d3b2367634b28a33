import { FtsError, throwIfAborted } from '../../errors/fts-error.ts';
import type { Account } from '../credentials/account.ts';
import type { Accounts } from '../credentials/load-accounts.ts';
import { type AkamaiCaller, type AkamaiRequest, type AkamaiResponse, callName, isRead } from './akamai-request.ts';
import type { AttemptObserver } from './akamai-telemetry.ts';
import { decodeBody, encodeBody } from './decode-body.ts';
import { refusalError } from './problem.ts';
import { RateLimits, retryAfterMs } from './rate-limits.ts';
import { isWorthRepeating, retryDelayMs } from './retries.ts';
import { requestUrl, type Target, targetOf } from './targets.ts';
import { type Clock, systemClock } from './token-bucket.ts';
import { type RawAnswer, Transport } from './transport.ts';

const defaultTimeoutSeconds = 30;
const mostRedirects = 3;

export interface AkamaiClientOptions {
  accounts: Accounts;
  userAgent?: string;
  clock?: Clock;
  /** In [0, 1): the jitter of backoff. */
  random?: () => number;
  /** Is given every attempt, answered or not. */
  observer?: AttemptObserver;
}

/**
 * Sends signed calls to the hosts of the configured credentials and to no other. Calls wait for their API's token
 * bucket; idempotent ones are repeated with backoff and jitter after 429, 5xx, broken connections and cut-off answers.
 */
export class AkamaiClient implements AkamaiCaller {
  readonly accounts: Accounts;
  readonly #transport = new Transport();
  readonly #clock: Clock;
  readonly #random: () => number;
  readonly #limits: RateLimits;
  readonly #userAgent: string;
  readonly #observer: AttemptObserver | undefined;

  constructor(options: AkamaiClientOptions) {
    this.accounts = options.accounts;
    this.#clock = options.clock ?? systemClock;
    this.#random = options.random ?? Math.random;
    this.#limits = new RateLimits(this.#clock);
    this.#userAgent = options.userAgent ?? 'fts-mcp-server';
    this.#observer = options.observer;
  }

  async close(): Promise<void> {
    await this.#transport.close();
  }

  async requestOk(request: AkamaiRequest): Promise<AkamaiResponse> {
    const response = await this.request(request);
    if (response.status >= 400) throw refusalError(request, response, this.#clock.now());
    return response;
  }

  async request(request: AkamaiRequest): Promise<AkamaiResponse> {
    const target = targetOf(this.accounts, request);
    let url = requestUrl(target, request);
    for (let redirects = 0; ; redirects++) {
      const response = await this.#repeatedly(target, request, url);
      const location = response.headers.location;
      if (response.status < 300 || response.status >= 400 || response.status === 304 || location === undefined) {
        return response;
      }
      const next = new URL(location, url);
      if (next.origin !== target.origin) throw redirectElsewhere(request, next);
      const followable = request.followRedirects !== false && isRead(request.method);
      if (!followable || redirects >= mostRedirects) return response;
      url = next;
    }
  }

  /** One logical exchange: repeated as the retry policy allows. */
  async #repeatedly(target: Target, request: AkamaiRequest, url: URL): Promise<AkamaiResponse> {
    const isRepeatable = request.idempotent ?? isRead(request.method);
    for (let attempt = 1; ; attempt++) {
      let failure: FtsError | undefined;
      let response: AkamaiResponse | undefined;
      try {
        response = await this.#attempt(target, request, url, attempt);
        if (!isWorthRepeating(response.status)) return response;
      } catch (error) {
        failure = FtsError.from(error);
        if (failure.kind !== 'unavailable' && failure.kind !== 'corrupt') throw failure;
      }
      const asked = response ? retryAfterMs(response.headers, this.#clock.now()) : undefined;
      const delay = retryDelayMs({ attempt, isRepeatable, retryAfterMs: asked }, this.#random);
      if (delay === undefined) {
        if (response) return response;
        throw failure ?? new FtsError('internal', 'No answer and no error.');
      }
      await this.#clock.sleep(delay, request.signal);
    }
  }

  /** Waits for the rate limit, signs, sends once, and tells the observer how it went. */
  async #attempt(target: Target, request: AkamaiRequest, url: URL, attempt: number): Promise<AkamaiResponse> {
    throwIfAborted(request.signal);
    const bucket = this.#limits.bucket(target.origin, url.pathname);
    const waitedMs = await bucket.take(request.signal);
    const startMs = performance.now();
    const observe = (outcome: { status?: number; failure?: string }) =>
      this.#observer?.attempted({
        account: target.account.name,
        method: request.method.toUpperCase(),
        path: url.pathname,
        attempt,
        waitedMs,
        durationMs: performance.now() - startMs,
        ...outcome,
      });
    let answer: RawAnswer;
    try {
      answer = await this.#send(target, request, url);
    } catch (error) {
      observe({ failure: FtsError.from(error).kind });
      throw error;
    }
    const { status, headers, bytes } = answer;
    observe({ status });
    this.#limits.learn(bucket, status, headers);
    const contentType = headers['content-type'] ?? '';
    const body = decodeOrText(redacted(bytes, target.account), contentType, callName(request), status);
    return { status, headers, body };
  }

  async #send(target: Target, request: AkamaiRequest, url: URL): Promise<RawAnswer> {
    const method = request.method.toUpperCase();
    const own = lowerCased(request.headers);
    const body = await encodeBody(request.body, own['content-type']);
    return this.#transport.send({
      name: callName(request),
      method,
      url,
      headers: {
        accept: 'application/json',
        'user-agent': this.#userAgent,
        ...own,
        ...(body?.contentType === undefined ? {} : { 'content-type': body.contentType }),
        ...target.authorize(method, url, body?.bytes, this.#clock.now()),
      },
      body: body?.bytes,
      timeoutSeconds: request.timeoutSeconds ?? defaultTimeoutSeconds,
      signal: request.signal,
    });
  }
}

function redirectElsewhere(request: AkamaiRequest, next: URL): FtsError {
  return new FtsError('forbidden', `${callName(request)} redirects to another host (${next.host}); refused.`, {
    field: 'location',
    value: next.origin,
    remedy: 'Only the host of the credentials is ever contacted. Report this to Akamai if it is unexpected.',
  });
}

/** A refusal's body is shown even if it is not the JSON that it claims to be; a success must keep its promise. */
function decodeOrText(bytes: Uint8Array, contentType: string, call: string, status: number): unknown {
  try {
    return decodeBody(bytes, contentType, call);
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

function lowerCased(headers: Readonly<Record<string, string>> = {}): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
}
