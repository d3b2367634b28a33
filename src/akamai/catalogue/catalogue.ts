import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { FtsError } from '../../errors/fts-error.ts';
import type { ServerKind } from '../credentials/account.ts';
import {
  type ApiParameter,
  type ApiShapes,
  type BodyShape,
  CATALOGUE_FORMAT,
  type CallEffect,
  type CatalogueIndex,
  type HttpMethod,
  type OperationShape,
  type Schema,
} from './facts.ts';

/** `catalogue/` of this package: the same distance from `src/` and from `dist/`. */
export const PACKED_CATALOGUE = fileURLToPath(new URL('../../../catalogue', import.meta.url));

/** One operation of one API. `path` is the full template with its base. */
export interface ApiOperation {
  /** Name and version of the API, such as `papi-v1`. */
  api: string;
  apiTitle: string;
  operationId: string;
  method: HttpMethod;
  path: string;
  effect: CallEffect;
  summary: string;
  server: ServerKind;
  keywords: string;
  terms: string;
}

/** Parameters, body and answers of one operation; schemas refer into `defs`. */
export interface OperationDetails {
  parameters: ApiParameter[];
  body?: BodyShape;
  responses: OperationShape['responses'];
  defs: Readonly<Record<string, Schema>>;
}

/** Every operation of Akamai's public APIs and of Akamai Cloud, as committed, or as refreshed by `fts akamai sync`. */
export class Catalogue {
  readonly folder: string;
  readonly sources: readonly string[];
  readonly operations: readonly ApiOperation[];
  readonly apis: readonly { id: string; title: string; base: string; server: ServerKind }[];
  readonly #byKey = new Map<string, ApiOperation>();
  readonly #byId = new Map<string, ApiOperation>();
  readonly #shapes = new Map<string, ApiShapes>();
  #routes: Map<string, ApiOperation[]> | undefined;

  private constructor(folder: string, index: CatalogueIndex) {
    this.folder = folder;
    this.sources = index.sources;
    this.apis = index.apis;
    const operations: ApiOperation[] = [];
    for (const api of index.apis) {
      for (const facts of api.operations) {
        const operation: ApiOperation = {
          api: api.id,
          apiTitle: api.title,
          operationId: facts.id,
          method: facts.method,
          path: api.base + facts.path,
          effect: facts.effect,
          summary: facts.summary,
          server: api.server,
          keywords: facts.keywords,
          terms: facts.terms,
        };
        operations.push(operation);
        this.#byId.set(`${api.id} ${facts.id}`, operation);
        this.#byKey.set(`${facts.method} ${operation.path}`, operation);
      }
    }
    this.operations = operations;
  }

  /** Reads `index.json` only. `syncedFolder` (what `fts akamai sync` wrote) is used if it is there and readable. */
  static load(options: { folder?: string; syncedFolder?: string } = {}): Catalogue {
    const { syncedFolder } = options;
    if (syncedFolder !== undefined && existsSync(join(syncedFolder, 'index.json'))) {
      const index = readIndex(syncedFolder);
      if (index.format === CATALOGUE_FORMAT) return new Catalogue(syncedFolder, index);
    }
    const folder = options.folder ?? PACKED_CATALOGUE;
    const index = readIndex(folder);
    if (index.format !== CATALOGUE_FORMAT) {
      throw new FtsError('corrupt', `The catalogue in ${folder} has format ${index.format}, not ${CATALOGUE_FORMAT}.`, {
        field: 'catalogue',
        remedy: 'Install the package again.',
      });
    }
    return new Catalogue(folder, index);
  }

  /**
   * An operation by `find('papi', 'get-groups')` (name with or without version; without, the newest that has it), by
   * `find('GET', '/papi/v1/groups')`, or by a filled-in path.
   */
  find(apiOrMethod: string, operationIdOrPath: string): ApiOperation {
    const found = operationIdOrPath.startsWith('/')
      ? this.match(apiOrMethod, operationIdOrPath)?.operation
      : this.#findById(apiOrMethod, operationIdOrPath);
    if (found) return found;
    throw new FtsError('not-found', `The catalogue has no operation ${apiOrMethod} ${operationIdOrPath}.`, {
      field: 'operation',
      value: `${apiOrMethod} ${operationIdOrPath}`,
      remedy: 'Find it with: fts akamai search "what you want to do".',
    });
  }

  /** Whether there is exactly this operation: `papi-v1 get-groups`. */
  has(key: string): boolean {
    return this.#byId.has(key);
  }

  /** The operation that a template or filled-in path belongs to, with the values of its path parameters (decoded). */
  match(method: string, path: string): { operation: ApiOperation; pathValues: Record<string, string> } | undefined {
    const exact = this.#byKey.get(`${method.toUpperCase()} ${path}`);
    if (exact) return { operation: exact, pathValues: {} };
    const segments = path.replace(/\/$/, '').split('/');
    for (const operation of this.#routesOf(method, segments.length)) {
      const pathValues = matchSegments(operation.path, segments);
      if (pathValues) return { operation, pathValues };
    }
    return undefined;
  }

  /** Parameters, body and answers; reads the API's file on first use. */
  details(operation: ApiOperation): OperationDetails {
    const shapes = this.#shapesOf(operation.api);
    const shape = shapes.operations[operation.operationId];
    if (!shape) {
      throw new FtsError('corrupt', `The catalogue has no shape for ${operation.api} ${operation.operationId}.`, {
        field: 'catalogue',
        remedy: 'Install the package again, or run: fts akamai sync.',
      });
    }
    const parameters = shape.parameters.map((index) => shapes.parameters[index]!);
    return { parameters, ...(shape.body ? { body: shape.body } : {}), responses: shape.responses, defs: shapes.defs };
  }

  #findById(api: string, operationId: string): ApiOperation | undefined {
    const exact = this.#byId.get(`${api} ${operationId}`);
    if (exact) return exact;
    const versions = this.apis.filter(({ id }) => id.replace(/-v\d+$/, '') === api).map(({ id }) => id);
    for (const id of versions.sort().reverse()) {
      const found = this.#byId.get(`${id} ${operationId}`);
      if (found) return found;
    }
    return undefined;
  }

  #routesOf(method: string, length: number): readonly ApiOperation[] {
    if (!this.#routes) {
      this.#routes = new Map();
      // Fixed segments before parameters, so that `/versions/latest` is not taken for `/versions/{version}`.
      const ordered = [...this.operations].sort((a, b) => parameterCount(a.path) - parameterCount(b.path));
      for (const operation of ordered) {
        const key = `${operation.method} ${operation.path.split('/').length}`;
        this.#routes.set(key, [...(this.#routes.get(key) ?? []), operation]);
      }
    }
    return this.#routes.get(`${method.toUpperCase()} ${length}`) ?? [];
  }

  #shapesOf(api: string): ApiShapes {
    let shapes = this.#shapes.get(api);
    if (!shapes) {
      shapes = JSON.parse(readFileSync(join(this.folder, 'apis', `${api}.json`), 'utf8')) as ApiShapes;
      this.#shapes.set(api, shapes);
    }
    return shapes;
  }
}

function readIndex(folder: string): CatalogueIndex {
  try {
    return JSON.parse(readFileSync(join(folder, 'index.json'), 'utf8')) as CatalogueIndex;
  } catch (error) {
    throw new FtsError('corrupt', `The catalogue in ${folder} cannot be read: ${(error as Error).message}`, {
      field: 'catalogue',
      remedy: 'Install the package again, or run: fts akamai sync.',
      cause: error,
    });
  }
}

function parameterCount(path: string): number {
  return path.split('{').length;
}

function matchSegments(template: string, segments: readonly string[]): Record<string, string> | undefined {
  const values: Record<string, string> = {};
  const pattern = template.split('/');
  for (const [index, part] of pattern.entries()) {
    const segment = segments[index]!;
    const name = /^\{(.+)\}$/.exec(part)?.[1];
    if (name === undefined) {
      if (part !== segment) return undefined;
    } else {
      // Akamai Cloud's paths begin with a parameter; any other API's first segment must not fall into it.
      if (segment === '' || (name === 'apiVersion' && index === 1 && !/^v4(beta)?$/.test(segment))) return undefined;
      try {
        values[name] = decodeURIComponent(segment);
      } catch {
        return undefined;
      }
    }
  }
  return values;
}
