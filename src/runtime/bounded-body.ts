import { FtsError } from '../errors/fts-error.ts';

const usualRemedy = 'Check that this is the right server, and that it answers with what was asked for.';

/** What a server sent, chunk by chunk; `exhausted`, and the connection closed, once it is more than `maxBytes`. */
export async function* boundedChunks(
  body: AsyncIterable<Uint8Array>,
  maxBytes: number,
  what: string,
  remedy = usualRemedy,
): AsyncGenerator<Uint8Array> {
  let bytes = 0;
  // Leaving the loop, here or by whoever reads, cancels the body and with it the connection.
  for await (const chunk of body) {
    bytes += chunk.byteLength;
    if (bytes > maxBytes) throw tooLong(maxBytes, what, remedy);
    yield chunk;
  }
}

/** A whole body as text; `exhausted`, and the connection closed, once it is more than `maxBytes`. */
export async function boundedText(
  response: Response,
  maxBytes: number,
  what: string,
  remedy?: string,
): Promise<string> {
  const chunks: Uint8Array[] = [];
  if (response.body !== null)
    for await (const chunk of boundedChunks(response.body, maxBytes, what, remedy)) chunks.push(chunk);
  return Buffer.concat(chunks).toString('utf8');
}

/** The beginning of a body, for a message about a refusal; the rest is not read. */
export async function firstOfBody(response: Response, maxBytes: number): Promise<string> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of response.body ?? []) {
    chunks.push(chunk);
    bytes += chunk.byteLength;
    if (bytes >= maxBytes) break;
  }
  return Buffer.concat(chunks).subarray(0, maxBytes).toString('utf8');
}

function tooLong(maxBytes: number, what: string, remedy: string): FtsError {
  const limit = maxBytes.toLocaleString('en-US');
  return new FtsError('exhausted', `${what} is longer than ${limit} bytes; reading stopped there.`, { remedy });
}
