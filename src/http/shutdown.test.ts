import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { expect, it } from 'vitest';
import { temporaryServices } from '../../testing/temporary-home.ts';
import { createApp, startServer } from './server.ts';

it('ends open streams itself when the server stops, instead of breaking them off', async () => {
  const services = temporaryServices();
  const stop = new AbortController();
  const app = createApp(services, { version: '0.0.0', command: ['fts'] }, undefined, stop.signal);
  const server = await startServer(() => app, '127.0.0.1', 0);
  const connect = async (mode: 'legacy' | { pin: string }) => {
    const client = new Client({ name: 'listener', version: '1' }, { versionNegotiation: { mode } });
    await client.connect(new StreamableHTTPClientTransport(new URL(`${server.url}/mcp`)));
    return client;
  };

  const modern = await connect({ pin: '2026-07-28' });
  const subscription = await modern.listen({ resourceSubscriptions: ['fts://jobs'] });
  const legacy = await connect('legacy');
  // A stream that was broken off makes `text()` reject.
  const session = (legacy.transport as StreamableHTTPClientTransport).sessionId!;
  const { id } = services.jobs.submit('train', {});
  const streams = [
    await fetch(`${server.url}/mcp`, { headers: { accept: 'text/event-stream', 'mcp-session-id': session } }),
    await fetch(`${server.url}/api/jobs/${id}/events`),
  ].map((response) => response.text());

  stop.abort();
  await server.close();
  expect(await subscription.closed).toBe('graceful');
  expect(await Promise.all(streams)).toEqual([expect.any(String), expect.stringContaining(id)]);
  await Promise.all([modern.close(), legacy.close()]);
});
