import {
  Client,
  type ElicitRequest,
  type ElicitResult,
  StreamableHTTPClientTransport,
} from '@modelcontextprotocol/client';
import { createMcpHandler } from '@modelcontextprotocol/server';
import type { Caller } from '../access/caller.ts';
import { authInfoOf } from '../mcp/protocol/caller.ts';
import { createMcpFace } from '../mcp/protocol/mcp-face.ts';
import { selectionOf } from '../mcp/tools/selection.ts';
import type { Services } from '../services/context.ts';

/** How a person who asks can be shown what the server wants to know from them. */
export type Person =
  | { shows: 'forms'; answer: (form: ElicitRequest['params']) => Promise<ElicitResult> }
  | { shows: 'links'; answer: (link: ElicitRequest['params']) => Promise<ElicitResult> };

export interface OwnClientOptions {
  version: string;
  /** Offered when the operator's settings choose no tools. */
  toolsets: readonly string[];
  /** Undefined where nobody can be asked. */
  person: Person | undefined;
  /** Whose rights count. */
  caller: Caller;
}

/** A client of our own MCP server within this process, through the same handler that answers HTTP. */
export async function connectToOurselves(services: Services, options: OwnClientOptions): Promise<Client> {
  const { version, toolsets, person, caller } = options;
  const chosen = selectionOf(services.config);
  const isChosen = chosen.toolsets !== undefined || chosen.tools !== undefined;
  const { factory } = createMcpFace(services, { version, selection: isChosen ? chosen : { ...chosen, toolsets } });
  const handler = createMcpHandler(factory, { legacy: 'reject' });
  const client = new Client(
    { name: 'fts-ask', version },
    {
      versionNegotiation: { mode: { pin: '2026-07-28' } },
      ...(person === undefined
        ? {}
        : { capabilities: { elicitation: person.shows === 'forms' ? { form: {} } : { url: {} } } }),
    },
  );
  if (person !== undefined) client.setRequestHandler('elicitation/create', ({ params }) => person.answer(params));
  await client.connect(
    // The address is never dialled.
    new StreamableHTTPClientTransport(new URL('http://localhost/mcp'), {
      fetch: (url, init) => handler.fetch(new Request(url, init), { authInfo: authInfoOf(caller) }),
    }),
  );
  return client;
}
