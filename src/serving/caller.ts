import { createHash, randomUUID } from 'node:crypto';
import type { HttpBindings } from '@hono/node-server';
import type { Context } from 'hono';
import type { Caller } from './pool/model-pool.ts';

/** Returns the key by which requests take turns: the name of the API key, if keys are in use. */
export type IdentifyCaller = (context: Context) => string;

/** Identifies callers by a hash of the bearer token, so that no token is stored; requests without one share a key. */
export const identifyByToken: IdentifyCaller = (context) => {
  const authorization = context.req.header('authorization');
  return authorization === undefined
    ? 'anonymous'
    : createHash('sha256').update(authorization).digest('hex').slice(0, 16);
};

/** The caller of a request: its key, and a signal that fires when the client goes away. */
export function callerOf(context: Context, identify: IdentifyCaller): Caller {
  const traceId = traceIdOf(context);
  context.header('x-request-id', traceId);
  return { key: identify(context), signal: clientGone(context), traceId };
}

/** Aborts when the client disconnects. Uses Node's response if there is one, because creating a `Request` is slow. */
function clientGone(context: Context): AbortSignal {
  const { outgoing } = (context.env ?? {}) as Partial<HttpBindings>;
  if (outgoing === undefined) return context.req.raw.signal;
  const controller = new AbortController();
  const close = () => {
    if (!outgoing.writableFinished) controller.abort();
  };
  if (outgoing.destroyed) close();
  else outgoing.once('close', close);
  return controller.signal;
}

/** The trace id of W3C Trace Context, else the client's request id, else a new one. */
function traceIdOf(context: Context): string {
  const [, traceId] = (context.req.header('traceparent') ?? '').split('-');
  if (traceId !== undefined && /^[0-9a-f]{32}$/.test(traceId)) return traceId;
  const given = context.req.header('x-request-id');
  return given !== undefined && /^[\w.-]{1,128}$/.test(given) ? given : randomUUID();
}
