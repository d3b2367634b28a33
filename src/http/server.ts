import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { getRequestListener } from '@hono/node-server';
import { Hono } from 'hono';
import { addressUrl } from '../config/address-url.ts';
import { consoleRoutes } from '../console/console-routes.ts';
import { FtsError } from '../errors/fts-error.ts';
import { mcpRoutes } from '../mcp/protocol/mcp-routes.ts';
import { filesOf } from '../services/caller-files.ts';
import type { Services } from '../services/context.ts';
import type { IdentifyCaller } from '../serving/caller.ts';
import { identifyByToken } from '../serving/caller.ts';
import { metricsRoutes } from '../serving/metrics/metrics-routes.ts';
import { ollamaRoutes } from '../serving/ollama/ollama-routes.ts';
import { openAiRoutes } from '../serving/openai/openai-routes.ts';
import { upstreamRoutes } from '../serving/upstream/upstream-routes.ts';
import { akamaiOf } from '../workflows/akamai/akamai-services.ts';
import { openServing, type Serving } from '../workflows/serving/open-serving.ts';
import { askRoutes } from './ask-routes.ts';
import { authentication, protectedResourceMetadata } from './authentication/authentication.ts';
import { bodyLimits } from './body-limits.ts';
import { exportRoutes } from './export-routes.ts';
import { httpStatus } from './http-status.ts';
import { modelStore } from './ollama/model-store.ts';
import { operationRoutes } from './operation-routes.ts';
import { recordModelChanges } from './recorded-model-changes.ts';
import { requestGuard } from './request-guard.ts';
import { type Program, statusRoutes } from './status-routes.ts';

export interface RunningServer {
  url: string;
  /** Stops accepting, lets open answers end for up to five seconds, then closes them. */
  close(): Promise<void>;
}

/**
 * How long an idle connection stays open: longer than proxies and client pools keep theirs (60 s is usual), so that none
 * sends a request into a connection that is just being closed.
 */
const KEEP_ALIVE_MS = 65_000;

const IPV4_LOOPBACK = '127.0.0.1';
const IPV6_LOOPBACK = '::1';

/**
 * The whole HTTP face as one web-standard handler, testable without a socket. `stop` ends the streams that would
 * otherwise stay open for as long as their clients like.
 */
export function createApp(
  services: Services,
  program: Program,
  serving = openServing(services),
  stop?: AbortSignal,
): Hono {
  const app = new Hono();
  app.use(requestGuard(services));
  app.use(authentication(services));
  app.use(bodyLimits());
  app.route('/', protectedResourceMetadata(services));
  app.route('/', statusRoutes(services, program, serving.pool));
  app.route('/api', operationRoutes(services, stop));
  app.route('/', mcpRoutes(services, { version: program.version, ...(stop === undefined ? {} : { stop }) }));
  const models = modelRoutes(services, serving);
  app.route('/api', askRoutes(services, { version: program.version, models, stop }));
  app.route('/', models);
  app.route('/', exportRoutes(services));
  app.route('/', consoleRoutes());
  app.notFound((context) =>
    context.json({ error: { kind: 'not-found', message: `No ${context.req.method} ${context.req.path} here.` } }, 404),
  );
  app.onError((thrown, context) => {
    const error = FtsError.from(thrown);
    if (error.retryAfterSeconds !== undefined)
      context.header('Retry-After', String(Math.ceil(error.retryAfterSeconds)));
    return context.json({ error: error.toJSON() }, httpStatus[error.kind]);
  });
  return app;
}

/** The model APIs: our own engine, or the server behind it where an upstream is set; measured alike. */
function modelRoutes(services: Services, { pool, telemetry }: Serving): Hono {
  const routes = new Hono();
  routes.route('/', metricsRoutes(pool, telemetry, [akamaiOf(services).telemetry.registry]));
  routes.use(recordModelChanges(services));
  const url = services.config.values['serve.upstream'];
  if (url !== undefined) {
    const apiKey = services.environment.FTS_UPSTREAM_API_KEY;
    const observe = telemetry.request.bind(telemetry);
    return routes.route('/', upstreamRoutes({ url, identify, observe, ...(apiKey === undefined ? {} : { apiKey }) }));
  }
  const files = filesOf({ channel: 'http' }, services);
  routes.route(
    '/',
    openAiRoutes(pool, identify, (given) => files.read('lora_path', given)),
  );
  return routes.route('/', ollamaRoutes(pool, modelStore(services), identify));
}

/** Turns in the queue go by the key's name where keys are in use. */
const identify: IdentifyCaller = (context) => {
  const known = (context.get('authInfo') as { clientId?: string } | undefined)?.clientId;
  return known ?? identifyByToken(context);
};

/**
 * Binds the address and answers with the app that is made for the port bound, which links carry. A taken port is the
 * caller's `conflict`, with another port as the remedy.
 */
export async function startServer(appAt: (port: number) => Hono, host: string, port: number): Promise<RunningServer> {
  const servers = [await listen(host, port)];
  const { port: bound } = servers[0]!.address() as AddressInfo;
  const close = async () => void (await Promise.all(servers.map(closeServer)));
  try {
    if (host === IPV4_LOOPBACK) servers.push(...(await listenOnIpv6Loopback(bound)));
    const listener = getRequestListener(appAt(bound).fetch, { hostname: host });
    for (const server of servers) server.on('request', listener);
  } catch (error) {
    await close();
    throw error;
  }
  return { url: addressUrl(host, bound), close };
}

async function listen(host: string, port: number): Promise<Server> {
  const server = createServer({ keepAliveTimeout: KEEP_ALIVE_MS });
  server.listen(port, host);
  try {
    await once(server, 'listening');
  } catch (error) {
    throw explainListenError(error as NodeJS.ErrnoException, host, port);
  }
  return server;
}

/**
 * `localhost`, the only name on this machine that passkeys work under, may mean either loopback address: whoever holds
 * the other one would be shown to people in our place.
 */
async function listenOnIpv6Loopback(port: number): Promise<Server[]> {
  try {
    return [await listen(IPV6_LOOPBACK, port)];
  } catch (error) {
    const code =
      ((error as Error).cause as NodeJS.ErrnoException | undefined)?.code ?? (error as NodeJS.ErrnoException).code;
    if (code === 'EADDRNOTAVAIL' || code === 'EAFNOSUPPORT') return []; // a machine without IPv6
    throw error;
  }
}

function closeServer(server: Server): Promise<void> {
  return new Promise((resolve) => {
    const force = setTimeout(() => server.closeAllConnections(), 5000);
    // A connection whose last answer has just ended would be kept for its client's next request.
    const idle = setInterval(() => server.closeIdleConnections(), 50);
    server.close(() => {
      clearTimeout(force);
      clearInterval(idle);
      resolve();
    });
    server.closeIdleConnections();
  });
}

function explainListenError(error: NodeJS.ErrnoException, host: string, port: number): Error {
  if (error.code === 'EADDRINUSE') {
    return new FtsError('conflict', `Port ${port} is taken on ${host}.`, {
      field: 'server.port',
      value: port,
      remedy: `Perhaps fts is up already (try ${addressUrl(host, port)}/); otherwise choose another: fts up --port ${port + 1}`,
      cause: error,
    });
  }
  if (error.code === 'EACCES' || error.code === 'EADDRNOTAVAIL') {
    return new FtsError('invalid-input', `Cannot bind ${host}:${port}: ${error.message}`, {
      field: error.code === 'EACCES' ? 'server.port' : 'server.host',
      value: error.code === 'EACCES' ? port : host,
      remedy:
        error.code === 'EACCES' ? 'Choose a port above 1023.' : 'Choose an address of this machine, such as 127.0.0.1.',
      cause: error,
    });
  }
  return error;
}
