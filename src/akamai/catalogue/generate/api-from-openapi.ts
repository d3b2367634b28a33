import { FtsError } from '../../../errors/fts-error.ts';
import { parseWith } from '../../../errors/parse-with.ts';
import { valueAtPointer } from '../../../text/json-pointer.ts';
import type { ServerKind } from '../../credentials/account.ts';
import {
  type ApiFacts,
  type ApiParameter,
  type ApiShapes,
  type BodyShape,
  CATALOGUE_FORMAT,
  type HttpMethod,
  type OperationShape,
  type Schema,
} from '../facts.ts';
import { wordsOf } from '../words.ts';
import { effectOf } from './effect.ts';
import { SchemaTable } from './intern-schemas.ts';
import { normaliseSchema, type Resolve } from './normalise-schema.ts';
import {
  type OpenApiDocument,
  type OpenApiOperation,
  openApiBody,
  openApiDocument,
  openApiOperation,
  openApiParameter,
  openApiResponse,
} from './openapi-document.ts';
import { memberNames, vocabulary } from './search-words.ts';
import { summarise } from './summarise.ts';

const METHODS: readonly HttpMethod[] = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'HEAD'];
/** OpenAPI's own headers are set from the media types, never as parameters. */
const RESERVED_HEADERS = new Set(['accept', 'content-type', 'authorization', 'host']);
/** The client adds it itself, to every EdgeGrid call alike. */
const SWITCH_KEY = 'accountSwitchKey';

export interface GeneratedApi {
  facts: ApiFacts;
  shapes: ApiShapes;
  /** Summary and description as published, for a catalogue that is refreshed on the user's own machine. */
  texts: Record<string, { summary: string; description: string }>;
}

/** Facts and shapes of one API from its OpenAPI document. `id` is its name and version, such as `papi-v1`. */
export function apiFromOpenApi(id: string, json: unknown): GeneratedApi {
  const document = parseWith(openApiDocument, json, `the OpenAPI document of ${id}`);
  const resolve = resolver(document, id);
  const table = new SchemaTable();
  const shape = (schema: unknown) => table.add(normaliseSchema(schema ?? {}, resolve) as Schema);
  const parameters: ApiParameter[] = [];
  const parameterIndex = new Map<string, number>();
  const { base, server } = serverOf(document);
  const facts: ApiFacts = { id, title: titleOf(document), base, server, operations: [] };
  const drafts: Record<string, OperationShape> = {};
  const texts: GeneratedApi['texts'] = {};

  for (const [path, item] of Object.entries(document.paths)) {
    for (const method of METHODS) {
      const raw = item[method.toLowerCase()];
      if (raw === undefined) continue;
      const operation = parseWith(openApiOperation, raw, `${method} ${path} of ${id}`);
      const operationId = operation.operationId ?? `${method.toLowerCase()}${path.replace(/[^A-Za-z0-9]+/g, '-')}`;
      const own = mergedParameters(item.parameters, operation.parameters, resolve, shape);
      const indexes = own.map((parameter) => {
        const key = JSON.stringify(parameter);
        const index = parameterIndex.get(key) ?? parameters.push(parameter) - 1;
        parameterIndex.set(key, index);
        return index;
      });
      const body = bodyOf(operation, resolve, shape);
      drafts[operationId] = {
        parameters: indexes,
        ...(body ? { body } : {}),
        responses: responsesOf(operation, resolve, shape),
      };
      texts[operationId] = { summary: operation.summary ?? '', description: operation.description ?? '' };
      const effect = effectOf(id, operationId, method, path);
      facts.operations.push({
        id: operationId,
        method,
        path,
        effect,
        summary: summarise(facts.title, method, path, effect),
        ...searchWords(operation, operationId, path, own, drafts[operationId]!),
      });
    }
  }
  const { defs, place } = table.finish();
  const placeAll = (content: Readonly<Record<string, Schema>>) =>
    Object.fromEntries(Object.entries(content).map(([type, schema]) => [type, place(schema)]));
  const operations: Record<string, OperationShape> = {};
  for (const [operationId, draft] of Object.entries(drafts)) {
    operations[operationId] = {
      parameters: draft.parameters,
      ...(draft.body ? { body: { required: draft.body.required, content: placeAll(draft.body.content) } } : {}),
      responses: Object.fromEntries(Object.entries(draft.responses).map(([status, c]) => [status, placeAll(c)])),
    };
  }
  const placedParameters = parameters.map((parameter) => ({ ...parameter, schema: place(parameter.schema) }));
  return { facts, shapes: { format: CATALOGUE_FORMAT, id, defs, parameters: placedParameters, operations }, texts };
}

function resolver(document: OpenApiDocument, id: string): Resolve {
  return (ref) => {
    const node = ref.startsWith('#/') ? valueAtPointer(document, decodeURIComponent(ref.slice(1))) : undefined;
    if (node === undefined) {
      throw new FtsError('corrupt', `The OpenAPI document of ${id} refers to ${ref}, which it does not contain.`, {
        field: ref,
        remedy: 'Bundle the document first, so that every reference is local.',
      });
    }
    return node;
  };
}

function deref(value: unknown, resolve: Resolve): unknown {
  let node = value;
  for (let depth = 0; depth < 32; depth++) {
    const ref = typeof node === 'object' && node !== null ? Reflect.get(node, '$ref') : undefined;
    if (typeof ref !== 'string') return node;
    node = resolve(ref);
  }
  return {};
}

function serverOf(document: OpenApiDocument): { base: string; server: ServerKind } {
  const url = document.servers?.[0]?.url ?? '';
  const [, host = '', base = ''] = /^https?:\/\/([^/]+)(.*)$/.exec(url) ?? [];
  const server =
    host === 'api.linode.com' ? 'linode' : host.endsWith('-nsu.akamaihd.net') ? 'netstorage-usage' : 'edgegrid';
  return { base: base.replace(/\/$/, ''), server };
}

function titleOf(document: OpenApiDocument): string {
  return document.info.title.replace(/^Akamai:\s*/, '').replace(/\s+API$/, '');
}

function mergedParameters(
  shared: OpenApiOperation['parameters'],
  own: OpenApiOperation['parameters'],
  resolve: Resolve,
  shape: (schema: unknown) => Schema,
): ApiParameter[] {
  const merged = new Map<string, ApiParameter>();
  for (const entry of [...(shared ?? []), ...(own ?? [])]) {
    const parameter = parseWith(openApiParameter, deref(entry, resolve), 'a parameter');
    if (parameter.in !== 'path' && parameter.in !== 'query' && parameter.in !== 'header') continue;
    if (parameter.in === 'header' && RESERVED_HEADERS.has(parameter.name.toLowerCase())) continue;
    if (parameter.in === 'query' && parameter.name === SWITCH_KEY) continue;
    const schema = parameter.schema ?? Object.values(parameter.content ?? {})[0]?.schema;
    merged.set(`${parameter.in} ${parameter.name}`, {
      name: parameter.name,
      in: parameter.in,
      ...(parameter.required || parameter.in === 'path' ? { required: true } : {}),
      ...(parameter.explode === false ? { commaSeparated: true } : {}),
      schema: shape(schema),
    });
  }
  return [...merged.values()];
}

function bodyOf(
  operation: OpenApiOperation,
  resolve: Resolve,
  shape: (schema: unknown) => Schema,
): BodyShape | undefined {
  if (operation.requestBody === undefined) return undefined;
  const body = parseWith(openApiBody, deref(operation.requestBody, resolve), 'a request body');
  return { required: body.required ?? false, content: contentOf(body.content, shape) };
}

function responsesOf(
  operation: OpenApiOperation,
  resolve: Resolve,
  shape: (schema: unknown) => Schema,
): OperationShape['responses'] {
  const responses: Record<string, Record<string, Schema>> = {};
  for (const [status, entry] of Object.entries(operation.responses ?? {})) {
    if (!/^[23]/.test(status)) continue;
    const response = parseWith(openApiResponse, deref(entry, resolve), `response ${status}`);
    responses[status] = contentOf(response.content ?? {}, shape);
  }
  return responses;
}

function contentOf(
  content: Readonly<Record<string, { schema?: unknown }>>,
  shape: (schema: unknown) => Schema,
): Record<string, Schema> {
  // Some documents leave the top-level type out of their own media types.
  const whole = (type: string) => (type.includes('/') ? type : `application/${type}`);
  return Object.fromEntries(Object.entries(content).map(([type, media]) => [whole(type), shape(media.schema)]));
}

function searchWords(
  operation: OpenApiOperation,
  operationId: string,
  path: string,
  parameters: readonly ApiParameter[],
  shape: OperationShape,
): { keywords: string; terms: string } {
  const keywords = vocabulary([operation.summary ?? '', ...(operation.tags ?? [])]);
  const known = new Set([...keywords.split(' '), ...wordsOf(path), ...wordsOf(operationId)]);
  const bodyMembers = Object.values(shape.body?.content ?? {}).flatMap((schema) => memberNames(schema));
  const terms = vocabulary(
    [operation.description ?? '', ...parameters.map((parameter) => parameter.name), ...bodyMembers.slice(0, 60)],
    known,
  );
  return { keywords, terms };
}
