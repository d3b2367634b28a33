import type { z } from 'zod';
import { FtsError } from './fts-error.ts';

/**
 * Checks bytes from outside against a schema. The error names the field by its path, shows the value and says what
 * was expected. `subject` says what was being read: "the training settings", "data.jsonl line 12". `remedy` is for files
 * that must not be corrected by hand.
 */
export function parseWith<Schema extends z.ZodType>(
  schema: Schema,
  value: unknown,
  subject: string,
  remedy = 'Correct that value and try again.',
): z.output<Schema> {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const issue = mostSpecific(result.error.issues[0]!);
  const unknown = issue.code === 'unrecognized_keys' ? issue.keys.slice(0, 1) : [];
  const path = [...issue.path, ...unknown];
  const field = path.map(String).join('.');
  const offending = path.reduce<unknown>(
    (inner, key) => (typeof inner === 'object' && inner !== null ? Reflect.get(inner, key) : undefined),
    value,
  );
  const more = result.error.issues.length > 1 ? ` (and ${result.error.issues.length - 1} more)` : '';
  throw new FtsError(
    'invalid-input',
    `${field === '' ? subject : `${field} in ${subject}`}: ${unknown.length > 0 ? 'There is no such field' : issue.message}${more}`,
    {
      ...(field === '' ? {} : { field }),
      value: offending,
      remedy: unknown.length > 0 ? 'Correct its name or leave it out.' : remedy,
      cause: result.error,
    },
  );
}

/** A union reports only that no branch fits; the branch that read furthest knows the field at fault. */
function mostSpecific(issue: z.core.$ZodIssue): z.core.$ZodIssue {
  if (issue.code !== 'invalid_union') return issue;
  const candidates = issue.errors.flatMap((branch) => branch.slice(0, 1).map(mostSpecific));
  const furthest = candidates.reduce<z.core.$ZodIssue | undefined>(
    (best, candidate) => (candidate.path.length > (best?.path.length ?? 0) ? candidate : best),
    undefined,
  );
  return furthest === undefined ? issue : { ...furthest, path: [...issue.path, ...furthest.path] };
}

/** Parses JSON text and checks it, naming the source when either step fails. */
export function parseJsonWith<Schema extends z.ZodType>(
  schema: Schema,
  text: string,
  subject: string,
): z.output<Schema> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new FtsError('corrupt', `${subject} is not valid JSON: ${(error as Error).message}`, {
      field: subject,
      remedy: 'Restore or correct the file.',
      cause: error,
    });
  }
  return parseWith(schema, value, subject);
}
