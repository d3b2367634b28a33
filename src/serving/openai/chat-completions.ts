import { randomUUID } from 'node:crypto';
import type { Context } from 'hono';
import { FtsError } from '../../errors/fts-error.ts';
import type { ChatMessage } from '../../model/chat-template.ts';
import type { IdentifyCaller } from '../caller.ts';
import { renderChat, type ToolChoice, type ToolDefinition } from '../chat/chat-prompt.ts';
import { type ToolCall, ToolCallParser } from '../chat/tool-calls.ts';
import type { EngineUsage, TokenLogprobs } from '../engine/protocol.ts';
import { serverSentEvent } from '../event-stream.ts';
import { mergeChoices } from '../pool/merge-choices.ts';
import type { Caller, LoadedModel, ModelPool, PoolEvent } from '../pool/model-pool.ts';
import { answerWith } from './answer.ts';
import { choices, formatGrammar, generationRequest, toolGrammar } from './generation-request.ts';
import { type ChatCompletionRequest, chatCompletionSchema } from './schemas.ts';

/** What one choice has come to so far. */
interface ChoiceState {
  parser: ToolCallParser | undefined;
  text: string;
  calls: ToolCall[];
  logprobs: TokenLogprobs[];
  finishReason: string | null;
  usage: EngineUsage | undefined;
}

/** `POST /v1/chat/completions`: whole or streamed, with tools, structured output, log probabilities and usage. */
export function chatCompletions(pool: ModelPool, context: Context, identify: IdentifyCaller): Promise<Response> {
  const route = { schema: chatCompletionSchema, what: 'the chat completion request' };
  const start = (model: LoadedModel, body: ChatCompletionRequest, caller: Caller) => {
    const events = startChoices(pool, model, body, caller);
    const states = Array.from({ length: body.n ?? 1 }, () => newState(body));
    const reply = { id: `chatcmpl-${randomUUID()}`, created: Math.floor(Date.now() / 1000), model: body.model };
    return {
      async whole() {
        for await (const { index, event } of events) absorb(states[index]!, event);
        return wholeReply(reply, states);
      },
      streamed: () => streamedReply(reply, events, states, body),
    };
  };
  return answerWith({ ...route, start }, pool, context, identify);
}

function startChoices(pool: ModelPool, model: LoadedModel, body: ChatCompletionRequest, caller: Caller) {
  const { tools, choice } = toolsOf(body);
  const messages = body.messages.map(toTemplateMessage);
  const generations = Array.from({ length: body.n ?? 1 }, (_, index) => {
    const { prompt, stop, decoding } = renderChat(model, messages, tools);
    const request = generationRequest(body, {
      prompt,
      parseSpecial: true,
      maxTokens: body.max_completion_tokens ?? body.max_tokens,
      topLogprobs: body.logprobs ? (body.top_logprobs ?? 0) : undefined,
      grammar: toolGrammar(tools, choice) ?? formatGrammar(body.response_format),
      stop,
    });
    return pool.generate(model, { ...choices(request, body.n)[index]!, decoding }, caller);
  });
  return mergeChoices(generations);
}

function toolsOf(body: ChatCompletionRequest): { tools: ToolDefinition[] | undefined; choice: ToolChoice } {
  const given = body.tool_choice ?? 'auto';
  const choice = typeof given === 'object' ? { name: given.function.name } : given;
  if (!body.tools || body.tools.length === 0 || choice === 'none') {
    if (choice !== 'auto' && choice !== 'none') {
      throw new FtsError('invalid-input', 'tool_choice asks for a call, but there are no tools.', {
        field: 'tool_choice',
        value: given,
        remedy: 'Send tools, or leave tool_choice out.',
      });
    }
    return { tools: undefined, choice: 'none' };
  }
  if (typeof choice === 'object' && !body.tools.some((tool) => tool.function.name === choice.name)) {
    throw new FtsError('invalid-input', `tool_choice names ${choice.name}, which is not among the tools.`, {
      field: 'tool_choice',
      value: choice.name,
      remedy: `Choose one of ${body.tools.map((tool) => tool.function.name).join(', ')}.`,
    });
  }
  return { tools: body.tools as ToolDefinition[], choice };
}

/** Templates know plain text and objects for arguments; the API has parts and JSON text. */
function toTemplateMessage(message: ChatCompletionRequest['messages'][number]): ChatMessage {
  const { content, role, tool_calls: calls, ...rest } = message;
  const text = typeof content === 'string' ? content : (content ?? []).map((part) => part.text).join('');
  return {
    ...rest,
    role: role === 'developer' ? 'system' : role,
    content: text,
    ...(calls ? { tool_calls: calls.map((call) => ({ ...call, function: withParsedArguments(call.function) })) } : {}),
  };
}

function withParsedArguments(call: { name: string; arguments: string }) {
  try {
    return { name: call.name, arguments: JSON.parse(call.arguments) as unknown };
  } catch (cause) {
    throw new FtsError('invalid-input', `The arguments of the tool call ${call.name} are not JSON.`, {
      field: 'tool_calls.function.arguments',
      value: call.arguments,
      remedy: 'Send back the arguments as the model wrote them.',
      cause,
    });
  }
}

function newState(body: ChatCompletionRequest): ChoiceState {
  const { tools } = toolsOf(body);
  return {
    parser: tools === undefined ? undefined : new ToolCallParser(tools),
    text: '',
    calls: [],
    logprobs: [],
    finishReason: null,
    usage: undefined,
  };
}

/** Adds an event to a choice and returns what is new in it. */
function absorb(state: ChoiceState, event: PoolEvent): { content: string; calls: ToolCall[] } {
  if (event.kind === 'tokens') {
    if (event.logprobs !== undefined) state.logprobs.push(...event.logprobs);
    const piece = state.parser?.push(event.text) ?? { content: event.text, calls: [] };
    state.text += piece.content;
    state.calls.push(...piece.calls);
    return piece;
  }
  const rest = state.parser?.flush() ?? { content: '', calls: [] };
  state.text += rest.content;
  state.calls.push(...rest.calls);
  state.usage = event.usage;
  state.finishReason = state.calls.length > 0 && event.reason === 'stop' ? 'tool_calls' : event.reason;
  return rest;
}

function wholeReply(reply: object, states: readonly ChoiceState[]) {
  return {
    ...reply,
    object: 'chat.completion',
    choices: states.map((state, index) => ({
      index,
      message: {
        role: 'assistant',
        content: state.calls.length > 0 && state.text.trim() === '' ? null : state.text,
        refusal: null,
        ...(state.calls.length === 0 ? {} : { tool_calls: state.calls.map(toApiCall) }),
      },
      logprobs: state.logprobs.length === 0 ? null : { content: state.logprobs.map(toApiLogprobs), refusal: null },
      finish_reason: state.finishReason,
    })),
    usage: apiUsage(states.map((state) => state.usage)),
  };
}

async function* streamedReply(
  reply: object,
  events: ReturnType<typeof mergeChoices>,
  states: readonly ChoiceState[],
  body: ChatCompletionRequest,
): AsyncGenerator<string> {
  const includeUsage = body.stream_options?.include_usage === true;
  const chunk = (choice: object) =>
    serverSentEvent({
      ...reply,
      object: 'chat.completion.chunk',
      choices: [choice],
      ...(includeUsage ? { usage: null } : {}),
    });
  const opened = new Set<number>();
  for await (const { index, event } of events) {
    const state = states[index]!;
    const callsBefore = state.calls.length;
    const piece = absorb(state, event);
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
      text += chunk({ index, delta: {}, logprobs: null, finish_reason: state.finishReason });
    }
    if (text !== '') yield text;
  }
  const usage = apiUsage(states.map((state) => state.usage));
  const last = includeUsage ? serverSentEvent({ ...reply, object: 'chat.completion.chunk', choices: [], usage }) : '';
  yield `${last}data: [DONE]\n\n`;
}

/** Token counts over all choices; the prompt counts once, as the choices share it. */
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
