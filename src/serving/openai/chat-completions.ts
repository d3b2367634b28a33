import { randomUUID } from 'node:crypto';
import type { Context } from 'hono';
import type { IdentifyCaller } from '../caller.ts';
import type { ToolCall } from '../chat/tool-calls.ts';
import type { EngineUsage, TokenLogprobs } from '../engine/protocol.ts';
import { serverSentEvent } from '../event-stream.ts';
import type { mergeChoices } from '../pool/merge-choices.ts';
import type { Caller, LoadedModel, ModelPool } from '../pool/model-pool.ts';
import { answerWith } from './answer.ts';
import { type ChatChoice, startChat } from './chat-generation.ts';
import { type ChatCompletionRequest, chatCompletionSchema } from './schemas.ts';

/** `POST /v1/chat/completions`: one reply or a stream, with tools, structured output, log probabilities and usage. */
export function chatCompletions(pool: ModelPool, context: Context, identify: IdentifyCaller): Promise<Response> {
  const route = { schema: chatCompletionSchema, what: 'the chat completion request' };
  const start = (model: LoadedModel, body: ChatCompletionRequest, caller: Caller) => {
    const { events, choices } = startChat(pool, model, body, caller);
    const reply = { id: `chatcmpl-${randomUUID()}`, created: Math.floor(Date.now() / 1000), model: body.model };
    return {
      async whole() {
        for await (const { index, event } of events) choices[index]!.absorb(event);
        return wholeReply(reply, choices);
      },
      streamed: () => streamedReply(reply, events, choices, body),
    };
  };
  return answerWith({ ...route, start }, pool, context, identify);
}

function wholeReply(reply: object, choices: readonly ChatChoice[]) {
  return {
    ...reply,
    object: 'chat.completion',
    choices: choices.map((choice, index) => ({
      index,
      message: {
        role: 'assistant',
        content: choice.calls.length > 0 && choice.text.trim() === '' ? null : choice.text,
        refusal: null,
        ...(choice.calls.length === 0 ? {} : { tool_calls: choice.calls.map(toApiCall) }),
      },
      logprobs: choice.logprobs.length === 0 ? null : { content: choice.logprobs.map(toApiLogprobs), refusal: null },
      finish_reason: choice.finishReason,
    })),
    usage: apiUsage(choices.map((choice) => choice.usage)),
  };
}

async function* streamedReply(
  reply: object,
  events: ReturnType<typeof mergeChoices>,
  choices: readonly ChatChoice[],
  body: ChatCompletionRequest,
): AsyncGenerator<string> {
  const includeUsage = body.stream_options?.include_usage === true;
  const chunk = (content: object) =>
    serverSentEvent({
      ...reply,
      object: 'chat.completion.chunk',
      choices: [content],
      ...(includeUsage ? { usage: null } : {}),
    });
  const opened = new Set<number>();
  for await (const { index, event } of events) {
    const choice = choices[index]!;
    const callsBefore = choice.calls.length;
    const piece = choice.absorb(event);
    let text = '';
    if (!opened.has(index)) {
      opened.add(index);
      text += chunk({ index, delta: { role: 'assistant', content: '' }, logprobs: null, finish_reason: null });
    }
    const logprobs = event.kind === 'tokens' && event.logprobs ? { content: event.logprobs.map(toApiLogprobs) } : null;
    if (piece.content !== '' || logprobs !== null) {
      text += chunk({ index, delta: { content: piece.content }, logprobs, finish_reason: null });
    }
    piece.calls.forEach((call, offset) => {
      const delta = { tool_calls: [{ index: callsBefore + offset, ...toApiCall(call) }] };
      text += chunk({ index, delta, logprobs: null, finish_reason: null });
    });
    if (event.kind === 'finish') {
      text += chunk({ index, delta: {}, logprobs: null, finish_reason: choice.finishReason });
    }
    if (text !== '') yield text;
  }
  const usage = apiUsage(choices.map((choice) => choice.usage));
  const last = includeUsage ? serverSentEvent({ ...reply, object: 'chat.completion.chunk', choices: [], usage }) : '';
  yield `${last}data: [DONE]\n\n`;
}

/** Token counts over all choices; the prompt counts once, because the choices share it. */
function apiUsage(usages: readonly (EngineUsage | undefined)[]) {
  const prompt = usages[0]?.promptTokens ?? 0;
  const completion = usages.reduce((sum, usage) => sum + (usage?.completionTokens ?? 0), 0);
  return {
    prompt_tokens: prompt,
    completion_tokens: completion,
    total_tokens: prompt + completion,
    prompt_tokens_details: { cached_tokens: usages[0]?.cachedTokens ?? 0 },
  };
}

function toApiCall(call: ToolCall) {
  return { id: call.id, type: 'function', function: { name: call.name, arguments: call.arguments } };
}

function toApiLogprobs(entry: TokenLogprobs) {
  const plain = ({ text, bytes, logprob }: { text: string; bytes: number[]; logprob: number }) => ({
    token: text,
    logprob,
    bytes,
  });
  return { ...plain(entry), top_logprobs: entry.top.map(plain) };
}
