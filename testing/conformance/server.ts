import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Hono } from 'hono';
import { requestGuard } from '../../src/http/request-guard.ts';
import { startServer } from '../../src/http/server.ts';
import { mcpRoutes } from '../../src/mcp/protocol/mcp-routes.ts';
import { ResourceChanges } from '../../src/mcp/resources/resource-changes.ts';
import { openServices } from '../../src/services/open-services.ts';
import { conformanceFixtures } from './fixtures.ts';
import { taskFixtures } from './task-fixtures.ts';

/** The product's MCP routes behind its own guard, with the fixtures that the suite calls by name, on a free port. */
export async function startConformanceServer(): Promise<{ url: string; close: () => Promise<void> }> {
  const home = mkdtempSync(join(tmpdir(), 'fts-conformance-'));
  const services = openServices({ FTS_HOME: home }, {});
  const changes = new ResourceChanges(services);
  const fixtures = conformanceFixtures(changes);
  const { tools, tasks } = taskFixtures();
  const extra = { ...fixtures, tools: [...fixtures.tools, ...tools], tasks };
  const appAt = (port: number): Hono => {
    const { config } = services;
    const app = new Hono();
    app.use(requestGuard({ config: { ...config, values: { ...config.values, 'server.port': port } } }));
    return app.route('/', mcpRoutes(services, { version: '0.0.0', changes, extra }));
  };
  const server = await startServer(appAt, '127.0.0.1', 0);
  return {
    url: `${server.url}/mcp`,
    close: async () => {
      await server.close();
      services.database.close();
      rmSync(home, { recursive: true, force: true });
    },
  };
}
