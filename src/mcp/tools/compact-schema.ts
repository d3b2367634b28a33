import { z } from 'zod';
import { terminalOnly } from '../../inputs/file-inputs.ts';

type Schema = Record<string, unknown>;

/** A tool's input as JSON Schema 2020-12: everything that a caller has to know, nothing that costs tokens only. */
export function inputSchemaOf(schema: z.ZodType): Schema & { type: 'object' } {
  const json = z.toJSONSchema(schema, {
    io: 'input',
    unrepresentable: 'any',
    reused: 'inline',
    override: ({ zodSchema, jsonSchema: { properties } }) => {
      if (!(zodSchema instanceof z.ZodObject) || properties === undefined) return;
      for (const [name, field] of Object.entries(zodSchema.shape)) if (terminalOnly.has(field)) delete properties[name];
    },
  });
  return compact(json, { descriptions: true, depth: Number.POSITIVE_INFINITY }) as Schema & { type: 'object' };
}

/** About 70 tokens for the shape of a result. */
const outputCharacters = 270;

/**
 * A tool's output, with as many levels of its shape as fit into a few tokens and the rest left open: what comes back
 * conforms to it, and its reader sees the names that matter. A result that is no object is wrapped as `{ result }`.
 */
export function outputSchemaOf(schema: z.ZodType): Schema & { type: 'object' } {
  const json = z.toJSONSchema(schema, { io: 'output', unrepresentable: 'any', reused: 'inline' }) as Schema;
  const wrapped: Schema = json.type === 'object' ? json : { type: 'object', properties: { result: json } };
  const levels = [3, 2, 1].map((depth) => compact(wrapped, { descriptions: false, depth }) as Schema);
  const fitting = levels.find((level) => JSON.stringify(level).length <= outputCharacters);
  return (fitting ?? firstProperties(levels.at(-1)!)) as Schema & { type: 'object' };
}

/** The first properties of a wide result, as many as fit: authors write first what matters most. */
function firstProperties(schema: Schema): Schema {
  const properties: Schema = {};
  for (const [name, property] of Object.entries(schema.properties as Schema)) {
    if (JSON.stringify({ ...properties, [name]: property }).length > outputCharacters) break;
    properties[name] = property;
  }
  return { ...schema, properties };
}

function compact(node: unknown, options: { descriptions: boolean; depth: number }): unknown {
  if (typeof node !== 'object' || node === null || Array.isArray(node)) return node;
  const merged = mergeConstants(mergeNullable(node as Schema));
  const result: Schema = {};
  for (const [key, value] of Object.entries(merged)) {
    const kept = compactKeyword(key, value, options);
    if (kept !== undefined) result[key] = kept;
  }
  return result;
}

const inner = (options: { descriptions: boolean; depth: number }) => ({ ...options, depth: options.depth - 1 });

function compactKeyword(key: string, value: unknown, options: { descriptions: boolean; depth: number }): unknown {
  switch (key) {
    case '$schema':
    case 'additionalProperties':
    case 'propertyNames':
      // A closed object says the same as its properties, and a result may gain fields in a later version.
      return undefined;
    case 'description':
      return options.descriptions ? value : undefined;
    case 'minimum':
    case 'maximum':
      // Bounds that no sensible call comes near; they are checked all the same.
      return Math.abs(value as number) >= 10_000 ? undefined : value;
    case 'minLength':
      return value === 1 ? undefined : value;
    case 'maxLength':
      return (value as number) >= 1000 ? undefined : value;
    case 'required':
    case 'default':
      // Whoever reads a result sees what is there.
      return options.descriptions ? value : undefined;
    case 'properties':
      if (options.depth <= 0) return undefined;
      return Object.fromEntries(
        Object.entries(value as Schema).map(([name, schema]) => [name, compact(schema, inner(options))]),
      );
    case 'items': {
      const items = compact(value, options) as Schema;
      return Object.keys(items).length === 0 ? undefined : items;
    }
    case 'anyOf':
    case 'oneOf':
    case 'allOf':
      return options.depth <= 0 ? undefined : (value as unknown[]).map((schema) => compact(schema, inner(options)));
    case '$defs':
      return Object.fromEntries(
        Object.entries(value as Schema).map(([name, schema]) => [name, compact(schema, options)]),
      );
    default:
      return value;
  }
}

/** `anyOf: [{ type: X, … }, { type: null }]` is `type: [X, null]`, in a third of the tokens. */
function mergeNullable(node: Schema): Schema {
  const { anyOf, ...rest } = node;
  if (!Array.isArray(anyOf) || anyOf.length !== 2) return node;
  const [value, nothing] = anyOf as [Schema, Schema];
  if (nothing.type !== 'null' || typeof value.type !== 'string' || 'enum' in value || 'const' in value) return node;
  return { ...rest, ...value, type: [value.type, 'null'] };
}

/** `anyOf` of single values, however nested, is an `enum`. */
function mergeConstants(node: Schema): Schema {
  const { anyOf, ...rest } = node;
  const values = constantsIn(anyOf);
  return values === undefined ? node : { ...rest, enum: values };
}

function constantsIn(alternatives: unknown): unknown[] | undefined {
  if (!Array.isArray(alternatives)) return undefined;
  const values: unknown[] = [];
  for (const alternative of alternatives as Schema[]) {
    if ('const' in alternative) values.push(alternative.const);
    else {
      const inner = constantsIn(alternative.anyOf);
      if (inner === undefined) return undefined;
      values.push(...inner);
    }
  }
  return values;
}
