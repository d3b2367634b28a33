import { Client, type ElicitRequest, type ElicitResult, InMemoryTransport } from '@modelcontextprotocol/client';
import type { Services } from '../../operations/context.ts';
import { createMcpFace } from '../mcp-face.ts';

/** A client of our own MCP server within this process. `answer` shows the server's forms to the person who is asking. */
export async function connectToOurselves(
  services: Services,
  version: string,
  answer: ((request: ElicitRequest['params']) => Promise<ElicitResult>) | undefined,
): Promise<Client> {
  const { factory } = createMcpFace(services, {
    version,
    selection: { toolsets: ['default', 'akamai_delivery'] },
  });
  const [ours, theirs] = InMemoryTransport.createLinkedPair();
  const server = factory({ era: 'legacy' });
  const client = new Client(
    { name: 'fts-ask', version },
    answer === undefined ? {} : { capabilities: { elicitation: { form: {} } } },
  );
  if (answer !== undefined) client.setRequestHandler('elicitation/create', (request) => answer(request.params));
  await server.connect(theirs);
  await client.connect(ours);
  return client;
}
