import { type Context, Hono } from 'hono';
import { FtsError } from '../../errors/fts-error.ts';
import { callerOf, type IdentifyCaller, identifyByToken } from '../caller.ts';
import { openAiError } from '../openai/errors.ts';
import type { RequestObserver } from '../pool/model-pool.ts';
import { AnswerWatch } from './answer-watch.ts';

export interface Upstream {
  /** Address of the upstream server, such as `http://127.0.0.1:11434`. */
  url: string;
  /** Bearer token for the upstream; the caller's own token is never forwarded. */
  apiKey?: string;
  observe?(model: string, caller: { key: string; traceId: string }): RequestObserver;
  identify?: IdentifyCaller;
}

/** Routes that generate tokens and are measured. */
const GENERATING = new Set(['/v1/chat/completions', '/v1/completions', '/v1/responses', '/api/generate', '/api/chat']);
/** Headers that belong to one connection (RFC 9110, section 7.6.1) or that the body's re-encoding makes wrong. */
const NOT_FORWARDED = ['connection', 'keep-alive', 'transfer-encoding', 'content-length', 'content-encoding', 'host'];
/** What the caller proves to us who they are by, and what only concerns their browser. */
const CALLERS_OWN = ['authorization', 'x-api-key', 'proxy-authorization', 'cookie', 'origin', 'referer'];
/** What another server says to browsers; which pages may read our answers is ours to say. */
const ITS_OWN = [
  'set-cookie',
  'access-control-allow-origin',
  'access-control-allow-credentials',
  'access-control-allow-headers',
  'access-control-allow-methods',
  'access-control-expose-headers',
];
const PROXIED = ['/v1/*', '/api/generate', '/api/chat', '/api/tags', '/api/show', '/api/ps', '/api/embed'];
const PROXIED_MORE = ['/api/embeddings', '/api/version', '/api/pull', '/api/delete'];

/**
 * Serves the same paths as our own engine by forwarding to Ollama, vLLM or any OpenAI-compatible server. Bodies pass
 * through unchanged; token counts and times are measured on the way.
 */
export function upstreamRoutes(upstream: Upstream): Hono {
  const app = new Hono();
  for (const path of [...PROXIED, ...PROXIED_MORE]) app.all(path, (context) => forward(upstream, context));
  app.onError(openAiError);
  return app;
}

async function forward(upstream: Upstream, context: Context): Promise<Response> {
  const caller = callerOf(context, upstream.identify ?? identifyByToken);
  const { pathname, search } = new URL(context.req.url);
  const body = ['GET', 'HEAD'].includes(context.req.method) ? undefined : await context.req.arrayBuffer();
  const observer = GENERATING.has(pathname) ? upstream.observe?.(modelOf(body), caller) : undefined;
  let response: Response;
  try {
    response = await fetch(`${upstream.url.replace(/\/$/, '')}${pathname}${search}`, {
      method: context.req.method,
      headers: requestHeaders(context, upstream, caller.traceId),
      signal: caller.signal,
      // Elsewhere neither the operator's key nor the caller's words have any business.
      redirect: 'manual',
      ...(body === undefined ? {} : { body }),
    });
  } catch (cause) {
    const error = caller.signal.aborted
      ? new FtsError('cancelled', 'The client went away.', { cause })
      : new FtsError('unavailable', `The upstream ${upstream.url} does not answer.`, {
          field: 'upstream',
          value: upstream.url,
          remedy: 'Start it, or correct its address.',
          retryAfterSeconds: 5,
          cause,
        });
    observer?.fail(error);
    throw error;
  }
  if (response.status >= 300 && response.status < 400 && response.headers.has('location')) {
    await response.body?.cancel();
    const error = new FtsError(
      'unavailable',
      `The upstream ${upstream.url} sends its callers elsewhere, which is not followed.`,
      {
        field: 'upstream',
        value: upstream.url,
        remedy: 'Name the server itself in the setting serve.upstream.',
      },
    );
    observer?.fail(error);
    throw error;
  }
  const headers = new Headers(response.headers);
  for (const name of [...NOT_FORWARDED, ...ITS_OWN]) headers.delete(name);
  headers.set('x-request-id', caller.traceId);
  if (observer === undefined || response.body === null) {
    return new Response(response.body, { status: response.status, headers });
  }
  if (!response.ok) {
    observer.fail(new FtsError('unavailable', `The upstream answered ${response.status}.`));
    return new Response(response.body, { status: response.status, headers });
  }
  const watch = new AnswerWatch(observer);
  const measured = response.body.pipeThrough(
    new TransformStream<Uint8Array, Uint8Array>({
      transform(bytes, controller) {
        watch.push(bytes);
        controller.enqueue(bytes);
      },
      flush: () => watch.end(),
    }),
  );
  caller.signal.addEventListener('abort', () => observer.fail(new FtsError('cancelled', 'The client went away.')), {
    once: true,
  });
  return new Response(measured, { status: response.status, headers });
}

function requestHeaders(context: Context, upstream: Upstream, traceId: string): Headers {
  const headers = new Headers(context.req.raw.headers);
  for (const name of [...NOT_FORWARDED, ...CALLERS_OWN, 'accept-encoding']) headers.delete(name);
  if (upstream.apiKey !== undefined) headers.set('authorization', `Bearer ${upstream.apiKey}`);
  headers.set('x-request-id', traceId);
  return headers;
}

function modelOf(body: ArrayBuffer | undefined): string {
  try {
    const parsed = JSON.parse(Buffer.from(body ?? new ArrayBuffer(0)).toString('utf8')) as { model?: unknown };
    return typeof parsed.model === 'string' ? parsed.model : 'unknown';
  } catch {
    return 'unknown';
  }
}
