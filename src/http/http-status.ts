import type { ContentfulStatusCode } from 'hono/utils/http-status';
import type { ErrorKind } from '../errors/fts-error.ts';

/** RFC 9110 status of each kind of error. */
export const httpStatus: Record<ErrorKind, ContentfulStatusCode> = {
  'invalid-input': 400,
  unauthorized: 401,
  forbidden: 403,
  'not-found': 404,
  conflict: 409,
  corrupt: 422,
  'rate-limited': 429,
  cancelled: 499 as ContentfulStatusCode, // nginx's "client closed request"; no RFC has one
  internal: 500,
  unavailable: 503,
  exhausted: 507,
};
