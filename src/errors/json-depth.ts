import { FtsError } from './fts-error.ts';

/** Deeper than any input of ours or of the APIs that we speak; what walks a value may then do so by recursion. */
const maxJsonDepth = 64;

/** Whether JSON is nested no deeper than 64 levels. Finding out takes no stack, however deep the value is. */
export function isShallow(value: unknown): boolean {
  let level: unknown[] = [value];
  for (let depth = 0; level.length > 0; depth++) {
    if (depth > maxJsonDepth) return false;
    level = level.flatMap((inner) => (typeof inner === 'object' && inner !== null ? Object.values(inner) : []));
  }
  return true;
}

/** Refuses JSON that is nested deeper. */
export function requireShallow(value: unknown, subject: string): void {
  if (isShallow(value)) return;
  throw new FtsError('invalid-input', `${subject} is nested deeper than ${maxJsonDepth} levels.`, {
    field: subject,
    remedy: 'Send it flatter.',
  });
}
