import { z } from 'zod';
import { FtsError } from '../../errors/fts-error.ts';
import { type ChatCompletionRequest, textPart } from './schemas.ts';

const content = z.union([z.string(), z.array(textPart)]);

/** An item's `type` selects its schema; only messages may omit it. */
const inputItem = z.preprocess(
  (item) => (typeof item === 'object' && item !== null && !('type' in item) ? { ...item, type: 'message' } : item),
  z.discriminatedUnion('type', [
    z
      .object({ type: z.literal('function_call'), call_id: z.string(), name: z.string(), arguments: z.string() })
      .loose(),
    z.object({ type: z.literal('function_call_output'), call_id: z.string(), output: content }).loose(),
    z
      .object({
        type: z.literal('message'),
        role: z.enum(['user', 'assistant', 'system', 'developer']),
        content,
      })
      .loose(),
  ]),
);

const functionTool = z
  .object({
    type: z.literal('function'),
    name: z.string().min(1),
    description: z.string().nullish(),
    parameters: z.record(z.string(), z.unknown()).nullish(),
  })
  .loose();

export const responsesSchema = z.object({
  model: z.string().min(1),
  input: z.union([z.string(), z.array(inputItem).min(1)]),
  instructions: z.string().nullish(),
  max_output_tokens: z.number().int().min(1).nullish(),
  temperature: z.number().min(0).max(2).nullish(),
  top_p: z.number().gt(0).max(1).nullish(),
  stream: z.boolean().nullish(),
  tools: z.array(functionTool).nullish(),
  tool_choice: z
    .union([z.enum(['auto', 'none', 'required']), z.object({ type: z.literal('function'), name: z.string() })])
    .nullish(),
  text: z
    .object({
      format: z
        .discriminatedUnion('type', [
          z.object({ type: z.literal('text') }),
          z.object({ type: z.literal('json_object') }),
          z.object({ type: z.literal('json_schema'), schema: z.record(z.string(), z.unknown()) }).loose(),
        ])
        .optional(),
    })
    .loose()
    .nullish(),
  /** Refused rather than ignored, because responses are not stored. */
  previous_response_id: z.null('this server keeps no responses; send the whole conversation as input').optional(),
});

export type ResponsesRequest = z.output<typeof responsesSchema>;
type InputItem = z.output<typeof inputItem>;

/** Translates a request of the Responses API to a chat completion request. */
export function chatRequestOf(body: ResponsesRequest): ChatCompletionRequest {
  return {
    model: body.model,
    messages: messagesOf(body),
    stream: body.stream,
    temperature: body.temperature,
    top_p: body.top_p,
    max_completion_tokens: body.max_output_tokens,
    tools: body.tools?.map(({ name, description, parameters }) => ({
      type: 'function' as const,
      function: { name, ...(description ? { description } : {}), ...(parameters ? { parameters } : {}) },
    })),
    tool_choice:
      typeof body.tool_choice === 'object' && body.tool_choice !== null
        ? { type: 'function', function: { name: body.tool_choice.name } }
        : body.tool_choice,
    response_format: formatOf(body),
  };
}

function formatOf(body: ResponsesRequest): ChatCompletionRequest['response_format'] {
  const format = body.text?.format;
  return format?.type === 'json_schema' ? { type: 'json_schema', json_schema: { schema: format.schema } } : format;
}

function messagesOf({ instructions, input }: ResponsesRequest): ChatCompletionRequest['messages'] {
  const messages: ChatCompletionRequest['messages'] = instructions ? [{ role: 'system', content: instructions }] : [];
  if (typeof input === 'string') return [...messages, { role: 'user', content: input }];
  for (const item of input) addItem(messages, item);
  return messages;
}

/** Adds an item to the chat messages; successive calls become one assistant message, as the chat API expects. */
function addItem(messages: ChatCompletionRequest['messages'], item: InputItem): void {
  switch (item.type) {
    case 'message':
      messages.push({ role: item.role, content: item.content });
      return;
    case 'function_call_output':
      messages.push({ role: 'tool', content: item.output, tool_call_id: item.call_id });
      return;
    case 'function_call': {
      const call = {
        id: item.call_id,
        type: 'function' as const,
        function: { name: item.name, arguments: item.arguments },
      };
      const last = messages.at(-1);
      if (last?.role === 'assistant') last.tool_calls = [...(last.tool_calls ?? []), call];
      else messages.push({ role: 'assistant', content: '', tool_calls: [call] });
      return;
    }
    default:
      throw new FtsError('internal', `An input item of an unknown type passed the schema: ${JSON.stringify(item)}`);
  }
}
