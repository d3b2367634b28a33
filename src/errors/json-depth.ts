import { FtsError } from './fts-error.ts';

/** Deeper than any input of ours or of the APIs that we speak; what walks a value may then do so by recursion. */
export const maxJsonDepth = 64;

/** Refuses JSON that is nested deeper than `maxJsonDepth`. It takes no stack for that, however deep the value is. */
export function requireShallow(value: unknown, subject: string): void {
  let level: unknown[] = [value];
  for (let depth = 0; level.length > 0; depth++) {
    if (depth > maxJsonDepth) {
      throw new FtsError('invalid-input', `${subject} is nested deeper than ${maxJsonDepth} levels.`, {
        field: subject,
        remedy: 'Send it flatter.',
      });
    }
    level = level.flatMap((inner) => (typeof inner === 'object' && inner !== null ? Object.values(inner) : []));
  }
}
