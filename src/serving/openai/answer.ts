import type { Context } from 'hono';
import type { z } from 'zod';
import { parseWith } from '../../errors/parse-with.ts';
import { callerOf, type IdentifyCaller } from '../caller.ts';
import { serverSentEvent, streamResponse } from '../event-stream.ts';
import type { Caller, LoadedModel, ModelPool } from '../pool/model-pool.ts';
import { openAiErrorBody, readJsonBody } from './errors.ts';

/** A generating route's own part of an answer: turns the events into one reply or into a stream. */
interface Answer {
  /** Reads every event and returns the whole reply. */
  whole(): Promise<object>;
  /** The reply as server-sent events. */
  streamed(): AsyncGenerator<string>;
  /** The last event of a stream that failed after it began. */
  failed?(error: unknown): string;
}

interface GeneratingRoute<Body> {
  schema: z.ZodType<Body>;
  /** Name of the body in errors, such as `the completion request`. */
  what: string;
  start(model: LoadedModel, body: Body, caller: Caller): Answer;
}

/** Handles every generating route: parses the body, keeps the model loaded, and answers in one reply or as a stream. */
export async function answerWith<Body extends { model: string; stream?: boolean | null | undefined }>(
  route: GeneratingRoute<Body>,
  pool: ModelPool,
  context: Context,
  identify: IdentifyCaller,
): Promise<Response> {
  const body = parseWith(route.schema, await readJsonBody(context), route.what);
  const caller = callerOf(context, identify);
  const { model, release } = await pool.acquire(body.model);
  try {
    const answer = route.start(model, body, caller);
    if (!body.stream) return context.json(await answer.whole());
    return await streamResponse(context, answer.streamed(), {
      contentType: 'text/event-stream; charset=utf-8',
      onFailure: answer.failed?.bind(answer) ?? ((error) => serverSentEvent(openAiErrorBody(error))),
      onEnd: release,
    });
  } catch (error) {
    release();
    throw error;
  } finally {
    if (!body.stream) release();
  }
}
