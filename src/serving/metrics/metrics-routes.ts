import { Hono } from 'hono';
import { Registry } from 'prom-client';
import type { ModelPool } from '../pool/model-pool.ts';
import type { ServingTelemetry } from './serving-telemetry.ts';

/**
 * `/metrics` for Prometheus, of serving and of what `others` measure, and `/ready` for load balancers, which is ready
 * until the server drains.
 */
export function metricsRoutes(pool: ModelPool, telemetry: ServingTelemetry, others: readonly Registry[] = []): Hono {
  const app = new Hono();
  const registry = Registry.merge([telemetry.registry, ...others]);
  app.get('/metrics', async (context) =>
    context.body(await registry.metrics(), 200, { 'content-type': registry.contentType }),
  );
  app.get('/ready', (context) => {
    const models = pool.loaded().map((model) => model.name);
    return pool.accepting
      ? context.json({ status: 'ready', models })
      : context.json({ status: 'draining', models }, 503, { 'Retry-After': '5' });
  });
  return app;
}
