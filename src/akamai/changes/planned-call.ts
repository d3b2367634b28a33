import { z } from 'zod';
import { digestOf } from '../../store/canonical-json.ts';
import { redact } from '../../store/redact.ts';
import type { AkamaiRequest } from '../client/akamai-request.ts';

const bodySchema = z.union([
  z.object({ json: z.unknown() }),
  z.object({ text: z.string() }),
  z.object({ base64: z.string() }),
]);

/** Exactly what will be sent, to whom, as whom. Everything in it is under the plan's digest. */
export const plannedCallSchema = z.object({
  api: z.string(),
  operationId: z.string(),
  effect: z.enum(['write', 'destructive']),
  /** Name of the credentials, the host they belong to, and the managed account if one is switched to. */
  account: z.string(),
  origin: z.string(),
  accountSwitchKey: z.string().optional(),
  server: z.enum(['edgegrid', 'linode', 'netstorage-usage']),
  method: z.enum(['POST', 'PUT', 'PATCH', 'DELETE']),
  /** The catalogue's template and its values, and the path that they make. */
  template: z.string(),
  pathValues: z.record(z.string(), z.string()),
  path: z.string(),
  query: z.record(
    z.string(),
    z.union([z.string(), z.number(), z.boolean(), z.array(z.union([z.string(), z.number(), z.boolean()]))]),
  ),
  headers: z.record(z.string(), z.string()),
  body: bodySchema.optional(),
});
export type PlannedCall = z.output<typeof plannedCallSchema>;

/** The body as JSON value, text or bytes, as the client takes it. */
export function bodyOf(call: PlannedCall): unknown {
  if (call.body === undefined) return undefined;
  if ('json' in call.body) return call.body.json;
  if ('text' in call.body) return call.body.text;
  return new Uint8Array(Buffer.from(call.body.base64, 'base64'));
}

/** A JSON body's members; nothing for text and bytes. */
export function jsonBody(call: PlannedCall): Readonly<Record<string, unknown>> {
  const body = bodyOf(call);
  const isRecord = typeof body === 'object' && body !== null && !Array.isArray(body) && !(body instanceof Uint8Array);
  return isRecord ? (body as Record<string, unknown>) : {};
}

export function plannedBody(body: unknown): PlannedCall['body'] {
  if (body === undefined) return undefined;
  if (body instanceof Uint8Array) return { base64: Buffer.from(body).toString('base64') };
  return typeof body === 'string' ? { text: body } : { json: body };
}

/** The request that carries the call out: sent once, never repeated by itself. */
export function requestOf(call: PlannedCall): AkamaiRequest {
  return {
    method: call.method,
    path: call.path,
    query: call.query,
    headers: call.headers,
    body: bodyOf(call),
    account: call.account,
    accountSwitchKey: call.accountSwitchKey,
    server: call.server,
    idempotent: false,
    followRedirects: false,
    timeoutSeconds: 60,
  };
}

/** The call for eyes: secrets hidden, bytes as their size and digest. */
export function presentCall(call: PlannedCall): PlannedCall {
  const { body, ...rest } = call;
  const shown: PlannedCall['body'] =
    body === undefined
      ? undefined
      : 'base64' in body
        ? { text: `${Buffer.from(body.base64, 'base64').length} bytes, digest ${digestOf(body.base64)}` }
        : (redact(body) as PlannedCall['body']);
  return { ...rest, ...(shown === undefined ? {} : { body: shown }) };
}
