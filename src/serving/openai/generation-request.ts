import type { z } from 'zod';
import type { ConstraintSource } from '../../constraint/compile-constraint.ts';
import type { ToolChoice, ToolDefinition } from '../chat/chat-prompt.ts';
import type { PoolRequest } from '../pool/model-pool.ts';
import type { SamplingSettings } from '../sampling/sampling-settings.ts';
import type { GenerationFields, responseFormatSchema } from './schemas.ts';

type ResponseFormat = z.output<typeof responseFormatSchema> | null | undefined;

/** The engine's request for the fields that all generating routes share; OpenAI's defaults (temperature 1). */
export function generationRequest(
  fields: GenerationFields & { stream?: boolean | null | undefined },
  own: {
    prompt: string | number[];
    parseSpecial: boolean;
    maxTokens: number | null | undefined;
    topLogprobs: number | undefined;
    constraint?: ConstraintSource | undefined;
    stop?: readonly string[];
  },
): PoolRequest {
  const constraint = fields.grammar ? ({ kind: 'gbnf', grammar: fields.grammar } as const) : own.constraint;
  const sampling: SamplingSettings = {
    temperature: fields.temperature ?? 1,
    topK: Math.max(0, fields.top_k ?? 0),
    topP: fields.top_p ?? 1,
    minP: fields.min_p ?? 0,
    repetitionPenalty: fields.repetition_penalty ?? 1,
    presencePenalty: fields.presence_penalty ?? 0,
    frequencyPenalty: fields.frequency_penalty ?? 0,
    logitBias: fields.logit_bias ?? {},
    ...(fields.seed === null || fields.seed === undefined ? {} : { seed: fields.seed }),
    ...(own.topLogprobs === undefined ? {} : { topLogprobs: own.topLogprobs }),
    ...(constraint === undefined ? {} : { constraint }),
  };
  const stop = [...[fields.stop ?? []].flat(), ...(own.stop ?? [])];
  return {
    prompt: own.prompt,
    parseSpecial: own.parseSpecial,
    sampling,
    ...(stop.length === 0 ? {} : { stop }),
    ...(fields.stop_token_ids ? { stopTokens: fields.stop_token_ids } : {}),
    ...(fields.stream ? {} : { whole: true }),
    ...(own.maxTokens ? { maxTokens: own.maxTokens } : {}),
    ...(fields.ignore_eos ? { ignoreEos: true } : {}),
    ...(fields.adapter ? { adapter: fields.adapter } : {}),
    ...(fields.deadline_seconds ? { deadlineMs: fields.deadline_seconds * 1000 } : {}),
  };
}

/** The requests of `n` choices: each with a seed of its own where one was given. */
export function choices(request: PoolRequest, n: number | null | undefined): PoolRequest[] {
  return Array.from({ length: n ?? 1 }, (_, index) => {
    const { seed } = request.sampling;
    if (index === 0 || seed === undefined) return request;
    return { ...request, sampling: { ...request.sampling, seed: seed + index } };
  });
}

/** What a response format asks for. */
export function formatConstraint(format: ResponseFormat): ConstraintSource | undefined {
  if (format?.type === 'json_object') return { kind: 'json-schema', schema: { type: 'object' } };
  if (format?.type === 'json_schema') return { kind: 'json-schema', schema: format.json_schema.schema };
  return undefined;
}

/** A forced tool call: one JSON object that names a tool and gives arguments by its schema. */
export function toolConstraint(
  tools: readonly ToolDefinition[] | undefined,
  choice: ToolChoice,
): ConstraintSource | undefined {
  if (tools === undefined || choice === 'auto' || choice === 'none') return undefined;
  const allowed = typeof choice === 'object' ? tools.filter((tool) => tool.function.name === choice.name) : tools;
  return { kind: 'json-schema', schema: { anyOf: allowed.map(callSchema) } };
}

function callSchema(tool: ToolDefinition): object {
  const { name, parameters } = tool.function;
  return {
    type: 'object',
    properties: {
      name: { const: name },
      // An identifier of its own keeps the references inside the tool's schema pointing there.
      arguments: { $id: `schema:/tools/${encodeURIComponent(name)}`, type: 'object', ...parameters },
    },
    required: ['name', 'arguments'],
    additionalProperties: false,
  };
}
