import { availableParallelism, freemem, totalmem } from 'node:os';
import { Hono } from 'hono';
import type { Services } from '../services/context.ts';
import type { ModelPool } from '../serving/pool/model-pool.ts';

/** What this program is and how to start it again, for the page that tells how to connect. */
export interface Program {
  version: string;
  command: readonly string[];
}

/** How the server is, and what an assistant's configuration needs to start another one of it. */
export interface Status extends Program {
  home: string;
  startedAt: string;
  cores: number;
  memory: { serverBytes: number; machineBytes: number; freeBytes: number };
  /** Models in memory, each in an engine process of its own. */
  loaded: { name: string; memoryBytes: number; unloadsAt: string | null }[];
  akamaiMode: 'read-only' | 'change';
}

/** `/health` for anybody who asks whether it is up; `/api/status` for who may read more. */
export function statusRoutes({ home, config }: Services, program: Program, pool: ModelPool): Hono {
  const routes = new Hono();
  const startedAt = new Date().toISOString();
  routes.get('/health', (context) => context.json({ status: 'ok', version: program.version, startedAt }));
  routes.get('/api/status', (context) => {
    const status: Status = {
      ...program,
      home: home.root,
      startedAt,
      cores: availableParallelism(),
      memory: { serverBytes: process.memoryUsage.rss(), machineBytes: totalmem(), freeBytes: freemem() },
      loaded: pool.loaded().map(({ name, memoryBytes, expiresAt }) => ({
        name,
        memoryBytes,
        unloadsAt: expiresAt?.toISOString() ?? null,
      })),
      akamaiMode: config.values['akamai.mode'],
    };
    return context.json(status);
  });
  return routes;
}
