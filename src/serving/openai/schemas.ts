import { z } from 'zod';

/** Fields shared by the chat and the completion API, including extensions of vLLM and llama.cpp. */
const generationFields = {
  model: z.string().min(1),
  temperature: z.number().min(0).max(2).nullish(),
  top_p: z.number().gt(0).max(1).nullish(),
  top_k: z.number().int().min(-1).nullish(),
  min_p: z.number().min(0).max(1).nullish(),
  repetition_penalty: z.number().gt(0).max(10).nullish(),
  presence_penalty: z.number().min(-2).max(2).nullish(),
  frequency_penalty: z.number().min(-2).max(2).nullish(),
  logit_bias: z.record(z.string().regex(/^\d+$/), z.number().min(-100).max(100)).nullish(),
  seed: z.number().int().nullish(),
  stop: z.union([z.string(), z.array(z.string()).max(16)]).nullish(),
  stop_token_ids: z.array(z.number().int()).nullish(),
  n: z.number().int().min(1).max(16).nullish(),
  stream: z.boolean().nullish(),
  stream_options: z.object({ include_usage: z.boolean().optional() }).loose().nullish(),
  ignore_eos: z.boolean().nullish(),
  /** A GBNF grammar (llama.cpp's extension). */
  grammar: z.string().nullish(),
  /** Name of a LoRA adapter of the model (our extension; vLLM puts it in `model`). */
  adapter: z.string().nullish(),
  /** Seconds after which the answer ends with the text generated so far (our extension). */
  deadline_seconds: z.number().positive().nullish(),
  user: z.string().nullish(),
};

export type GenerationFields = z.output<z.ZodObject<typeof generationFields>>;

const textPartTypes = ['text', 'input_text', 'output_text', 'refusal'];

/** A content part of a message. Models here read only text, so parts of any other type are refused. */
export const textPart = z
  .object({ type: z.string(), text: z.string().optional(), refusal: z.string().optional() })
  .loose()
  .transform(({ type, text, refusal }, context) => {
    const written = text ?? (type === 'refusal' ? refusal : undefined);
    if (textPartTypes.includes(type) && written !== undefined) return { type, text: written };
    const message = textPartTypes.includes(type)
      ? `a part of type "${type}" needs its text`
      : `parts of type "${type}" cannot be read here; send text only`;
    context.issues.push({ code: 'custom', input: type, path: ['type'], message });
    return z.NEVER;
  });

const toolCallSchema = z
  .object({
    id: z.string(),
    type: z.literal('function').default('function'),
    function: z.object({ name: z.string(), arguments: z.string() }),
  })
  .loose();

const chatMessageSchema = z
  .object({
    role: z.enum(['system', 'developer', 'user', 'assistant', 'tool', 'function']),
    content: z.union([z.string(), z.array(textPart)]).nullish(),
    name: z.string().nullish(),
    tool_calls: z.array(toolCallSchema).nullish(),
    tool_call_id: z.string().nullish(),
  })
  .loose();

const toolSchema = z.object({
  type: z.literal('function'),
  function: z
    .object({
      name: z.string().min(1),
      description: z.string().optional(),
      parameters: z.record(z.string(), z.unknown()).optional(),
    })
    .loose(),
});

const toolChoiceSchema = z.union([
  z.enum(['auto', 'none', 'required']),
  z.object({ type: z.literal('function'), function: z.object({ name: z.string() }) }),
]);

export const responseFormatSchema = z.discriminatedUnion('type', [
  z.object({ type: z.literal('text') }),
  z.object({ type: z.literal('json_object') }),
  z.object({
    type: z.literal('json_schema'),
    json_schema: z.object({ name: z.string().optional(), schema: z.record(z.string(), z.unknown()) }).loose(),
  }),
]);

export const chatCompletionSchema = z.object({
  ...generationFields,
  messages: z.array(chatMessageSchema).min(1),
  max_tokens: z.number().int().min(1).nullish(),
  max_completion_tokens: z.number().int().min(1).nullish(),
  logprobs: z.boolean().nullish(),
  top_logprobs: z.number().int().min(0).max(20).nullish(),
  tools: z.array(toolSchema).nullish(),
  tool_choice: toolChoiceSchema.nullish(),
  response_format: responseFormatSchema.nullish(),
  chat_template_kwargs: z.record(z.string(), z.unknown()).nullish(),
});

export type ChatCompletionRequest = z.output<typeof chatCompletionSchema>;

export const completionSchema = z.object({
  ...generationFields,
  prompt: z.union([
    z.string(),
    z.array(z.string()).min(1).max(128),
    z.array(z.number().int()).min(1),
    z.array(z.array(z.number().int())).min(1).max(128),
  ]),
  max_tokens: z.number().int().min(1).nullish(),
  logprobs: z.number().int().min(0).max(20).nullish(),
  echo: z.boolean().nullish(),
  suffix: z.string().nullish(),
  response_format: responseFormatSchema.nullish(),
});

export type CompletionRequest = z.output<typeof completionSchema>;

export const embeddingsSchema = z.object({
  model: z.string().min(1),
  input: z.union([
    z.string(),
    z.array(z.string()).min(1).max(2048),
    z.array(z.number().int()).min(1),
    z.array(z.array(z.number().int())).min(1).max(2048),
  ]),
  encoding_format: z.enum(['float', 'base64']).default('float'),
  dimensions: z.number().int().min(1).nullish(),
  user: z.string().nullish(),
});
