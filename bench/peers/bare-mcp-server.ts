// The official SDK's server with one tool that does nothing: what the protocol itself costs. Argument: stdio or http.
import { serve } from '@hono/node-server';
import { createMcpHandler, McpServer } from '@modelcontextprotocol/server';
import { serveStdio } from '@modelcontextprotocol/server/stdio';
import { z } from 'zod';

function bareServer(): McpServer {
  const server = new McpServer({ name: 'bare', version: '1.0.0' });
  server.registerTool(
    'jobs_list',
    { description: 'Does nothing', inputSchema: z.object({}), outputSchema: z.object({ jobs: z.array(z.string()) }) },
    async () => ({ structuredContent: { jobs: [] }, content: [{ type: 'text', text: '{"jobs":[]}' }] }),
  );
  return server;
}

if (process.argv[2] === 'stdio') serveStdio(bareServer);
else {
  const handler = createMcpHandler(bareServer);
  serve({ fetch: (request) => handler.fetch(request), hostname: '127.0.0.1', port: 0 }, ({ port }) =>
    console.log(`http://127.0.0.1:${port}/mcp`),
  );
}
