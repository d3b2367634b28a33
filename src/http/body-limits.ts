import type { Context, MiddlewareHandler } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import { FtsError } from '../errors/fts-error.ts';
import { isForPrograms } from './routes-by-audience.ts';

/** What an operation's input may take; prompts of the model APIs may be as long as a model's context. */
const operationBytes = 1024 * 1024;
const modelApiBytes = 64 * 1024 * 1024;

/** Refuses a body that is too large for its route: by its length before it is read, else as soon as it is. MCP has its own. */
export function bodyLimits(): MiddlewareHandler {
  const limited = (maxSize: number) => bodyLimit({ maxSize, onError: (context) => tooLarge(context, maxSize) });
  const operations = limited(operationBytes);
  const modelApis = limited(modelApiBytes);
  return (context, next) => {
    if (context.req.path === '/mcp') return next();
    return (isForPrograms(context.req.path) ? modelApis : operations)(context, next);
  };
}

function tooLarge(context: Context, bytes: number): Response {
  const error = new FtsError('invalid-input', `The body is larger than ${bytes} bytes, the most for this address.`, {
    field: 'body',
    remedy: 'Send less at once.',
  });
  return context.json({ error: error.toJSON() }, 413);
}
