import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Services } from '../../services/context.ts';
import { openServices } from '../../services/open-services.ts';
import { mcpRoutes } from './mcp-routes.ts';

let home: string;
let services: Services;

beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'fts-mcp-'));
  services = openServices({ FTS_HOME: home }, {});
});

afterEach(() => {
  services.database.close();
  rmSync(home, { recursive: true, force: true });
});

async function connect(mode: 'legacy' | { pin: string }): Promise<Client> {
  const app = mcpRoutes(services, { version: '0.0.0' });
  const client = new Client({ name: 'test', version: '1' }, { versionNegotiation: { mode } });
  await client.connect(
    new StreamableHTTPClientTransport(new URL('http://localhost/mcp'), {
      fetch: async (url, init) => app.fetch(new Request(url, init)),
    }),
  );
  return client;
}

describe.each([
  ['2026-07-28', { pin: '2026-07-28' } as const],
  ['2025-11-25', 'legacy' as const],
])('MCP over HTTP, protocol %s', (_, mode) => {
  it('lists tools with annotations and both schemas', async () => {
    const client = await connect(mode);
    const { tools } = await client.listTools();
    expect(tools.map(({ name }) => name)).toContain('jobs_list');
    for (const tool of tools) {
      expect(tool.annotations).toMatchObject({
        readOnlyHint: expect.any(Boolean),
        destructiveHint: expect.any(Boolean),
        openWorldHint: expect.any(Boolean),
      });
      expect(tool.inputSchema.type).toBe('object');
      expect(tool.outputSchema?.type).toBe('object');
    }
    await client.close();
  });

  it('answers a call with data, and with the same data as text', async () => {
    services.jobs.submit('train', { corpus: 'x' });
    const client = await connect(mode);
    const result = await client.callTool({ name: 'jobs_list', arguments: {} });
    expect(result.structuredContent).toMatchObject({ jobs: [{ operation: 'train', state: 'queued' }] });
    expect(JSON.parse((result.content[0] as { text: string }).text)).toEqual(result.structuredContent);
    await client.close();
  });

  it('tells what was wrong with the input and how to mend it, as a result that a model can read', async () => {
    const client = await connect(mode);
    const result = await client.callTool({ name: 'jobs_show', arguments: { id: 'job-nope' } });
    expect(result.isError).toBe(true);
    expect((result.content[0] as { text: string }).text).toMatch(/No job "job-nope".*\n→ .*jobs list/);
    await client.close();
  });

  it('refuses a tool that does not exist with invalid params', async () => {
    const client = await connect(mode);
    await expect(client.callTool({ name: 'format_disk', arguments: {} })).rejects.toMatchObject({ code: -32602 });
    await client.close();
  });
});
