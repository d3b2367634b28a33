import { randomUUID } from 'node:crypto';
import type { ToolCall } from '../chat/tool-calls.ts';
import type { ChatChoice } from './chat-generation.ts';
import type { ResponsesRequest } from './responses-request.ts';

/** One event of the API's stream, without the sequence number, which the route adds. */
export interface ResponseEvent {
  type: string;
  fields: object;
}

interface MessageItem {
  kind: 'message';
  id: string;
  text: string;
}

interface CallItem {
  kind: 'call';
  call: ToolCall;
}

/**
 * The output items of a response in the order of generation. The events of `add` and `finish` have the same indices as
 * `output`, because both use this list.
 */
export class ResponseOutput {
  private readonly items: (MessageItem | CallItem)[] = [];
  /** White space held back: it does not start a message, because before or between calls it is layout. */
  private heldSpace = '';

  /** Adds the content and calls of one generation event and returns the stream events for them. */
  add({ content, calls }: { content: string; calls: readonly ToolCall[] }): ResponseEvent[] {
    const events = this.addText(content);
    for (const call of calls) events.push(...this.closeMessage(), ...this.addCall(call));
    return events;
  }

  /** Closes the last message. An answer without items becomes one empty message. */
  finish(): ResponseEvent[] {
    const opened = this.items.length === 0 ? this.openMessage(this.heldSpace) : [];
    return [...opened, ...this.closeMessage()];
  }

  get output(): object[] {
    return this.items.map((item) =>
      item.kind === 'call' ? callItem(item.call) : messageItem(item, 'completed', [textPart(item.text)]),
    );
  }

  private addText(content: string): ResponseEvent[] {
    const last = this.items.at(-1);
    if (last?.kind === 'message') {
      if (content === '') return [];
      last.text += content;
      return [delta(this.items.length - 1, last.id, content)];
    }
    this.heldSpace += content;
    if (this.heldSpace.trim() === '') return [];
    const text = this.heldSpace;
    this.heldSpace = '';
    return this.openMessage(text);
  }

  private openMessage(text: string): ResponseEvent[] {
    const item: MessageItem = { kind: 'message', id: `msg_${randomUUID().replaceAll('-', '')}`, text };
    const index = this.items.push(item) - 1;
    const part = { item_id: item.id, output_index: index, content_index: 0 };
    return [
      {
        type: 'response.output_item.added',
        fields: { output_index: index, item: messageItem(item, 'in_progress', []) },
      },
      { type: 'response.content_part.added', fields: { ...part, part: textPart('') } },
      ...(text === '' ? [] : [delta(index, item.id, text)]),
    ];
  }

  private closeMessage(): ResponseEvent[] {
    const item = this.items.at(-1);
    if (item?.kind !== 'message') return [];
    const index = this.items.length - 1;
    const part = { item_id: item.id, output_index: index, content_index: 0 };
    return [
      { type: 'response.output_text.done', fields: { ...part, text: item.text, logprobs: [] } },
      { type: 'response.content_part.done', fields: { ...part, part: textPart(item.text) } },
      {
        type: 'response.output_item.done',
        fields: { output_index: index, item: messageItem(item, 'completed', [textPart(item.text)]) },
      },
    ];
  }

  private addCall(call: ToolCall): ResponseEvent[] {
    this.heldSpace = '';
    const index = this.items.push({ kind: 'call', call }) - 1;
    const item = callItem(call);
    const at = { output_index: index };
    return [
      {
        type: 'response.output_item.added',
        fields: { ...at, item: { ...item, arguments: '', status: 'in_progress' } },
      },
      {
        type: 'response.function_call_arguments.delta',
        fields: { ...at, item_id: item.id, delta: call.arguments },
      },
      {
        type: 'response.function_call_arguments.done',
        fields: { ...at, item_id: item.id, arguments: call.arguments },
      },
      { type: 'response.output_item.done', fields: { ...at, item } },
    ];
  }
}

/** The response object, both during generation and at its end. */
export function responseObject(
  { id, createdAt }: { id: string; createdAt: number },
  body: ResponsesRequest,
  choice: ChatChoice,
  output: ResponseOutput,
) {
  const { usage, finishReason } = choice;
  const isCut = finishReason === 'length';
  return {
    id,
    object: 'response',
    created_at: createdAt,
    status: finishReason === null ? 'in_progress' : isCut ? 'incomplete' : 'completed',
    error: null,
    incomplete_details: isCut ? { reason: 'max_output_tokens' } : null,
    instructions: body.instructions ?? null,
    max_output_tokens: body.max_output_tokens ?? null,
    model: body.model,
    output: finishReason === null ? [] : output.output,
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

function delta(index: number, itemId: string, text: string): ResponseEvent {
  const fields = { item_id: itemId, output_index: index, content_index: 0, delta: text, logprobs: [] };
  return { type: 'response.output_text.delta', fields };
}

function messageItem({ id }: MessageItem, status: 'in_progress' | 'completed', content: object[]) {
  return { id, type: 'message', role: 'assistant', status, content };
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
