import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import { type ErrorKind, FtsError } from '../errors/fts-error.ts';
import { boundedText, firstOfBody } from '../runtime/bounded-body.ts';

/** A server that speaks OpenAI's chat completions, ours or any other. */
export interface ChatModel {
  /** Up to and without `/chat/completions`. */
  url: string;
  model: string;
  key?: string;
  /** Where the model is served by this very process. */
  fetch?: typeof fetch;
}

export type Message =
  | { role: 'system' | 'user'; content: string }
  | { role: 'assistant'; content: string | null; tool_calls?: ToolCallRequest[] }
  | { role: 'tool'; tool_call_id: string; content: string };

/** Some servers leave the id out, or give the arguments as an object. */
const toolCallSchema = z.object({
  id: z
    .string()
    .nullish()
    .transform((id) => id || `call-${randomUUID()}`),
  type: z.literal('function').default('function'),
  function: z.object({
    name: z.string(),
    arguments: z
      .union([z.string(), z.record(z.string(), z.unknown())])
      .nullish()
      .transform((given) => (typeof given === 'string' ? given : JSON.stringify(given ?? {}))),
  }),
});
export type ToolCallRequest = z.output<typeof toolCallSchema>;

const answerSchema = z.object({
  choices: z
    .array(
      z.object({
        message: z.object({ content: z.string().nullish(), tool_calls: z.array(toolCallSchema).nullish() }),
      }),
    )
    .min(1),
  usage: z.object({ completion_tokens: z.number().int().min(0).nullish() }).nullish(),
});

export interface Answer {
  content: string;
  toolCalls: ToolCallRequest[];
  /** As the server counts them, else guessed from the size. */
  tokens: number;
  bytes: number;
}

const bytesPerToken = 4;
const quotedCharacters = 300;

/**
 * The model's next message, of so many tokens and bytes at the most. Errors: `unavailable` when no server answers, or
 * not in time; `exhausted` when the answer is too long; `corrupt` when it is none; else by the status of a refusal.
 */
export async function complete(
  model: ChatModel,
  body: { messages: readonly Message[]; tools?: readonly object[] },
  limits: { tokens: number; bytes: number; seconds: number },
  signal: AbortSignal,
): Promise<Answer> {
  const address = `${model.url.replace(/\/$/, '')}/chat/completions`;
  const inTime = AbortSignal.timeout(limits.seconds * 1000);
  let text: string;
  try {
    const response = await post(
      address,
      model,
      { ...body, max_tokens: limits.tokens },
      AbortSignal.any([signal, inTime]),
    );
    if (!response.ok) throw refusal(address, model, response, await firstOfBody(response, 4 * quotedCharacters));
    text = await boundedText(
      response,
      limits.bytes,
      `The answer of ${address}`,
      'Check that this is an OpenAI-compatible API, or raise the setting ask.max-bytes.',
    );
  } catch (cause) {
    if (cause instanceof FtsError) throw cause;
    if (signal.aborted) throw new FtsError('cancelled', 'Cancelled.', { cause });
    if (inTime.aborted) throw tooSlow(address, model, limits.seconds);
    throw new FtsError('unavailable', `No model answers at ${address}.`, {
      field: 'url',
      value: model.url,
      remedy: 'Start the server with `fts serve`, or name another one with --url and --model.',
      cause,
    });
  }
  const bytes = Buffer.byteLength(text);
  const parsed = answerSchema.safeParse(parseOr(text));
  if (!parsed.success) {
    throw new FtsError(
      'corrupt',
      `${address} answered with no message of a model: ${text.slice(0, quotedCharacters)}`,
      {
        field: 'model',
        value: model.model,
        remedy: 'Check that the address is that of an OpenAI-compatible API, up to /v1, and the model’s name.',
      },
    );
  }
  const { content, tool_calls: toolCalls } = parsed.data.choices[0]!.message;
  return {
    content: content ?? '',
    toolCalls: toolCalls ?? [],
    tokens: parsed.data.usage?.completion_tokens ?? Math.ceil(bytes / bytesPerToken),
    bytes,
  };
}

function post(address: string, { model, key, fetch: send = fetch }: ChatModel, body: object, signal: AbortSignal) {
  return send(address, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...(key === undefined ? {} : { authorization: `Bearer ${key}` }) },
    body: JSON.stringify({ model, temperature: 0, ...body }),
    // What is asked, and the key, go to the address that was configured and nowhere else.
    redirect: 'manual',
    signal,
  });
}

function refusal(address: string, { model }: ChatModel, { status, headers }: Response, text: string): FtsError {
  const said = `${address} answered ${status}: ${text.slice(0, quotedCharacters)}`;
  if (status >= 300 && status < 400) {
    return new FtsError('unavailable', `${address} sends on to ${headers.get('location') ?? 'another address'}.`, {
      field: 'url',
      value: address,
      remedy: 'Name the address that answers itself (--url, or the setting ask.url).',
    });
  }
  const retryAfterSeconds = Number(headers.get('retry-after') ?? Number.NaN);
  return new FtsError(kindOf(status), said, {
    field: status === 401 || status === 403 ? 'FTS_ASK_KEY' : 'model',
    ...(status === 401 || status === 403 ? {} : { value: model }),
    remedy: remedyOf(status),
    ...(retryAfterSeconds > 0 ? { retryAfterSeconds } : {}),
  });
}

function kindOf(status: number): ErrorKind {
  if (status === 401) return 'unauthorized';
  if (status === 403) return 'forbidden';
  if (status === 404) return 'not-found';
  if (status === 429) return 'rate-limited';
  return status >= 500 ? 'unavailable' : 'invalid-input';
}

function remedyOf(status: number): string {
  if (status === 401 || status === 403) return 'Set $FTS_ASK_KEY to a key that this server accepts.';
  if (status === 404) return 'Check the address, which ends in /v1, and the model’s name.';
  if (status === 429) return 'Wait a little, then ask again.';
  return status >= 500
    ? 'Look into that server’s log, then ask again.'
    : 'Check the model’s name, and whether it can call tools.';
}

function tooSlow(address: string, { model }: ChatModel, seconds: number): FtsError {
  return new FtsError('unavailable', `${address} did not answer within ${seconds} seconds.`, {
    field: 'model',
    value: model,
    remedy: 'Ask for less at once, use a faster model, or raise the setting ask.answer-seconds.',
  });
}

function parseOr(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
