import { Agent, type Dispatcher, request as send } from 'undici';
import { FtsError, throwIfAborted } from '../../errors/fts-error.ts';
import { isRead } from './akamai-request.ts';

const largestAnswerBytes = 64 * 1024 * 1024;

/** One exchange on the wire: everything is final, signature included. */
export interface Exchange {
  /** How errors name the call. */
  name: string;
  /** In upper case. */
  method: string;
  url: URL;
  headers: Readonly<Record<string, string>>;
  body: Uint8Array | undefined;
  /** From sending to the last byte of the answer. */
  timeoutSeconds: number;
  signal: AbortSignal | undefined;
}

export interface RawAnswer {
  status: number;
  /** Names in lower case; a repeated header is joined by commas. */
  headers: Record<string, string>;
  bytes: Uint8Array;
}

/** Connections to Akamai's hosts, kept and shared. Sends once and knows nothing of accounts, retries or rate limits. */
export class Transport {
  readonly #agent = new Agent({ connections: 32, keepAliveTimeout: 10_000 });

  close(): Promise<void> {
    return this.#agent.close();
  }

  /** Any answer is a result. Fails with `unavailable` without one, `exhausted` for one that is too large. */
  async send(exchange: Exchange): Promise<RawAnswer> {
    const { name, method, url, headers, body, timeoutSeconds, signal } = exchange;
    const timeout = AbortSignal.timeout(timeoutSeconds * 1000);
    try {
      const answer = await send(url, {
        method: method as Dispatcher.HttpMethod,
        headers,
        body: body ?? null,
        dispatcher: this.#agent,
        signal: signal ? AbortSignal.any([signal, timeout]) : timeout,
      });
      const bytes = await readAll(answer.body, name);
      return { status: answer.statusCode, headers: flatHeaders(answer.headers), bytes };
    } catch (error) {
      if (error instanceof FtsError) throw error;
      throwIfAborted(signal);
      throw connectionError(error, exchange, timeout.aborted);
    }
  }
}

async function readAll(stream: AsyncIterable<Uint8Array>, call: string): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of stream) {
    length += chunk.byteLength;
    if (length > largestAnswerBytes) {
      throw new FtsError('exhausted', `The answer to ${call} is larger than ${largestAnswerBytes >> 20} MiB.`, {
        field: call,
        remedy: 'Narrow the request: a smaller page, a shorter period, fewer fields.',
      });
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

function connectionError(
  cause: unknown,
  { name, method, url, timeoutSeconds }: Exchange,
  isTimeout: boolean,
): FtsError {
  const readsState = 'The change may or may not have been made: read the current state before you try again.';
  if (isTimeout) {
    return new FtsError('unavailable', `${name} did not answer within ${timeoutSeconds} s.`, {
      field: name,
      remedy: isRead(method) ? 'Try again, or allow more time (timeoutSeconds).' : readsState,
      cause,
    });
  }
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new FtsError('unavailable', `The connection to ${url.host} failed during ${name}: ${reason}`, {
    field: 'host',
    value: url.host,
    remedy: isRead(method) ? 'Check the network and the host in the credentials.' : readsState,
    cause,
  });
}

function flatHeaders(headers: Record<string, string | string[] | undefined>): Record<string, string> {
  const flat: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers)) {
    if (value !== undefined) flat[name.toLowerCase()] = Array.isArray(value) ? value.join(', ') : value;
  }
  return flat;
}
