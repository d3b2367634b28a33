import { createParser } from 'eventsource-parser';
import { z } from 'zod';
import { boundedChunks, firstOfBody } from '../runtime/bounded-body.ts';
import { visibleLine } from '../text/visible-text.ts';

/** Times, token counts and text of one streamed request; times are milliseconds of this process's clock. */
export interface RequestRecord {
  startMs: number;
  /** When each piece of content arrived; the first is the first token. */
  chunkMs: number[];
  endMs: number;
  promptTokens: number;
  cachedTokens: number;
  outputTokens: number;
  text: string;
  status: number;
  error: string | undefined;
}

/** Limits far above the size of one token's event and of any answer that is measured. */
const maxEventCharacters = 1 << 20;
const maxAnswerBytes = 64 << 20;

export interface StreamTarget {
  url: string;
  api: 'chat' | 'completions';
  apiKey: string | undefined;
}

const chunkSchema = z.object({
  choices: z
    .array(
      z.object({
        text: z.string().nullish(),
        delta: z.object({ content: z.string().nullish() }).loose().nullish(),
        finish_reason: z.string().nullish(),
      }),
    )
    .default([]),
  usage: z
    .object({
      prompt_tokens: z.number(),
      completion_tokens: z.number(),
      prompt_tokens_details: z.object({ cached_tokens: z.number().nullish() }).nullish(),
    })
    .nullish(),
  error: z.object({ message: z.string() }).loose().optional(),
});

/** Sends one streaming request to an OpenAI-compatible server; failures are recorded, not thrown. */
export async function streamRequest(target: StreamTarget, body: object, signal: AbortSignal): Promise<RequestRecord> {
  const record: RequestRecord = {
    startMs: performance.now(),
    chunkMs: [],
    endMs: 0,
    promptTokens: 0,
    cachedTokens: 0,
    outputTokens: 0,
    text: '',
    status: 0,
    error: undefined,
  };
  try {
    const path = target.api === 'chat' ? '/v1/chat/completions' : '/v1/completions';
    const response = await send(`${target.url}${path}`, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        ...(target.apiKey === undefined ? {} : { authorization: `Bearer ${target.apiKey}` }),
      },
      body: JSON.stringify({ ...body, stream: true, stream_options: { include_usage: true } }),
      signal,
      // Elsewhere neither the key nor the load has any business.
      redirect: 'manual',
    });
    record.status = response.status;
    if (!response.ok || response.body === null) {
      record.error = `HTTP ${response.status}: ${visibleLine(await firstOfBody(response, 300))}`;
    } else await readStream(response.body, record);
  } catch (error) {
    record.error = withCause(error as Error);
  }
  record.endMs = performance.now();
  return record;
}

/**
 * Sends a request, and retries once if the connection was closed. A server may close a keep-alive connection just as a
 * request is sent on it (llama-server does after a hundred requests), which is not a failure under load.
 */
async function send(url: string, init: RequestInit): Promise<Response> {
  try {
    return await fetch(url, init);
  } catch (error) {
    const { code } = ((error as Error).cause ?? {}) as { code?: string };
    if (code !== 'UND_ERR_SOCKET' && code !== 'ECONNRESET') throw error;
    return fetch(url, init);
  }
}

/** Adds the error's cause, because the message of `fetch` itself is only `fetch failed`. */
function withCause({ message, cause }: Error): string {
  return cause instanceof Error ? `${message}: ${cause.message}` : message;
}

async function readStream(body: ReadableStream<Uint8Array>, record: RequestRecord): Promise<void> {
  const parser = createParser({
    onEvent: (event) => absorb(event.data, record),
    maxBufferSize: maxEventCharacters,
    onError: (error) => {
      if (error.type === 'max-buffer-size-exceeded') throw new Error('The server sent an event without an end.');
    },
  });
  const decoder = new TextDecoder();
  for await (const bytes of boundedChunks(body, maxAnswerBytes, 'The answer'))
    parser.feed(decoder.decode(bytes, { stream: true }));
  // If the server reports no usage, each chunk counts as one token, which is how most servers stream.
  if (record.outputTokens === 0) record.outputTokens = record.chunkMs.length;
}

function absorb(data: string, record: RequestRecord): void {
  if (data === '[DONE]') return;
  const chunk = chunkSchema.parse(JSON.parse(data));
  if (chunk.error !== undefined) record.error = visibleLine(chunk.error.message.slice(0, 300));
  const choice = chunk.choices[0];
  const content = choice?.text ?? choice?.delta?.content ?? '';
  // The closing chunk and the chunk with the role carry no token.
  const isToken =
    choice !== undefined && !choice.finish_reason && (choice.text != null || choice.delta?.content != null);
  if (isToken && (content !== '' || choice.text != null)) {
    record.chunkMs.push(performance.now());
    record.text += content;
  }
  if (chunk.usage != null) {
    record.promptTokens = chunk.usage.prompt_tokens;
    record.outputTokens = chunk.usage.completion_tokens;
    record.cachedTokens = chunk.usage.prompt_tokens_details?.cached_tokens ?? 0;
  }
}
