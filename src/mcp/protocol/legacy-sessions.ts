import { randomUUID } from 'node:crypto';
import {
  type AuthInfo,
  isInitializeRequest,
  type McpServerFactory,
  WebStandardStreamableHTTPServerTransport,
} from '@modelcontextprotocol/server';
import { callerOf } from './caller.ts';
import { protocolRefusal } from './protocol-refusal.ts';

interface Session {
  transport: WebStandardStreamableHTTPServerTransport;
  /** Whose session it is: an id that leaked is of no use to anybody else. */
  owner: string;
  usedAt: number;
}

const idleMilliseconds = 30 * 60_000;
const maxSessions = 2000;

/**
 * Sessions of clients that speak 2025-11-25 or earlier: one server each, kept between requests, because elicitation and
 * subscriptions of that era need a channel back to the client. Idle ones end after half an hour.
 */
export class LegacySessions {
  private readonly factory: McpServerFactory;
  private readonly sessions = new Map<string, Session>();

  constructor(factory: McpServerFactory) {
    this.factory = factory;
  }

  async handle(request: Request, body: unknown, authInfo: AuthInfo | undefined): Promise<Response> {
    const options = {
      ...(body === undefined ? {} : { parsedBody: body }),
      ...(authInfo === undefined ? {} : { authInfo }),
    };
    const id = request.headers.get('mcp-session-id');
    if (id !== null) {
      const session = this.sessions.get(id);
      if (session === undefined || session.owner !== callerOf({ authInfo }).name) {
        return protocolRefusal(404, -32001, 'Session not found');
      }
      session.usedAt = Date.now();
      return session.transport.handleRequest(request, options);
    }
    if (!isInitializeRequest(body))
      return protocolRefusal(400, -32000, 'Bad Request: Mcp-Session-Id header is required');
    const transport = await this.open(request, authInfo);
    return transport.handleRequest(request, options);
  }

  /** Ends the streams on which clients wait for news; calls that are being answered go on. */
  closeListening(): void {
    for (const { transport } of this.sessions.values()) transport.closeStandaloneSSEStream();
  }

  private async open(
    request: Request,
    authInfo: AuthInfo | undefined,
  ): Promise<WebStandardStreamableHTTPServerTransport> {
    await this.dropIdle();
    const transport = new WebStandardStreamableHTTPServerTransport({
      sessionIdGenerator: randomUUID,
      onsessioninitialized: (id) => {
        this.sessions.set(id, { transport, owner: callerOf({ authInfo }).name, usedAt: Date.now() });
      },
    });
    const server = await this.factory({
      era: 'legacy',
      requestInfo: request,
      ...(authInfo === undefined ? {} : { authInfo }),
    });
    await server.connect(transport);
    const closed = transport.onclose;
    transport.onclose = () => {
      if (transport.sessionId !== undefined) this.sessions.delete(transport.sessionId);
      closed?.();
    };
    return transport;
  }

  private async dropIdle(): Promise<void> {
    const now = Date.now();
    const oldestFirst = [...this.sessions.values()].sort((a, b) => a.usedAt - b.usedAt);
    const idle = oldestFirst.filter(
      ({ usedAt }, index) => now - usedAt > idleMilliseconds || oldestFirst.length - index > maxSessions,
    );
    await Promise.all(idle.map(({ transport }) => transport.close()));
  }
}
