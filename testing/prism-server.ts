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

interface Mock {
  origin: string;
  close(): Promise<void>;
}

export interface Prisms {
  origins: readonly string[];
  /** Which of the origins serves a path template (with its base). */
  serverOf(template: string): number;
  close(): Promise<void>;
}

/**
 * Serves one OpenAPI document at its real paths, refusing requests that do not fit it. Of templates that no request can
 * tell apart (`/{a}/{b}`, `/{a}/{c}`) Prism would answer for one only, so each further one gets a server of its own.
 */
export async function startPrisms(source: object): Promise<Prisms> {
  const document = mockable(source);
  const layers: Record<string, PathItem>[] = [];
  const known = new Map<string, number>();
  for (const [template, item] of Object.entries(document.paths)) {
    const shape = template.replace(/\{[^}]+\}/g, '{}');
    const layer = known.get(shape) ?? 0;
    known.set(shape, layer + 1);
    layers[layer] = { ...layers[layer], [template]: item };
  }
  const mocks = await Promise.all(layers.map((paths) => startPrism({ ...document, paths })));
  return {
    origins: mocks.map(({ origin }) => origin),
    serverOf: (template) => layers.findIndex((paths) => template in paths),
    close: async () => {
      await Promise.all(mocks.map((mock) => mock.close()));
    },
  };
}

async function startPrism(document: Document): Promise<Mock> {
  const operations = await getHttpOperationsFromSpec(document);
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
  paths: Record<string, PathItem>;
  components?: {
    responses?: Record<string, Response>;
    requestBodies?: Record<string, Response>;
    parameters?: Record<string, Parameter>;
    schemas?: Record<string, Schema>;
  };
}
type PathItem = Record<string, Operation> & { parameters?: Parameter[] };
interface Operation {
  parameters?: Parameter[];
  requestBody?: Response;
  responses?: Record<string, Response>;
}
interface Response {
  headers?: Record<string, unknown>;
  content?: Record<string, unknown>;
}
interface Parameter {
  in?: string;
  schema?: Schema;
}
interface Schema {
  type?: unknown;
  $ref?: string;
}

/**
 * A copy of the document that Prism can serve: it ignores the server's base path, makes up no answer of any media type
 * and none of bytes, and knows no query parameter whose text is a JSON object.
 */
function mockable(source: object): Document {
  const document = structuredClone(source) as Document;
  const base = new URL((document.servers?.[0]?.url ?? '').replace(/\{[^}]+\}/g, 'x')).pathname.replace(/\/$/, '');
  document.paths = Object.fromEntries(Object.entries(document.paths).map(([path, item]) => [base + path, item]));
  const { responses = {}, requestBodies = {}, parameters = {} } = document.components ?? {};
  for (const holder of [...Object.values(responses), ...Object.values(requestBodies)]) nameTypes(holder);
  for (const response of Object.values(responses)) dropBytes(response);
  const objectsAsText = (list: Parameter[] = []) => {
    for (const parameter of list) {
      if (parameter.in === 'query' && isObject(document, parameter.schema)) parameter.schema = { type: 'string' };
    }
  };
  objectsAsText(Object.values(parameters));
  for (const { parameters: shared, ...operations } of Object.values(document.paths)) {
    objectsAsText(shared);
    for (const operation of Object.values(operations)) {
      objectsAsText(operation.parameters);
      nameTypes(operation.requestBody);
      for (const response of Object.values(operation.responses ?? {})) {
        nameTypes(response);
        dropBytes(response);
      }
    }
  }
  return document;
}

/** Gives "any type" and types without a slash a whole name. */
function nameTypes(holder: Response | undefined): void {
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
}

/** Prism has no serializer for bytes: such an answer comes empty. */
function dropBytes(response: Response): void {
  if (Object.keys(response.content ?? {}).some((type) => /octet-stream/.test(type))) delete response.content;
}

/** OpenAPI spreads an object over the query (`?a=1&b=2`); Akamai documents in prose that its text is JSON. */
function isObject(document: Document, schema: Schema | undefined): boolean {
  let node = schema;
  while (node?.$ref !== undefined) node = document.components?.schemas?.[node.$ref.split('/').at(-1)!];
  return node?.type === 'object';
}
