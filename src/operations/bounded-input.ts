import { z } from 'zod';
import { FtsError } from '../errors/fts-error.ts';
import type { Operation } from './operation.ts';

/** What an input may hold at one place whose schema sets no bound of its own. */
const MOST_ITEMS = 1000;
const MOST_CHARACTERS = 100_000;

/** The part of JSON Schema that bounds and leads on. */
interface Node {
  maxItems?: number;
  maxLength?: number;
  properties?: Record<string, Node>;
  items?: Node;
  additionalProperties?: Node | boolean;
  anyOf?: Node[];
  oneOf?: Node[];
  allOf?: Node[];
}

const schemas = new WeakMap<Operation, Node>();

/**
 * Refuses a list or a text that is longer than its place allows, before anything is done with it: a schema's own bound,
 * else 1,000 items and 100,000 characters. So no operation can be left without a bound. Objects count as lists of their
 * members.
 */
export function refuseOversized(operation: Operation, input: unknown): void {
  let schema = schemas.get(operation);
  if (schema === undefined) {
    schema = z.toJSONSchema(operation.input, { io: 'input', unrepresentable: 'any' }) as Node;
    schemas.set(operation, schema);
  }
  visit(input, [schema], []);
}

function visit(value: unknown, nodes: readonly Node[], path: readonly string[]): void {
  const here = nodes.flatMap(alternatives);
  if (typeof value === 'string') {
    refuseOver(value.length, largest(here, 'maxLength') ?? MOST_CHARACTERS, 'characters', path);
  } else if (Array.isArray(value)) {
    refuseOver(value.length, largest(here, 'maxItems') ?? MOST_ITEMS, 'items', path);
    const items = here.flatMap((node) => node.items ?? []);
    for (const [index, item] of value.entries()) visit(item, items, [...path, String(index)]);
  } else if (typeof value === 'object' && value !== null) {
    const members = Object.entries(value);
    refuseOver(members.length, MOST_ITEMS, 'members', path);
    for (const [key, member] of members) visit(member, membersOf(here, key), [...path, key]);
  }
}

function alternatives(node: Node): Node[] {
  return [node, ...[...(node.anyOf ?? []), ...(node.oneOf ?? []), ...(node.allOf ?? [])].flatMap(alternatives)];
}

function membersOf(nodes: readonly Node[], key: string): Node[] {
  return nodes.flatMap(({ properties, additionalProperties }) => {
    if (properties !== undefined && Object.hasOwn(properties, key)) return [properties[key]!];
    return typeof additionalProperties === 'object' ? [additionalProperties] : [];
  });
}

/** Where several shapes are allowed, the most that any of them allows. */
function largest(nodes: readonly Node[], bound: 'maxItems' | 'maxLength'): number | undefined {
  const bounds = nodes.flatMap((node) => node[bound] ?? []);
  return bounds.length === 0 ? undefined : Math.max(...bounds);
}

function refuseOver(length: number, most: number, unit: string, path: readonly string[]): void {
  if (length <= most) return;
  const field = path.join('.');
  throw new FtsError('invalid-input', `${field === '' ? 'The input' : field} has ${length} ${unit}.`, {
    field,
    value: `${length} ${unit}`,
    remedy: `Send at most ${most}.`,
  });
}
