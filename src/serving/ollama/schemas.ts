import { z } from 'zod';

/** `options` of a request; options that the engine does not use (such as `num_gpu`) are accepted and ignored. */
const optionsSchema = z
  .object({
    num_predict: z.number().int().optional(),
    temperature: z.number().min(0).optional(),
    top_k: z.number().int().min(0).optional(),
    top_p: z.number().min(0).max(1).optional(),
    min_p: z.number().min(0).max(1).optional(),
    repeat_penalty: z.number().gt(0).optional(),
    presence_penalty: z.number().optional(),
    frequency_penalty: z.number().optional(),
    seed: z.number().int().optional(),
    stop: z.union([z.string(), z.array(z.string())]).optional(),
    num_ctx: z.number().int().optional(),
  })
  .loose();

export type OllamaOptions = z.output<typeof optionsSchema>;

const formatSchema = z.union([z.literal(''), z.literal('json'), z.record(z.string(), z.unknown())]).nullish();

/** `5m`, `1h30m` or a number of seconds; negative means forever. */
const keepAliveSchema = z.union([z.string(), z.number()]).nullish();

const common = {
  model: z.string().min(1),
  format: formatSchema,
  options: optionsSchema.nullish(),
  stream: z.boolean().nullish(),
  keep_alive: keepAliveSchema,
};

export const generateSchema = z.object({
  ...common,
  prompt: z.string().default(''),
  suffix: z.string().nullish(),
  system: z.string().nullish(),
  raw: z.boolean().nullish(),
});

export type OllamaGenerateRequest = z.output<typeof generateSchema>;

export const chatSchema = z.object({
  ...common,
  messages: z
    .array(
      z
        .object({
          role: z.enum(['system', 'user', 'assistant', 'tool']),
          content: z.string().default(''),
          tool_calls: z
            .array(z.object({ function: z.object({ name: z.string(), arguments: z.record(z.string(), z.unknown()) }) }))
            .nullish(),
          tool_name: z.string().nullish(),
        })
        .loose(),
    )
    .default([]),
  tools: z
    .array(
      z.object({
        type: z.literal('function'),
        function: z
          .object({
            name: z.string().min(1),
            description: z.string().optional(),
            parameters: z.record(z.string(), z.unknown()).optional(),
          })
          .loose(),
      }),
    )
    .nullish(),
});

export type OllamaChatRequest = z.output<typeof chatSchema>;

export const embedSchema = z.object({
  model: z.string().min(1),
  input: z.union([z.string(), z.array(z.string()).min(1)]),
  dimensions: z.number().int().min(1).nullish(),
  keep_alive: keepAliveSchema,
});

export const legacyEmbeddingSchema = z.object({
  model: z.string().min(1),
  prompt: z.string().min(1),
  keep_alive: keepAliveSchema,
});

export const modelNameSchema = z
  .object({ model: z.string().min(1).optional(), name: z.string().min(1).optional(), stream: z.boolean().optional() })
  .refine((body) => body.model !== undefined || body.name !== undefined, { message: 'model is required' })
  .transform((body) => ({ model: (body.model ?? body.name)!, stream: body.stream ?? true }));
