import type { Context } from 'hono';
import type { ContentfulStatusCode } from 'hono/utils/http-status';
import { type ErrorKind, FtsError } from '../../errors/fts-error.ts';
import { requireShallow } from '../../errors/json-depth.ts';

/** HTTP status and error `type` of the OpenAI API for each error kind. */
const STATUS: Record<ErrorKind, [ContentfulStatusCode, string]> = {
  'invalid-input': [400, 'invalid_request_error'],
  'not-found': [404, 'invalid_request_error'],
  conflict: [409, 'invalid_request_error'],
  corrupt: [500, 'server_error'],
  unauthorized: [401, 'authentication_error'],
  forbidden: [403, 'permission_error'],
  'rate-limited': [429, 'rate_limit_error'],
  exhausted: [503, 'server_error'],
  unavailable: [503, 'server_error'],
  cancelled: [499 as ContentfulStatusCode, 'cancelled'],
  internal: [500, 'server_error'],
};

/** An error in the OpenAI API's shape: `{"error": {"message", "type", "param", "code"}}`. */
export function openAiErrorBody(thrown: unknown) {
  const error = FtsError.from(thrown);
  const [, type] = STATUS[error.kind];
  const message = error.remedy === undefined ? error.message : `${error.message} ${error.remedy}`;
  const code = error.kind === 'not-found' && error.field === 'model' ? 'model_not_found' : error.kind.replace('-', '_');
  return { error: { message, type, param: error.field ?? null, code } };
}

export function openAiError(thrown: unknown, context: Context): Response {
  const error = FtsError.from(thrown);
  if (error.retryAfterSeconds !== undefined) context.header('Retry-After', String(Math.ceil(error.retryAfterSeconds)));
  return context.json(openAiErrorBody(error), STATUS[error.kind][0]);
}

/** The request's JSON body. Errors: `invalid-input` if it is not valid JSON or nested too deep. */
export async function readJsonBody(context: Context): Promise<unknown> {
  let body: unknown;
  try {
    body = await context.req.json();
  } catch (cause) {
    throw new FtsError('invalid-input', `The body is not valid JSON: ${(cause as Error).message}`, {
      field: 'body',
      remedy: 'Send a JSON object with content-type application/json.',
      cause,
    });
  }
  requireShallow(body, 'the body');
  return body;
}
