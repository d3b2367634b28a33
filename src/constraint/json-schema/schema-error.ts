import { FtsError } from '../../errors/fts-error.ts';

/** Why a schema is refused: the keyword, its place as a JSON pointer, and what to do instead. */
export function unsupported(path: string, keyword: string, why: string, remedy: string): FtsError {
  const place = path === '' ? 'at the root of the schema' : `at ${path}`;
  return new FtsError('invalid-input', `The JSON schema's ${keyword} ${place} ${why}.`, {
    field: `${path}/${keyword}`,
    remedy,
  });
}

export function malformed(path: string, keyword: string, expected: string, value: unknown): FtsError {
  return new FtsError(
    'invalid-input',
    `The JSON schema's ${keyword} at ${path === '' ? 'its root' : path} must be ${expected}.`,
    {
      field: `${path}/${keyword}`,
      value: JSON.stringify(value)?.slice(0, 100),
      remedy: 'Correct the schema.',
    },
  );
}
