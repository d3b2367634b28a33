import { z } from 'zod';

type Schema = Record<string, unknown>;

/** A tool's input as JSON Schema 2020-12: everything that a caller has to know, nothing that costs tokens only. */
export function inputSchemaOf(schema: z.ZodType): Schema & { type: 'object' } {
  const json = z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any', reused: 'inline' });
  return compact(json, { descriptions: true, depth: Number.POSITIVE_INFINITY }) as Schema & { type: 'object' };
}

/** About 150 tokens for the shape of a result. */
const outputCharacters = 450;

/**
 * A tool's output, with as many levels of its shape as fit into a few tokens and the rest left open: what comes back
 * conforms to it, and its reader sees the names that matter. A result that is no object is wrapped as `{ result }`.
 */
export function outputSchemaOf(schema: z.ZodType): Schema & { type: 'object' } {
  const json = z.toJSONSchema(schema, { io: 'output', unrepresentable: 'any', reused: 'inline' }) as Schema;
  const wrapped: Schema = json.type === 'object' ? json : { type: 'object', properties: { result: json } };
  const levels = [3, 2, 1].map((depth) => compact(wrapped, { descriptions: false, depth }) as Schema);
  const fitting = levels.find((level) => JSON.stringify(level).length <= outputCharacters) ?? levels.at(-1);
  return fitting as Schema & { type: 'object' };
}

function compact(node: unknown, options: { descriptions: boolean; depth: number }): unknown {
  if (typeof node !== 'object' || node === null || Array.isArray(node)) return node;
  const merged = mergeNullable(node as Schema);
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
      // Zod writes the range of safe integers beside `integer`.
      return Math.abs(value as number) === Number.MAX_SAFE_INTEGER ? undefined : value;
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
