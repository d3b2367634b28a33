import { randomUUID } from 'node:crypto';
import type { Context } from 'hono';
import { z } from 'zod';
import type { ChatMessage } from '../../model/chat-template.ts';
import type { IdentifyCaller } from '../caller.ts';
import { renderChat, type ToolDefinition } from '../chat/chat-prompt.ts';
import { type ToolCall, ToolCallParser } from '../chat/tool-calls.ts';
import type { EngineUsage } from '../engine/protocol.ts';
import { serverSentEvent } from '../event-stream.ts';
import type { Caller, LoadedModel, ModelPool, PoolEvent } from '../pool/model-pool.ts';
import { answerWith } from './answer.ts';
import { openAiErrorBody } from './errors.ts';
import { formatGrammar, generationRequest, toolGrammar } from './generation-request.ts';

const contentPart = z.object({ type: z.string(), text: z.string().optional() }).loose();

const inputItem = z.union([
  z.object({ type: z.literal('function_call'), call_id: z.string(), name: z.string(), arguments: z.string() }).loose(),
  z.object({ type: z.literal('function_call_output'), call_id: z.string(), output: z.string() }).loose(),
  z
    .object({
      type: z.literal('message').optional(),
      role: z.enum(['user', 'assistant', 'system', 'developer']),
      content: z.union([z.string(), z.array(contentPart)]),
    })
    .loose(),
]);

const responsesSchema = z.object({
  model: z.string().min(1),
  input: z.union([z.string(), z.array(inputItem).min(1)]),
  instructions: z.string().nullish(),
  max_output_tokens: z.number().int().min(1).nullish(),
  temperature: z.number().min(0).max(2).nullish(),
  top_p: z.number().gt(0).max(1).nullish(),
  stream: z.boolean().nullish(),
  tools: z
    .array(
      z
        .object({
          type: z.literal('function'),
          name: z.string().min(1),
          description: z.string().nullish(),
          parameters: z.record(z.string(), z.unknown()).nullish(),
        })
        .loose(),
    )
    .nullish(),
  tool_choice: z
    .union([z.enum(['auto', 'none', 'required']), z.object({ type: z.literal('function'), name: z.string() })])
    .nullish(),
  text: z
    .object({
      format: z
        .union([
          z.object({ type: z.literal('text') }),
          z.object({ type: z.literal('json_object') }),
          z.object({ type: z.literal('json_schema'), schema: z.record(z.string(), z.unknown()) }).loose(),
        ])
        .optional(),
    })
    .loose()
    .nullish(),
  /** We keep no conversations, so what refers to one is refused rather than ignored. */
  previous_response_id: z.null('this server keeps no responses; send the whole conversation as input').optional(),
});

type ResponsesRequest = z.output<typeof responsesSchema>;

/** The answer as it grows: its text item and its calls. */
interface Answer {
  id: string;
  messageId: string;
  createdAt: number;
  text: string;
  calls: ToolCall[];
  status: 'in_progress' | 'completed' | 'incomplete';
  usage: EngineUsage | undefined;
}

/** `POST /v1/responses`: text and tool calls, whole or streamed; stateless (`store` is ignored). */
export function responses(pool: ModelPool, context: Context, identify: IdentifyCaller): Promise<Response> {
  const route = { schema: responsesSchema, what: 'the responses request' };
  const start = (model: LoadedModel, body: ResponsesRequest, caller: Caller) => {
    const { tools, choice } = toolsOf(body);
    const { prompt, stop, decoding } = renderChat(model, messagesOf(body), tools);
    const request = generationRequest(
      { model: body.model, stream: body.stream, temperature: body.temperature, top_p: body.top_p },
      {
        prompt,
        parseSpecial: true,
        maxTokens: body.max_output_tokens,
        topLogprobs: undefined,
        grammar: toolGrammar(tools, choice) ?? formatGrammar(formatOf(body)),
        stop,
      },
    );
    const events = pool.generate(model, { ...request, decoding }, caller);
    const parser = tools === undefined ? undefined : new ToolCallParser(tools);
    const answer: Answer = {
      id: `resp_${randomUUID().replaceAll('-', '')}`,
      messageId: `msg_${randomUUID().replaceAll('-', '')}`,
      createdAt: Math.floor(Date.now() / 1000),
      text: '',
      calls: [],
      status: 'in_progress',
      usage: undefined,
    };
    return {
      async whole() {
        for await (const event of events) absorb(answer, parser, event);
        return responseObject(answer, body);
      },
      streamed: () => streamed(answer, parser, events, body),
      failed: (error: unknown) => serverSentEvent({ ...openAiErrorBody(error).error, type: 'error' }, 'error'),
    };
  };
  return answerWith({ ...route, start }, pool, context, identify);
}

function toolsOf(body: ResponsesRequest) {
  const choice = body.tool_choice ?? 'auto';
  if (!body.tools?.length || choice === 'none') return { tools: undefined, choice: 'none' as const };
  const tools: ToolDefinition[] = body.tools.map((tool) => ({
    type: 'function',
    function: {
      name: tool.name,
      ...(tool.description ? { description: tool.description } : {}),
      ...(tool.parameters ? { parameters: tool.parameters } : {}),
    },
  }));
  return { tools, choice: typeof choice === 'object' ? { name: choice.name } : choice };
}

function formatOf(body: ResponsesRequest) {
  const format = body.text?.format;
  if (format?.type !== 'json_schema') return format;
  return { type: 'json_schema' as const, json_schema: { schema: format.schema } };
}

function messagesOf(body: ResponsesRequest): ChatMessage[] {
  const messages: ChatMessage[] = body.instructions ? [{ role: 'system', content: body.instructions }] : [];
  if (typeof body.input === 'string') return [...messages, { role: 'user', content: body.input }];
  for (const item of body.input) {
    if (item.type === 'function_call') {
      const call = { id: item.call_id, type: 'function', function: { name: item.name, arguments: item.arguments } };
      messages.push({ role: 'assistant', content: '', tool_calls: [call] });
    } else if (item.type === 'function_call_output') {
      messages.push({ role: 'tool', content: item.output, tool_call_id: item.call_id });
    } else if ('role' in item) {
      const content = typeof item.content === 'string' ? item.content : item.content.map((p) => p.text ?? '').join('');
      messages.push({ role: item.role === 'developer' ? 'system' : item.role, content });
    }
  }
  return messages;
}

function absorb(answer: Answer, parser: ToolCallParser | undefined, event: PoolEvent): { content: string } {
  const piece =
    event.kind === 'tokens'
      ? (parser?.push(event.text) ?? { content: event.text, calls: [] })
      : (parser?.flush() ?? { content: '', calls: [] });
  answer.text += piece.content;
  answer.calls.push(...piece.calls);
  if (event.kind === 'finish') {
    answer.usage = event.usage;
    answer.status = event.reason === 'stop' ? 'completed' : 'incomplete';
  }
  return piece;
}

async function* streamed(
  answer: Answer,
  parser: ToolCallParser | undefined,
  events: AsyncGenerator<PoolEvent>,
  body: ResponsesRequest,
): AsyncGenerator<string> {
  let sequence = 0;
  const send = (type: string, fields: object) =>
    serverSentEvent({ type, sequence_number: sequence++, ...fields }, type);
  const part = { item_id: answer.messageId, output_index: 0, content_index: 0 };
  let opened = false;
  const open = () => {
    if (opened) return '';
    opened = true;
    return (
      send('response.output_item.added', { output_index: 0, item: messageItem(answer, 'in_progress', '') }) +
      send('response.content_part.added', { ...part, part: textPart('') })
    );
  };
  let started = false;
  for await (const event of events) {
    let text = '';
    if (!started) {
      started = true;
      text += send('response.created', { response: responseObject(answer, body) });
      text += send('response.in_progress', { response: responseObject(answer, body) });
    }
    const { content } = absorb(answer, parser, event);
    if (content !== '') {
      text += open();
      text += send('response.output_text.delta', { ...part, delta: content, logprobs: [] });
    }
    if (text !== '') yield text;
  }
  let last = answer.calls.length === 0 ? open() : '';
  if (opened) {
    last += send('response.output_text.done', { ...part, text: answer.text, logprobs: [] });
    last += send('response.content_part.done', { ...part, part: textPart(answer.text) });
    last += send('response.output_item.done', {
      output_index: 0,
      item: messageItem(answer, 'completed', answer.text),
    });
  }
  answer.calls.forEach((call, index) => {
    const item = callItem(call);
    const at = { output_index: index + (opened ? 1 : 0) };
    last += send('response.output_item.added', { ...at, item: { ...item, arguments: '', status: 'in_progress' } });
    last += send('response.function_call_arguments.delta', { ...at, item_id: item.id, delta: call.arguments });
    last += send('response.function_call_arguments.done', { ...at, item_id: item.id, arguments: call.arguments });
    last += send('response.output_item.done', { ...at, item });
  });
  const ending = answer.status === 'incomplete' ? 'response.incomplete' : 'response.completed';
  yield last + send(ending, { response: responseObject(answer, body) });
}

function responseObject(answer: Answer, body: ResponsesRequest) {
  const done = answer.status !== 'in_progress';
  const items: object[] = [];
  if (done && (answer.text.trim() !== '' || answer.calls.length === 0)) {
    items.push(messageItem(answer, 'completed', answer.text));
  }
  if (done) items.push(...answer.calls.map(callItem));
  const { usage } = answer;
  return {
    id: answer.id,
    object: 'response',
    created_at: answer.createdAt,
    status: answer.status,
    error: null,
    incomplete_details: answer.status === 'incomplete' ? { reason: 'max_output_tokens' } : null,
    instructions: body.instructions ?? null,
    max_output_tokens: body.max_output_tokens ?? null,
    model: body.model,
    output: items,
    parallel_tool_calls: true,
    previous_response_id: null,
    store: false,
    temperature: body.temperature ?? 1,
    top_p: body.top_p ?? 1,
    text: body.text ?? { format: { type: 'text' } },
    tool_choice: body.tool_choice ?? 'auto',
    tools: body.tools ?? [],
    truncation: 'disabled',
    metadata: {},
    usage:
      usage === undefined
        ? null
        : {
            input_tokens: usage.promptTokens,
            input_tokens_details: { cached_tokens: usage.cachedTokens },
            output_tokens: usage.completionTokens,
            output_tokens_details: { reasoning_tokens: 0 },
            total_tokens: usage.promptTokens + usage.completionTokens,
          },
  };
}

function messageItem(answer: Answer, status: string, text: string) {
  const content = status === 'in_progress' ? [] : [textPart(text)];
  return { id: answer.messageId, type: 'message', role: 'assistant', status, content };
}

function textPart(text: string) {
  return { type: 'output_text', text, annotations: [], logprobs: [] };
}

function callItem(call: ToolCall) {
  return {
    id: call.id.replace('call_', 'fc_'),
    type: 'function_call',
    status: 'completed',
    call_id: call.id,
    name: call.name,
    arguments: call.arguments,
  };
}
