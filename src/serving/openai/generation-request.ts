import type { z } from 'zod';
import type { ConstraintSource } from '../../constraint/compile-constraint.ts';
import type { ToolChoice, ToolDefinition } from '../chat/chat-prompt.ts';
import type { PoolRequest } from '../pool/model-pool.ts';
import type { SamplingSettings } from '../sampling/sampling-settings.ts';
import type { GenerationFields, responseFormatSchema } from './schemas.ts';

type ResponseFormat = z.output<typeof responseFormatSchema> | null | undefined;

/**
 * Builds the engine request from the fields that all generating routes share, with OpenAI's defaults (temperature 1).
 */
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

/** One request per choice; a given seed is increased by one for each further choice. */
export function choices(request: PoolRequest, n: number | null | undefined): PoolRequest[] {
  return Array.from({ length: n ?? 1 }, (_, index) => {
    const { seed } = request.sampling;
    if (index === 0 || seed === undefined) return request;
    return { ...request, sampling: { ...request.sampling, seed: seed + index } };
  });
}

/** The constraint for a response format; undefined for plain text. */
export function formatConstraint(format: ResponseFormat): ConstraintSource | undefined {
  if (format?.type === 'json_object') return { kind: 'json-schema', schema: { type: 'object' } };
  if (format?.type === 'json_schema') return { kind: 'json-schema', schema: format.json_schema.schema };
  return undefined;
}

/** The constraint of a forced tool call: one JSON object with a tool's name and arguments that fit its schema. */
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
      // The `$id` makes `$ref`s inside the tool's schema resolve within that schema.
      arguments: { $id: `schema:/tools/${encodeURIComponent(name)}`, type: 'object', ...parameters },
    },
    required: ['name', 'arguments'],
    additionalProperties: false,
  };
}
