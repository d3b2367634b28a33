import type { Schema } from '../facts.ts';

const SHORTEST_SHARED = 48;

interface Node {
  schema: Record<string, unknown>;
  uses: number;
  name?: string;
}

/**
 * Writes each repeated subschema once. Add every schema of an API first, then call `finish` once: `place` gives each
 * added schema with references into `defs`.
 */
export class SchemaTable {
  readonly #nodes = new Map<string, Node>();
  readonly #keys = new WeakMap<object, string>();

  add(schema: Schema): Schema {
    return typeof schema === 'boolean' ? schema : this.#intern(schema as Record<string, unknown>);
  }

  finish(): { defs: Record<string, Schema>; place(schema: Schema): Schema } {
    const defs: Record<string, Schema> = {};
    const place = (schema: Schema): Schema => {
      if (typeof schema === 'boolean') return schema;
      const key = this.#keys.get(schema);
      const node = key === undefined ? undefined : this.#nodes.get(key);
      if (key === undefined || node === undefined) return this.#mapInner(schema, place);
      if (node.uses < 2 || key.length < SHORTEST_SHARED) return this.#mapInner(node.schema, place);
      if (node.name === undefined) {
        node.name = `d${Object.keys(defs).length + 1}`;
        defs[node.name] = true; // holds the place in the order of first use
        defs[node.name] = this.#mapInner(node.schema, place);
      }
      return { $ref: `#/$defs/${node.name}` };
    };
    return { defs, place };
  }

  /** The one shared object for all equal subtrees. */
  #intern(schema: Record<string, unknown>): Schema {
    const inner = this.#mapInner(schema, (value) => this.add(value)) as Record<string, unknown>;
    const key = JSON.stringify(inner);
    let node = this.#nodes.get(key);
    if (node === undefined) {
      node = { schema: inner, uses: 0 };
      this.#nodes.set(key, node);
      this.#keys.set(inner, key);
    } else {
      // This copy will be written as a reference, so what is inside it was met once less often.
      this.#mapInner(inner, (value) => {
        const child = typeof value === 'boolean' ? undefined : this.#nodes.get(this.#keys.get(value) ?? '');
        if (child) child.uses--;
        return value;
      });
    }
    node.uses++;
    return node.schema;
  }

  #mapInner(schema: Readonly<Record<string, unknown>>, map: (inner: Schema) => Schema): Schema {
    const result: Record<string, unknown> = { ...schema };
    if (schema.properties) {
      result.properties = Object.fromEntries(
        Object.entries(schema.properties).map(([name, property]) => [name, map(property as Schema)]),
      );
    }
    for (const keyword of ['items', 'not', 'additionalProperties'] as const) {
      if (schema[keyword] !== undefined) result[keyword] = map(schema[keyword] as Schema);
    }
    for (const keyword of ['allOf', 'anyOf', 'oneOf'] as const) {
      if (Array.isArray(schema[keyword])) result[keyword] = (schema[keyword] as Schema[]).map(map);
    }
    return result;
  }
}
