import { z } from 'zod';
import { FtsError } from '../../errors/fts-error.ts';

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

const toolCallSchema = z.object({
  id: z.string(),
  type: z.literal('function').default('function'),
  function: z.object({ name: z.string(), arguments: z.string() }),
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
});

/** The model's next message. `unavailable` when no server answers, `invalid-input` when it refuses the request. */
export async function complete(
  { url, model, key, fetch: send = fetch }: ChatModel,
  body: { messages: readonly Message[]; tools?: readonly object[] },
  signal: AbortSignal,
): Promise<{ content: string; toolCalls: ToolCallRequest[] }> {
  const address = `${url.replace(/\/$/, '')}/chat/completions`;
  let response: Response;
  try {
    response = await send(address, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...(key === undefined ? {} : { authorization: `Bearer ${key}` }) },
      body: JSON.stringify({ model, temperature: 0, ...body }),
      signal,
    });
  } catch (cause) {
    if (signal.aborted) throw new FtsError('cancelled', 'Cancelled.', { cause });
    throw new FtsError('unavailable', `No model answers at ${address}.`, {
      field: 'url',
      value: url,
      remedy: 'Start the server with `fts serve`, or name another one with --url and --model.',
      cause,
    });
  }
  const text = await response.text();
  const parsed = answerSchema.safeParse(parseOr(text));
  if (!response.ok || !parsed.success) {
    throw new FtsError(
      response.ok ? 'corrupt' : 'invalid-input',
      `${address} answered ${response.status}: ${text.slice(0, 300)}`,
      {
        field: 'model',
        value: model,
        remedy: 'Check the model’s name, and whether it can call tools.',
      },
    );
  }
  const { content, tool_calls: toolCalls } = parsed.data.choices[0]!.message;
  return { content: content ?? '', toolCalls: toolCalls ?? [] };
}

function parseOr(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
