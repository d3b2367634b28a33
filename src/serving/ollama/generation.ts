import type { Context } from 'hono';
import type { ConstraintSource } from '../../constraint/compile-constraint.ts';
import { FtsError } from '../../errors/fts-error.ts';
import { parseWith } from '../../errors/parse-with.ts';
import type { ChatMessage } from '../../model/chat-template.ts';
import { callerOf, type IdentifyCaller } from '../caller.ts';
import { type ChatPrompt, renderChat, type ToolDefinition } from '../chat/chat-prompt.ts';
import { type ToolCall, ToolCallParser } from '../chat/tool-calls.ts';
import type { EngineUsage } from '../engine/protocol.ts';
import { streamResponse } from '../event-stream.ts';
import { readJsonBody } from '../openai/errors.ts';
import type { LoadedModel, ModelPool, PoolEvent, PoolRequest } from '../pool/model-pool.ts';
import { keepAliveSeconds, registryName } from './model-names.ts';
import {
  chatSchema,
  generateSchema,
  type OllamaChatRequest,
  type OllamaGenerateRequest,
  type OllamaOptions,
} from './schemas.ts';

type Format = OllamaChatRequest['format'];

/** Times of one answer in milliseconds; the last line reports them in nanoseconds, as Ollama does. */
interface Timing {
  startedMs: number;
  loadMs: number;
}

/**
 * `POST /api/generate`: answers one prompt, as NDJSON unless `stream` is false. An empty prompt loads or unloads the
 * model.
 */
export async function generate(pool: ModelPool, context: Context, identify: IdentifyCaller): Promise<Response> {
  const body = parseWith(generateSchema, await readJsonBody(context), 'the generate request');
  return answer(pool, context, identify, body, body.prompt === '', (model) => {
    const { prompt, stop, decoding } = promptOf(model, body);
    const request = toPoolRequest(body, prompt, stop);
    return {
      request: { ...request, decoding },
      parser: undefined,
      line: (content) => ({ response: content }),
    };
  });
}

/** `POST /api/chat`: answers a conversation, with tools, as NDJSON unless `stream` is false. */
export async function chat(pool: ModelPool, context: Context, identify: IdentifyCaller): Promise<Response> {
  const body = parseWith(chatSchema, await readJsonBody(context), 'the chat request');
  return answer(pool, context, identify, body, body.messages.length === 0, (model) => {
    const tools = body.tools?.length ? (body.tools as ToolDefinition[]) : undefined;
    const { prompt, stop, decoding } = renderChat(model, body.messages as ChatMessage[], tools);
    const request = toPoolRequest(body, prompt, stop);
    return {
      request: { ...request, decoding },
      parser: tools === undefined ? undefined : new ToolCallParser(tools),
      line: (content, calls) => ({
        message: {
          role: 'assistant',
          content,
          ...(calls.length === 0 ? {} : { tool_calls: calls.map(toOllamaCall) }),
        },
      }),
    };
  });
}

/** The part of an answer that differs between the routes. */
interface AnswerPlan {
  request: PoolRequest;
  parser: ToolCallParser | undefined;
  line(content: string, calls: readonly ToolCall[]): object;
}

async function answer(
  pool: ModelPool,
  context: Context,
  identify: IdentifyCaller,
  body: OllamaGenerateRequest | OllamaChatRequest,
  empty: boolean,
  plan: (model: LoadedModel) => AnswerPlan,
): Promise<Response> {
  const timing: Timing = { startedMs: performance.now(), loadMs: 0 };
  const keepAlive = keepAliveSeconds(body.keep_alive);
  const name = registryName(body.model);
  if (empty) return loadOrUnload(pool, context, body, name, keepAlive);
  const caller = callerOf(context, identify);
  const { model, release } = await pool.acquire(name, keepAlive);
  try {
    timing.loadMs = performance.now() - timing.startedMs;
    const planned = plan(model);
    const lines = answerLines(body.model, planned, pool.generate(model, planned.request, caller), timing, release);
    if (body.stream === false) return context.json(await collect(lines, planned));
    return await streamResponse(context, ndjson(lines), {
      contentType: 'application/x-ndjson',
      onFailure: (error) => `${JSON.stringify({ error: FtsError.from(error).message })}\n`,
    });
  } catch (error) {
    release();
    throw error;
  }
}

interface Line {
  content: string;
  calls: ToolCall[];
  body: object;
}

async function* answerLines(
  name: string,
  plan: AnswerPlan,
  events: AsyncGenerator<PoolEvent>,
  timing: Timing,
  release: () => void,
): AsyncGenerator<Line> {
  const head = () => ({ model: name, created_at: new Date().toISOString() });
  try {
    for await (const event of events) {
      if (event.kind === 'tokens') {
        const piece = plan.parser?.push(event.text) ?? { content: event.text, calls: [] };
        if (piece.content === '' && piece.calls.length === 0) continue;
        yield { ...piece, body: { ...head(), ...plan.line(piece.content, piece.calls), done: false } };
        continue;
      }
      const rest = plan.parser?.flush() ?? { content: '', calls: [] };
      if (rest.content !== '' || rest.calls.length > 0) {
        yield { ...rest, body: { ...head(), ...plan.line(rest.content, rest.calls), done: false } };
      }
      const last = { ...head(), ...plan.line('', []), done: true, done_reason: event.reason };
      yield { content: '', calls: [], body: { ...last, ...durations(event.usage, timing) } };
    }
  } finally {
    await events.return(undefined);
    release();
  }
}

async function* ndjson(lines: AsyncGenerator<Line>): AsyncGenerator<string> {
  for await (const line of lines) yield `${JSON.stringify(line.body)}\n`;
}

async function collect(lines: AsyncGenerator<Line>, plan: AnswerPlan): Promise<object> {
  let content = '';
  const calls: ToolCall[] = [];
  let last: object = {};
  for await (const line of lines) {
    content += line.content;
    calls.push(...line.calls);
    last = line.body;
  }
  return { ...last, ...plan.line(content, calls) };
}

async function loadOrUnload(
  pool: ModelPool,
  context: Context,
  body: OllamaGenerateRequest | OllamaChatRequest,
  name: string,
  keepAlive: number | undefined,
): Promise<Response> {
  const field = 'messages' in body ? { message: { role: 'assistant', content: '' } } : { response: '' };
  const reply = { model: body.model, created_at: new Date().toISOString(), ...field, done: true };
  if (keepAlive === 0) {
    await pool.unload(name);
    return context.json({ ...reply, done_reason: 'unload' });
  }
  const { release } = await pool.acquire(name, keepAlive);
  release();
  return context.json({ ...reply, done_reason: 'load' });
}

function promptOf(model: LoadedModel, body: OllamaGenerateRequest): ChatPrompt {
  if (body.suffix) {
    throw new FtsError('invalid-input', 'This server does not fill in the middle.', {
      field: 'suffix',
      remedy: 'Leave suffix out.',
    });
  }
  // Without a chat template the model completes the raw text; with one it answers the prompt as a user message.
  if (body.raw || model.info.chatTemplate === null) {
    const encoded = model.textCodec?.encode(body.prompt);
    const prompt = `${body.system ?? ''}${encoded?.text ?? body.prompt}`;
    return { prompt, stop: [], decoding: encoded?.decoder() };
  }
  const system = body.system ? [{ role: 'system', content: body.system }] : [];
  return renderChat(model, [...system, { role: 'user', content: body.prompt }], undefined);
}

/** Builds the engine request with Ollama's sampling defaults, except that the repetition penalty is off by default. */
function toPoolRequest(
  body: OllamaGenerateRequest | OllamaChatRequest,
  prompt: string,
  stop: readonly string[] = [],
): PoolRequest {
  const given: OllamaOptions = body.options ?? {};
  const constraint = formatConstraint(body.format);
  const stops = [...[given.stop ?? []].flat(), ...stop];
  return {
    prompt,
    sampling: {
      temperature: given.temperature ?? 0.8,
      topK: given.top_k ?? 40,
      topP: given.top_p ?? 0.9,
      minP: given.min_p ?? 0,
      repetitionPenalty: given.repeat_penalty ?? 1,
      presencePenalty: given.presence_penalty ?? 0,
      frequencyPenalty: given.frequency_penalty ?? 0,
      logitBias: {},
      ...(given.seed === undefined ? {} : { seed: given.seed }),
      ...(constraint === undefined ? {} : { constraint }),
    },
    ...(stops.length === 0 ? {} : { stop: stops }),
    ...(body.stream === false ? { whole: true } : {}),
    ...(given.num_predict !== undefined && given.num_predict > 0 ? { maxTokens: given.num_predict } : {}),
  };
}

function formatConstraint(format: Format): ConstraintSource | undefined {
  if (format === null || format === undefined || format === '') return undefined;
  return { kind: 'json-schema', schema: format === 'json' ? { type: 'object' } : format };
}

function durations(usage: EngineUsage, timing: Timing) {
  return {
    total_duration: nanoseconds(performance.now() - timing.startedMs),
    load_duration: nanoseconds(timing.loadMs),
    prompt_eval_count: usage.promptTokens,
    prompt_eval_duration: nanoseconds(usage.prefillMs),
    eval_count: usage.completionTokens,
    eval_duration: nanoseconds(usage.decodeMs),
  };
}

export function nanoseconds(milliseconds: number): number {
  return Math.round(milliseconds * 1e6);
}

function toOllamaCall(call: ToolCall) {
  return { function: { name: call.name, arguments: JSON.parse(call.arguments) as unknown } };
}
