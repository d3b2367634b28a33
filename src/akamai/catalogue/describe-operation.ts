import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ApiOperation, Catalogue } from './catalogue.ts';
import { renderShape } from './render-shape.ts';

export interface OperationDescription {
  api: string;
  operationId: string;
  method: string;
  path: string;
  effect: string;
  summary: string;
  parameters: { name: string; in: string; required: boolean; type: string }[];
  /** What to send: media types and the shape in TypeScript-like text. */
  body?: { required: boolean; contentTypes: string[]; shape: string };
  /** What comes back on success. */
  answer: { status: string; contentTypes: string[]; shape: string }[];
  /** The publisher's own words; only in a catalogue refreshed by `fts akamai sync`. */
  published?: string;
}

/** Everything that a caller must know of one operation, in a size that fits a conversation. */
export function describeOperation(catalogue: Catalogue, operation: ApiOperation): OperationDescription {
  const { parameters, body, responses, defs } = catalogue.details(operation);
  const published = publishedText(catalogue, operation);
  const bodyShape = Object.values(body?.content ?? {})[0];
  return {
    api: operation.api,
    operationId: operation.operationId,
    method: operation.method,
    path: operation.path,
    effect: operation.effect,
    summary: operation.summary,
    parameters: parameters.map((parameter) => ({
      name: parameter.name,
      in: parameter.in,
      required: parameter.required ?? false,
      type: renderShape(parameter.schema, defs, { depth: 2, maxLines: 20 }),
    })),
    ...(body && bodyShape !== undefined
      ? {
          body: {
            required: body.required,
            contentTypes: Object.keys(body.content),
            shape: renderShape(bodyShape, defs, { omitReadOnly: true }),
          },
        }
      : {}),
    answer: Object.entries(responses).map(([status, content]) => ({
      status,
      contentTypes: Object.keys(content),
      shape: renderShape(Object.values(content)[0] ?? true, defs, { depth: 4, maxLines: 80 }),
    })),
    ...(published === undefined ? {} : { published }),
  };
}

function publishedText(catalogue: Catalogue, operation: ApiOperation): string | undefined {
  const file = join(catalogue.folder, 'texts', `${operation.api}.json`);
  if (!existsSync(file)) return undefined;
  const texts = JSON.parse(readFileSync(file, 'utf8')) as Record<string, { summary: string; description: string }>;
  const text = texts[operation.operationId];
  return text === undefined ? undefined : `${text.summary}. ${text.description}`.trim();
}
