import { FtsError } from '../errors/fts-error.ts';

/** The body as JSON; an empty one is an empty object. */
export async function readJsonBody(request: Request): Promise<unknown> {
  const text = await request.text();
  if (text.trim() === '') return {};
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new FtsError('invalid-input', `The body is not JSON: ${(error as Error).message}`, {
      field: 'body',
      remedy: 'Send a JSON object with content-type application/json.',
    });
  }
}
