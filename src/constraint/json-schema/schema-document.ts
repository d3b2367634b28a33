import { FtsError } from '../../errors/fts-error.ts';
import { LIMITS } from '../limits.ts';
import { unsupported } from './schema-error.ts';

export type SchemaObject = { [keyword: string]: unknown };

/** A schema inside the document: what is written there, where, and what its references are relative to. */
export interface Place {
  schema: unknown;
  path: string;
  base: string;
}

/** `draft4` stands for drafts 4 to 7, where `$ref` hides its siblings; `hybrid` for no `$schema`, read generously. */
export type Dialect = 'draft4' | '2019-09' | '2020-12' | 'hybrid';

const ROOT = 'schema:/root';

/** The keywords whose values hold schemas, so that identifiers inside `enum`, `const` or `default` are no identifiers. */
const HOLDS_SCHEMA = [
  'additionalItems',
  'additionalProperties',
  'contains',
  'contentSchema',
  'else',
  'if',
  'items',
  'not',
  'propertyNames',
  'then',
  'unevaluatedItems',
  'unevaluatedProperties',
];
const HOLDS_LIST = ['allOf', 'anyOf', 'items', 'oneOf', 'prefixItems'];
const HOLDS_MAP = ['$defs', 'definitions', 'dependencies', 'dependentSchemas', 'patternProperties', 'properties'];

/** One schema document: its dialect and its identifiers, so that references find their targets. */
export class SchemaDocument {
  readonly root: Place;
  readonly dialect: Dialect;
  /** Draft 4 has no integer that is written with a fraction. */
  readonly strictIntegers: boolean;
  private readonly resources = new Map<string, Place>();
  private readonly anchors = new Map<string, Place>();
  private readonly dynamicAnchors = new Map<string, number>();
  private readonly bases = new Map<object, { path: string; base: string }>();

  constructor(schema: unknown) {
    this.dialect = dialectOf(schema);
    const named = typeof schema === 'object' && schema !== null ? (schema as SchemaObject).$schema : undefined;
    this.strictIntegers = typeof named === 'string' && /draft-0?4/.test(named);
    this.root = { schema, path: '', base: ROOT };
    this.resources.set(ROOT, this.root);
    this.index(schema, '', ROOT, 0);
    this.root.base = this.baseOf(schema, ROOT);
  }

  child(parent: Place, ...keys: (string | number)[]): Place {
    let schema: unknown = parent.schema;
    let path = parent.path;
    for (const key of keys) {
      schema = (schema as SchemaObject)[key];
      path += `/${escapePointer(String(key))}`;
    }
    return { schema, path, base: this.baseOf(schema, parent.base) };
  }

  /** The target of `$ref`. Errors: `invalid-input` for one outside the document or to nothing. */
  resolve(from: Place, reference: string, keyword: string): Place {
    const [target, fragment] = splitReference(resolveUri(reference, from.base));
    const resource = this.resources.get(target);
    if (resource === undefined) {
      throw unsupported(
        from.path,
        keyword,
        `refers to ${reference}, which is outside the document`,
        'Copy the schema that it names into $defs and refer to it there.',
      );
    }
    if (fragment === '') return resource;
    if (!fragment.startsWith('/')) {
      const anchor = this.anchors.get(`${target}#${fragment}`);
      if (anchor !== undefined) return anchor;
    } else {
      const found = this.pointer(resource, fragment);
      if (found !== undefined) return found;
    }
    throw unsupported(from.path, keyword, `refers to ${reference}, where there is nothing`, 'Correct the reference.');
  }

  /** `$dynamicRef` is a plain reference where its anchor is the only dynamic one of that name. */
  resolveDynamic(from: Place, reference: string): Place {
    const name = reference.split('#')[1] ?? '';
    if ((this.dynamicAnchors.get(name) ?? 0) > 1) {
      throw unsupported(from.path, '$dynamicRef', 'has more than one dynamic anchor that it may mean', 'Use $ref.');
    }
    return this.resolve(from, reference, '$dynamicRef');
  }

  private pointer(resource: Place, fragment: string): Place | undefined {
    let place: Place = resource;
    for (const raw of fragment.slice(1).split('/')) {
      const key = decode(raw).replaceAll('~1', '/').replaceAll('~0', '~');
      const { schema } = place;
      if (typeof schema !== 'object' || schema === null || !Object.hasOwn(schema, key)) return undefined;
      place = this.child(place, key);
    }
    return place;
  }

  private baseOf(schema: unknown, inherited: string): string {
    return typeof schema === 'object' && schema !== null ? (this.bases.get(schema)?.base ?? inherited) : inherited;
  }

  private index(schema: unknown, path: string, inherited: string, depth: number): void {
    if (typeof schema !== 'object' || schema === null || Array.isArray(schema)) return;
    if (depth > LIMITS.depth)
      throw new FtsError('invalid-input', 'The JSON schema is nested too deeply.', {
        field: path.slice(0, 200),
        remedy: 'Flatten it, or use $ref.',
      });
    const own = schema as SchemaObject;
    const base = this.register(own, path, inherited);
    this.bases.set(own, { path, base });
    for (const keyword of Object.keys(own)) {
      const value = own[keyword];
      if (HOLDS_SCHEMA.includes(keyword)) this.index(value, `${path}/${keyword}`, base, depth + 1);
      if (HOLDS_LIST.includes(keyword) && Array.isArray(value)) {
        value.forEach((item, at) => {
          this.index(item, `${path}/${keyword}/${at}`, base, depth + 1);
        });
      }
      if (HOLDS_MAP.includes(keyword) && typeof value === 'object' && value !== null && !Array.isArray(value)) {
        for (const [name, item] of Object.entries(value)) {
          this.index(item, `${path}/${keyword}/${escapePointer(name)}`, base, depth + 1);
        }
      }
    }
  }

  private register(schema: SchemaObject, path: string, inherited: string): string {
    let base = inherited;
    const id = schema.$id ?? (this.dialect === 'draft4' || this.dialect === 'hybrid' ? schema.id : undefined);
    const hidden = this.dialect === 'draft4' && typeof schema.$ref === 'string';
    const place = (): Place => ({ schema, path, base });
    if (typeof id === 'string' && !hidden) {
      const [target, fragment] = splitReference(resolveUri(id, inherited));
      if (fragment === '' || path === '') base = target;
      if (!this.resources.has(base)) this.resources.set(base, place());
      if (fragment !== '') this.anchors.set(`${target}#${fragment}`, place());
    }
    for (const keyword of ['$anchor', '$dynamicAnchor']) {
      const name = schema[keyword];
      if (typeof name === 'string') this.anchors.set(`${base}#${name}`, place());
    }
    if (typeof schema.$dynamicAnchor === 'string') {
      const name = schema.$dynamicAnchor;
      this.dynamicAnchors.set(name, (this.dynamicAnchors.get(name) ?? 0) + 1);
    }
    return base;
  }
}

function dialectOf(schema: unknown): Dialect {
  const named = typeof schema === 'object' && schema !== null ? (schema as SchemaObject).$schema : undefined;
  if (typeof named !== 'string') return 'hybrid';
  if (/draft-0?3/.test(named)) {
    throw unsupported('', '$schema', 'names draft 3', 'Convert the schema to draft 2020-12.');
  }
  if (/draft-0?[467]/.test(named)) return 'draft4';
  if (named.includes('2019-09')) return '2019-09';
  return named.includes('2020-12') ? '2020-12' : 'hybrid';
}

function splitReference(uri: string): [string, string] {
  const at = uri.indexOf('#');
  return at < 0 ? [uri, ''] : [uri.slice(0, at), decode(uri.slice(at + 1))];
}

function resolveUri(reference: string, base: string): string {
  if (reference.startsWith('#')) return base + reference;
  try {
    return new URL(reference, base).href;
  } catch {
    return reference;
  }
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** As `pointerStep` of `src/text/json-pointer.ts`, which stands on a package; this engine uses none. */
export function escapePointer(key: string): string {
  return key.replaceAll('~', '~0').replaceAll('/', '~1');
}
