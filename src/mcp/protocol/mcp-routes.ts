import { createMcpHandler, isJsonContentType, isLegacyRequest, readRequestBody } from '@modelcontextprotocol/server';
import { Hono } from 'hono';
import { z } from 'zod';
import { mayUse } from '../../access/caller.ts';
import { FtsError } from '../../errors/fts-error.ts';
import { isShallow } from '../../errors/json-depth.ts';
import type { Identity } from '../../http/authentication/identity.ts';
import type { Services } from '../../services/context.ts';
import { ResourceChanges } from '../resources/resource-changes.ts';
import { narrowTools, selectionFromHeaders } from '../tools/selection.ts';
import { callerOf } from './caller.ts';
import { LegacySessions } from './legacy-sessions.ts';
import { createMcpFace, type McpOptions } from './mcp-face.ts';
import { maxMessageBytes } from './message-limit.ts';
import { protocolRefusal } from './protocol-refusal.ts';

const listenCall = z.looseObject({ method: z.literal('subscriptions/listen') });

/**
 * `/mcp`, Streamable HTTP. One factory serves both eras: a request of 2026-07-28 stands alone, one of 2025-11-25 or
 * earlier belongs to a session. `stop` says that the server has to go.
 */
export function mcpRoutes(
  services: Services,
  options: McpOptions & { stop?: AbortSignal },
): Hono<{ Variables: Identity }> {
  const changes = options.changes ?? new ResourceChanges(services);
  const { factory, neededScope, tools } = createMcpFace(services, { ...options, changes });
  const modern = createMcpHandler(factory, { legacy: 'reject', bus: changes });
  const listening = createMcpHandler(factory, { legacy: 'reject', bus: changes });
  const legacy = new LegacySessions(factory);
  // Streams that only wait for news end at once, and cleanly; calls that are being answered may end first.
  options.stop?.addEventListener('abort', () => {
    void listening.close();
    legacy.closeListening();
  });

  const routes = new Hono<{ Variables: Identity }>();
  routes.use('/mcp', async (context, next) => {
    try {
      narrowTools(tools, selectionFromHeaders(context.req.raw.headers));
    } catch (thrown) {
      const { message, remedy } = FtsError.from(thrown);
      return protocolRefusal(400, -32602, `${message} ${remedy}`);
    }
    return next();
  });
  routes.on(['GET', 'DELETE'], '/mcp', (context) => legacy.handle(context.req.raw, undefined, context.get('authInfo')));
  routes.post('/mcp', async (context) => {
    const request = context.req.raw;
    if (!isJsonContentType(request.headers.get('content-type'))) {
      return protocolRefusal(415, -32000, 'Content-Type must be application/json');
    }
    const read = await readRequestBody(request, maxMessageBytes);
    if (read.tooLarge) return protocolRefusal(413, -32000, `The request is larger than ${maxMessageBytes} bytes`);
    const body = parseJson(read.text);
    if (body === undefined) return protocolRefusal(400, -32700, 'Parse error: the body is not JSON');
    if (!isShallow(body)) return protocolRefusal(400, -32600, 'The message is nested too deep');
    const authInfo = context.get('authInfo');
    const scope = neededScope(body);
    if (authInfo !== undefined && scope !== undefined && !mayUse(callerOf({ authInfo }), scope)) {
      const refusal = context.get('insufficientScope')?.(scope);
      if (refusal !== undefined) return refusal;
    }
    if (await isLegacyRequest(request, body)) return legacy.handle(request, body, authInfo);
    const handler = listenCall.safeParse(body).success ? listening : modern;
    return handler.fetch(request, { parsedBody: body, ...(authInfo === undefined ? {} : { authInfo }) });
  });
  return routes;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
