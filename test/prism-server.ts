import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';

// Prism's own server, by the way of its command line package, so that the versions fit each other.
const require = createRequire(fileURLToPath(import.meta.resolve('@stoplight/prism-cli')));

interface PrismServer {
  listen(port: number, host: string): Promise<string>;
  close(): Promise<void>;
}

interface PrismModules {
  getHttpOperationsFromSpec(document: object): Promise<unknown[]>;
  createServer(operations: unknown[], options: object): PrismServer;
  createLogger(name: string, options: object): unknown;
}

const { getHttpOperationsFromSpec } = require('@stoplight/prism-http') as PrismModules;
const { createServer } = require('@stoplight/prism-http-server') as PrismModules;
const { createLogger } = require('@stoplight/prism-core') as PrismModules;

/** Serves one OpenAPI document at its real paths, refusing requests that do not fit it. */
export async function startPrism(document: object): Promise<{ origin: string; close(): Promise<void> }> {
  const operations = await getHttpOperationsFromSpec(mockable(document));
  const server = createServer(operations, {
    cors: false,
    components: { logger: createLogger('contract', { enabled: false }) },
    config: {
      isProxy: false,
      validateRequest: true,
      validateResponse: true,
      checkSecurity: true,
      errors: false,
      upstreamProxy: undefined,
      mock: { dynamic: false },
    },
  });
  const origin = await server.listen(0, '127.0.0.1');
  return { origin, close: () => server.close() };
}

interface Document {
  servers?: { url: string }[];
  paths: Record<string, Record<string, { requestBody?: Response; responses?: Record<string, Response> }>>;
  components?: { responses?: Record<string, Response>; requestBodies?: Record<string, Response> };
}
interface Response {
  headers?: Record<string, unknown>;
  content?: Record<string, unknown>;
}

/** Prism ignores the server's base path and cannot make up an answer of any media type: both are written out for it. */
function mockable(source: object): Document {
  const document = structuredClone(source) as Document;
  const base = new URL((document.servers?.[0]?.url ?? '').replace(/\{[^}]+\}/g, 'x')).pathname.replace(/\/$/, '');
  document.paths = Object.fromEntries(Object.entries(document.paths).map(([path, item]) => [base + path, item]));
  const nameType = (holder: Response | undefined) => {
    // A documented Content-Type header would be made up like any other: `string`.
    for (const name of Object.keys(holder?.headers ?? {})) {
      if (name.toLowerCase() === 'content-type') delete holder?.headers?.[name];
    }
    const content = holder?.content;
    if (!content) return;
    for (const type of Object.keys(content)) {
      const whole = type === '*/*' ? 'application/json' : type.includes('/') ? type : `application/${type}`;
      if (whole === type) continue;
      content[whole] ??= content[type];
      delete content[type];
    }
  };
  const { responses = {}, requestBodies = {} } = document.components ?? {};
  for (const holder of [...Object.values(responses), ...Object.values(requestBodies)]) nameType(holder);
  for (const item of Object.values(document.paths)) {
    for (const operation of Object.values(item)) {
      nameType(operation.requestBody);
      for (const response of Object.values(operation.responses ?? {})) nameType(response);
    }
  }
  return document;
}
