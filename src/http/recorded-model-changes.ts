import type { Context, MiddlewareHandler } from 'hono';
import { type Caller, keylessCaller } from '../access/caller.ts';
import type { Services } from '../services/context.ts';
import { bounded, cutText } from '../store/bounded-value.ts';

/** Routes of Ollama's and vLLM's APIs that change what is served: their actions in the audit log, and the field that names on what. */
const changes: Record<string, { action: string; subject: string }> = {
  'DELETE /api/delete': { action: 'models.remove', subject: 'model' },
  'POST /api/pull': { action: 'models.pull', subject: 'model' },
  'POST /v1/load_lora_adapter': { action: 'adapters.load', subject: 'lora_name' },
  'POST /v1/unload_lora_adapter': { action: 'adapters.unload', subject: 'lora_name' },
};

const lastWordsLength = 2000;

/** Leaves a row in the audit log for each request that changes what is served, when its answer has ended. */
export function recordModelChanges({ audit }: Pick<Services, 'audit'>): MiddlewareHandler {
  return async (context, next) => {
    const change = changes[`${context.req.method} ${context.req.path}`];
    if (change === undefined) return next();
    const input = audit.withoutSecrets(await inputOf(context)) as Record<string, unknown>;
    const record = (outcome: 'ok' | 'refused' | 'failed'): void => {
      const { name, credential } = (context.get('caller') as Caller | undefined) ?? keylessCaller;
      const subject = cutText(String(input[change.subject] ?? input.name ?? ''));
      const details = { credential, status: context.res.status, input: bounded(input) };
      audit.record({ actor: name, channel: 'http', action: change.action, subject, outcome, details });
    };
    await next();
    const { body, status, headers } = context.res;
    if (status >= 400) record(status < 500 ? 'refused' : 'failed');
    else if (body === null || !headers.get('content-type')?.includes('ndjson')) record('ok');
    else
      context.res = new Response(
        watched(body, (isDone) => record(isDone ? 'ok' : 'failed')),
        context.res,
      );
  };
}

async function inputOf(context: Context): Promise<Record<string, unknown>> {
  const body: unknown = await context.req.raw
    .clone()
    .json()
    .catch(() => undefined);
  return typeof body === 'object' && body !== null ? { ...body } : {};
}

/** The same stream; `ended` hears at its end whether it went through and told of no error. */
function watched(body: ReadableStream<Uint8Array>, ended: (isDone: boolean) => void): ReadableStream<Uint8Array> {
  const reader = body.getReader();
  const decoder = new TextDecoder();
  let lastWords = '';
  return new ReadableStream({
    async pull(controller) {
      try {
        const { done, value } = await reader.read();
        if (done) {
          ended(!/"error"\s*:/.test(lastWords));
          controller.close();
          return;
        }
        lastWords = (lastWords + decoder.decode(value, { stream: true })).slice(-lastWordsLength);
        controller.enqueue(value);
      } catch (error) {
        ended(false);
        controller.error(error);
      }
    },
    cancel(reason) {
      ended(false);
      return reader.cancel(reason);
    },
  });
}
