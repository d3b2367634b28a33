import type { Schema } from './facts.ts';

const INDENT = '  ';

/**
 * A JSON Schema as TypeScript-like text, for people and models: `name?: string // 1..64`. Deeper than `depth` or longer
 * than `maxLines`, it ends in `…`.
 */
export function renderShape(
  schema: Schema,
  defs: Readonly<Record<string, Schema>>,
  options: { depth?: number; maxLines?: number; omitReadOnly?: boolean } = {},
): string {
  const { depth = 5, maxLines = 160, omitReadOnly = false } = options;
  const text = render(schema, { defs, omitReadOnly }, depth, '');
  const lines = text.split('\n');
  return lines.length <= maxLines
    ? text
    : `${lines.slice(0, maxLines).join('\n')}\n… (${lines.length - maxLines} more lines)`;
}

interface Context {
  defs: Readonly<Record<string, Schema>>;
  omitReadOnly: boolean;
}

function render(schema: Schema, context: Context, depth: number, indent: string): string {
  const node = resolve(schema, context.defs);
  if (node === true || node === false) return node ? 'any' : 'never';
  if (Array.isArray(node.enum)) return node.enum.map((value) => JSON.stringify(value)).join(' | ');
  if (node.const !== undefined) return JSON.stringify(node.const);
  for (const keyword of ['oneOf', 'anyOf'] as const) {
    if (Array.isArray(node[keyword])) {
      const choices = (node[keyword] as Schema[]).map((inner) => render(inner, context, depth - 1, indent));
      return [...new Set(choices)].join(' | ');
    }
  }
  if (Array.isArray(node.allOf)) {
    return (node.allOf as Schema[]).map((inner) => render(inner, context, depth, indent)).join(' & ');
  }
  const types = Array.isArray(node.type)
    ? (node.type as string[])
    : [String(node.type ?? (node.properties ? 'object' : 'any'))];
  return types.map((type) => renderType(type, node, context, depth, indent)).join(' | ');
}

function renderType(
  type: string,
  node: Readonly<Record<string, unknown>>,
  context: Context,
  depth: number,
  indent: string,
): string {
  if (type === 'array') {
    const items = render((node.items as Schema) ?? true, context, depth, indent);
    return items.includes('|') || items.includes('&') ? `(${items})[]` : `${items}[]`;
  }
  if (type !== 'object') return type;
  const properties = Object.entries((node.properties as Record<string, Schema>) ?? {});
  const additional = node.additionalProperties;
  if (properties.length === 0) {
    return typeof additional === 'object'
      ? `{ [name]: ${render(additional as Schema, context, depth - 1, indent)} }`
      : 'object';
  }
  if (depth <= 0) return '{ … }';
  const required = new Set(Array.isArray(node.required) ? node.required : []);
  const inner = `${indent}${INDENT}`;
  const lines = properties.flatMap(([name, property]) => {
    const target = resolve(property, context.defs);
    const facts = typeof target === 'object' ? target : {};
    if (context.omitReadOnly && facts.readOnly === true) return [];
    const optional = required.has(name) ? '' : '?';
    const remark = remarkOn(facts);
    return [
      `${inner}${name}${optional}: ${render(property, context, depth - 1, inner)}${remark === '' ? '' : ` // ${remark}`}`,
    ];
  });
  return `{\n${lines.join('\n')}\n${indent}}`;
}

/** Limits, format and default in a few words. */
function remarkOn(facts: Readonly<Record<string, unknown>>): string {
  const parts: string[] = [];
  if (typeof facts.format === 'string') parts.push(facts.format);
  const low = facts.minimum ?? facts.minLength ?? facts.minItems;
  const high = facts.maximum ?? facts.maxLength ?? facts.maxItems;
  if (high !== undefined) parts.push(`${low ?? ''}..${high}`);
  else if (typeof low === 'number' && low > 1) parts.push(`at least ${low}`);
  if (typeof facts.pattern === 'string') parts.push(`matches ${facts.pattern}`);
  if (facts.default !== undefined && facts.default !== null) parts.push(`default ${JSON.stringify(facts.default)}`);
  if (facts.readOnly === true) parts.push('read-only');
  if (facts.deprecated === true) parts.push('deprecated');
  return parts.join(', ');
}

function resolve(schema: Schema, defs: Readonly<Record<string, Schema>>): Schema {
  let node = schema;
  for (let hops = 0; hops < 32; hops++) {
    if (typeof node !== 'object' || typeof node.$ref !== 'string') return node;
    node = defs[node.$ref.slice('#/$defs/'.length)] ?? true;
  }
  return true;
}
