import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { expect, it } from 'vitest';
import { temporaryServices } from '../../testing/temporary-home.ts';
import { openServer } from './run-server.ts';

it('links to the port that was bound, where any free one was asked for', async () => {
  const services = temporaryServices({ FTS_SERVER_PORT: '0', FTS_OAUTH_ISSUER: 'https://issuer.example' });
  const server = await openServer(services, '0.0.0-test');
  try {
    expect(new URL(server.url).port).not.toBe('0');
    const metadata = await fetch(`${server.url}/.well-known/oauth-protected-resource`);
    expect(await metadata.json()).toMatchObject({ resource: `${server.url}/mcp` });

    const client = new Client({ name: 'host', version: '1' }, { versionNegotiation: { mode: 'auto' } });
    await client.connect(new StreamableHTTPClientTransport(new URL(`${server.url}/mcp`)));
    const { contents } = await client.readResource({ uri: 'ui://fts/change-plan' });
    expect(contents).toMatchObject([{ text: expect.stringContaining(`const consoleUrl = "${server.url}";`) }]);
    await client.close();
  } finally {
    await server.close();
  }
});
