import jsonPatch from 'fast-json-patch';

/** One step of a JSON Pointer (RFC 6901), with `~` and `/` escaped. */
export function pointerStep(key: string): string {
  return jsonPatch.escapePathComponent(key);
}

/** The keys that a JSON Pointer such as `/rules/children/2` walks through. */
export function pointerKeys(pointer: string): string[] {
  return pointer.split('/').slice(1).map(jsonPatch.unescapePathComponent);
}

/** What stands at a pointer; undefined where there is nothing. Reads own members alone, never those of a prototype. */
export function valueAtPointer(document: unknown, pointer: string): unknown {
  let node = document;
  for (const key of pointerKeys(pointer)) {
    if (typeof node !== 'object' || node === null || !Object.hasOwn(node, key)) return undefined;
    node = Reflect.get(node, key);
  }
  return node;
}
