import { createHash } from 'node:crypto';

/** JSON with sorted keys and without undefined members: equal values give equal text (RFC 8785 for what JSON can carry). */
export function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_key, inner: unknown) => {
    if (typeof inner !== 'object' || inner === null || Array.isArray(inner)) return inner;
    const sorted = Object.entries(inner).sort(([left], [right]) => (left < right ? -1 : 1));
    // A null prototype, so that a key named `__proto__` is a key like any other.
    const copy: Record<string, unknown> = Object.create(null);
    for (const [key, member] of sorted) copy[key] = member;
    return copy;
  });
}

/** SHA-256 of the canonical JSON, in hexadecimal. */
export function digestOf(value: unknown): string {
  return createHash('sha256')
    .update(canonicalJson(value) ?? 'undefined')
    .digest('hex');
}
