import { randomUUID } from 'node:crypto';
import type { Context } from 'hono';
import type { IdentifyCaller } from '../caller.ts';
import type { EngineUsage, TokenLogprobs } from '../engine/protocol.ts';
import { serverSentEvent } from '../event-stream.ts';
import { mergeChoices } from '../pool/merge-choices.ts';
import type { Caller, LoadedModel, ModelPool } from '../pool/model-pool.ts';
import { answerWith } from './answer.ts';
import { choices, formatConstraint, generationRequest } from './generation-request.ts';
import { type CompletionRequest, completionSchema } from './schemas.ts';

interface ChoiceState {
  text: string;
  /** Characters of text before the next streamed log probability. */
  offset: number;
  logprobs: TokenLogprobs[];
  finishReason: string | null;
  usage: EngineUsage | undefined;
}

/** `POST /v1/completions`: one or many prompts as text or token ids, answered in one reply or as a stream. */
export function completions(pool: ModelPool, context: Context, identify: IdentifyCaller): Promise<Response> {
  const route = { schema: completionSchema, what: 'the completion request' };
  const start = (model: LoadedModel, body: CompletionRequest, caller: Caller) => {
    const prompts = promptsOf(body.prompt);
    const events = startChoices(pool, model, body, prompts, caller);
    const reply = { id: `cmpl-${randomUUID()}`, created: Math.floor(Date.now() / 1000), model: body.model };
    const states = prompts.flatMap((prompt) =>
      Array.from({ length: body.n ?? 1 }, (): ChoiceState => {
        const text = body.echo && typeof prompt === 'string' ? prompt : '';
        return { text, offset: 0, logprobs: [], finishReason: null, usage: undefined };
      }),
    );
    return {
      async whole() {
        for await (const { index, event } of events) {
          const state = states[index]!;
          if (event.kind === 'tokens') {
            state.text += event.text;
            state.logprobs.push(...(event.logprobs ?? []));
          } else {
            state.finishReason = event.reason;
            state.usage = event.usage;
          }
        }
        return wholeReply(reply, states, body);
      },
      streamed: () => streamedReply(reply, events, states, body),
    };
  };
  return answerWith({ ...route, start }, pool, context, identify);
}

function promptsOf(prompt: CompletionRequest['prompt']): (string | number[])[] {
  if (typeof prompt === 'string') return [prompt];
  if (typeof prompt[0] === 'number') return [prompt as number[]];
  return prompt as (string | number[])[];
}

function startChoices(
  pool: ModelPool,
  model: LoadedModel,
  body: CompletionRequest,
  prompts: (string | number[])[],
  caller: Caller,
) {
  const generations = prompts.flatMap((prompt) =>
    Array.from({ length: body.n ?? 1 }, (_, index) => {
      const encoded = typeof prompt === 'string' ? model.textCodec?.encode(prompt) : undefined;
      const request = generationRequest(body, {
        prompt: encoded?.text ?? prompt,
        parseSpecial: true,
        maxTokens: body.max_tokens ?? 16,
        topLogprobs: body.logprobs ?? undefined,
        constraint: formatConstraint(body.response_format),
      });
      return pool.generate(model, { ...choices(request, body.n)[index]!, decoding: encoded?.decoder() }, caller);
    }),
  );
  return mergeChoices(generations);
}

function wholeReply(reply: object, states: readonly ChoiceState[], body: CompletionRequest) {
  return {
    ...reply,
    object: 'text_completion',
    choices: states.map((state, index) => ({
      index,
      text: state.text,
      logprobs: body.logprobs === null || body.logprobs === undefined ? null : apiLogprobs(state.logprobs),
      finish_reason: state.finishReason,
    })),
    usage: totalUsage(states, body),
  };
}

async function* streamedReply(
  reply: object,
  events: ReturnType<typeof mergeChoices>,
  states: readonly ChoiceState[],
  body: CompletionRequest,
): AsyncGenerator<string> {
  for await (const { index, event } of events) {
    const state = states[index]!;
    let choice: object;
    if (event.kind === 'tokens') {
      const echoed = state.text;
      state.text = '';
      choice = {
        index,
        text: echoed + event.text,
        logprobs: event.logprobs === undefined ? null : streamedLogprobs(state, event.logprobs),
        finish_reason: null,
      };
    } else {
      state.usage = event.usage;
      choice = { index, text: '', logprobs: null, finish_reason: event.reason };
    }
    yield serverSentEvent({ ...reply, object: 'text_completion', choices: [choice] });
  }
  const usage = totalUsage(states, body);
  const last = body.stream_options?.include_usage
    ? serverSentEvent({ ...reply, object: 'text_completion', choices: [], usage })
    : '';
  yield `${last}data: [DONE]\n\n`;
}

/** Token counts over all choices; each prompt counts once, whatever its number of choices. */
function totalUsage(states: readonly ChoiceState[], body: CompletionRequest) {
  const perPrompt = states.filter((_, index) => index % (body.n ?? 1) === 0);
  const prompt = perPrompt.reduce((sum, state) => sum + (state.usage?.promptTokens ?? 0), 0);
  const cached = perPrompt.reduce((sum, state) => sum + (state.usage?.cachedTokens ?? 0), 0);
  const completion = states.reduce((sum, state) => sum + (state.usage?.completionTokens ?? 0), 0);
  return {
    prompt_tokens: prompt,
    completion_tokens: completion,
    total_tokens: prompt + completion,
    prompt_tokens_details: { cached_tokens: cached },
  };
}

/** The next log probabilities of a choice; offsets continue from the previous ones. */
function streamedLogprobs(state: ChoiceState, entries: readonly TokenLogprobs[]) {
  const logprobs = apiLogprobs(entries, state.offset);
  state.offset += entries.reduce((sum, entry) => sum + entry.text.length, 0);
  return logprobs;
}

/** Log probabilities in the shape of the completion API: parallel lists with one entry per token. */
function apiLogprobs(entries: readonly TokenLogprobs[], from = 0) {
  let offset = from;
  const offsets = entries.map((entry) => {
    const at = offset;
    offset += entry.text.length;
    return at;
  });
  return {
    tokens: entries.map((entry) => entry.text),
    token_logprobs: entries.map((entry) => entry.logprob),
    top_logprobs: entries.map((entry) => Object.fromEntries(entry.top.map((top) => [top.text, top.logprob]))),
    text_offset: offsets,
  };
}
