import { randomUUID } from 'node:crypto';
import type { Context } from 'hono';
import type { IdentifyCaller } from '../caller.ts';
import { serverSentEvent } from '../event-stream.ts';
import type { Caller, LoadedModel, ModelPool } from '../pool/model-pool.ts';
import { answerWith } from './answer.ts';
import { startChat } from './chat-generation.ts';
import { openAiErrorBody } from './errors.ts';
import { ResponseOutput, responseObject } from './responses-output.ts';
import { chatRequestOf, type ResponsesRequest, responsesSchema } from './responses-request.ts';

/**
 * `POST /v1/responses`: translated to a chat request, answered in one reply or as a stream. Nothing is stored, so a
 * reference to an earlier response is refused.
 */
export function responses(pool: ModelPool, context: Context, identify: IdentifyCaller): Promise<Response> {
  const route = { schema: responsesSchema, what: 'the responses request' };
  const start = (model: LoadedModel, body: ResponsesRequest, caller: Caller) => {
    const chat = startChat(pool, model, chatRequestOf(body), caller);
    return {
      whole: () => whole(chat, body),
      streamed: () => streamed(chat, body),
      failed: (error: unknown) => serverSentEvent({ ...openAiErrorBody(error).error, type: 'error' }, 'error'),
    };
  };
  return answerWith({ ...route, start }, pool, context, identify);
}

type Chat = ReturnType<typeof startChat>;

async function whole({ events, choices }: Chat, body: ResponsesRequest): Promise<object> {
  const choice = choices[0]!;
  const output = new ResponseOutput();
  for await (const { event } of events) output.add(choice.absorb(event));
  output.finish();
  return responseObject(newIdentity(), body, choice, output);
}

async function* streamed({ events, choices }: Chat, body: ResponsesRequest): AsyncGenerator<string> {
  const choice = choices[0]!;
  const output = new ResponseOutput();
  const identity = newIdentity();
  let sequence = 0;
  const send = (type: string, fields: object) =>
    serverSentEvent({ type, sequence_number: sequence++, ...fields }, type);
  const present = () => ({ response: responseObject(identity, body, choice, output) });
  for await (const { event } of events) {
    const opening = sequence === 0 ? send('response.created', present()) + send('response.in_progress', present()) : '';
    const text = output
      .add(choice.absorb(event))
      .map(({ type, fields }) => send(type, fields))
      .join('');
    if (opening + text !== '') yield opening + text;
  }
  const last = output
    .finish()
    .map(({ type, fields }) => send(type, fields))
    .join('');
  yield last + send(choice.finishReason === 'length' ? 'response.incomplete' : 'response.completed', present());
}

function newIdentity() {
  return { id: `resp_${randomUUID().replaceAll('-', '')}`, createdAt: Math.floor(Date.now() / 1000) };
}
