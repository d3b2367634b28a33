import { FtsError } from '../../errors/fts-error.ts';
import type { ChatMessage } from '../../model/chat-template.ts';
import { renderChat, type ToolChoice, type ToolDefinition } from '../chat/chat-prompt.ts';
import { type ToolCall, ToolCallParser } from '../chat/tool-calls.ts';
import type { EngineUsage, TokenLogprobs } from '../engine/protocol.ts';
import { mergeChoices } from '../pool/merge-choices.ts';
import type { Caller, LoadedModel, ModelPool, PoolEvent } from '../pool/model-pool.ts';
import { choices, formatConstraint, generationRequest, toolConstraint } from './generation-request.ts';
import type { ChatCompletionRequest } from './schemas.ts';

/** The state of one choice of a chat answer while it is generated. */
export class ChatChoice {
  text = '';
  readonly calls: ToolCall[] = [];
  readonly logprobs: TokenLogprobs[] = [];
  /** Null while the choice is still being generated. */
  finishReason: string | null = null;
  usage: EngineUsage | undefined;
  private readonly parser: ToolCallParser | undefined;

  constructor(tools: readonly ToolDefinition[] | undefined) {
    this.parser = tools === undefined ? undefined : new ToolCallParser(tools);
  }

  /** Adds an event and returns its text outside calls and the calls that it completes. */
  absorb(event: PoolEvent): { content: string; calls: ToolCall[] } {
    const piece =
      event.kind === 'tokens' ? this.parse(event.text) : (this.parser?.flush() ?? { content: '', calls: [] });
    this.text += piece.content;
    this.calls.push(...piece.calls);
    if (event.kind === 'tokens') {
      if (event.logprobs !== undefined) this.logprobs.push(...event.logprobs);
    } else {
      this.usage = event.usage;
      this.finishReason = this.calls.length > 0 && event.reason === 'stop' ? 'tool_calls' : event.reason;
    }
    return piece;
  }

  private parse(text: string): { content: string; calls: ToolCall[] } {
    return this.parser?.push(text) ?? { content: text, calls: [] };
  }
}

/** Starts the choices of a chat request. Every chat API translates its request to a `ChatCompletionRequest` first. */
export function startChat(pool: ModelPool, model: LoadedModel, body: ChatCompletionRequest, caller: Caller) {
  const { tools, choice } = toolsOf(body);
  const messages = body.messages.map(toTemplateMessage);
  const count = body.n ?? 1;
  const generations = Array.from({ length: count }, (_, index) => {
    const { prompt, stop, decoding } = renderChat(model, messages, tools);
    const request = generationRequest(body, {
      prompt,
      parseSpecial: true,
      maxTokens: body.max_completion_tokens ?? body.max_tokens,
      topLogprobs: body.logprobs ? (body.top_logprobs ?? 0) : undefined,
      constraint: toolConstraint(tools, choice) ?? formatConstraint(body.response_format),
      stop,
    });
    return pool.generate(model, { ...choices(request, count)[index]!, decoding }, caller);
  });
  return {
    events: mergeChoices(generations),
    choices: Array.from({ length: count }, () => new ChatChoice(tools)),
  };
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

/**
 * Converts an API message (content parts, arguments as JSON text) to a template's form (plain text, parsed arguments).
 */
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
