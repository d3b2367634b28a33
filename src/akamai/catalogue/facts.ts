import type { ServerKind } from '../credentials/account.ts';

export type HttpMethod = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE' | 'HEAD';

/** What a call does to the account: nothing; something that can be undone; something that cannot, or that hurts. */
export type CallEffect = 'read' | 'write' | 'destructive';

/** JSON Schema (draft 2020-12 without `$id`), references only of the form `#/$defs/NAME`. */
export type Schema = { readonly [keyword: string]: unknown } | boolean;

export interface ApiParameter {
  name: string;
  in: 'path' | 'query' | 'header';
  required?: boolean;
  /** OpenAPI's `explode: false`: an array travels as one comma-separated value. */
  commaSeparated?: boolean;
  schema: Schema;
}

/** One line of `catalogue/index.json`: enough to find, choose and classify an operation. */
export interface OperationFacts {
  id: string;
  method: HttpMethod;
  /** Below the API's base. */
  path: string;
  effect: CallEffect;
  /** One sentence of our own, made by rule from method, path and parameters. */
  summary: string;
  /** Words that the documentation uses for it, sorted: from its name and section, and from the rest. For search only. */
  keywords: string;
  terms: string;
}

export interface ApiFacts {
  /** Name and version, as in `papi-v1`. */
  id: string;
  title: string;
  /** Prefix of every path: `/papi/v1`, or empty. */
  base: string;
  server: ServerKind;
  operations: OperationFacts[];
}

/** `catalogue/index.json` */
export interface CatalogueIndex {
  format: number;
  /** Where the facts were read: repository and commit, or a folder. */
  sources: string[];
  apis: ApiFacts[];
}

export interface BodyShape {
  required: boolean;
  /** Schema of each media type that the operation takes. */
  content: Readonly<Record<string, Schema>>;
}

export interface OperationShape {
  /** Indexes into the API's `parameters`. */
  parameters: number[];
  body?: BodyShape;
  /** Success and redirect answers: status to media type to schema. */
  responses: Readonly<Record<string, Readonly<Record<string, Schema>>>>;
}

/** `catalogue/apis/ID.json`: read when an operation of that API is described, validated or called. */
export interface ApiShapes {
  format: number;
  id: string;
  defs: Readonly<Record<string, Schema>>;
  parameters: ApiParameter[];
  operations: Readonly<Record<string, OperationShape>>;
}

/** Version of both files; a reader refuses any other. */
export const CATALOGUE_FORMAT = 1;
