import { FtsError } from '../../errors/fts-error.ts';

/** The body in the form that its media type promises. A promise of JSON that does not parse is `corrupt`. */
export function decodeBody(bytes: Uint8Array, contentType: string, where: string): unknown {
  if (bytes.byteLength === 0) return undefined;
  const type = contentType.split(';')[0]!.trim().toLowerCase();
  if (/^(image|audio|video)\/|octet-stream|zip|gzip|tar|pdf/.test(type)) return bytes;
  const text = new TextDecoder().decode(bytes);
  const promisedJson = /json/.test(type);
  if (!promisedJson && !(type === '' && /^\s*[[{]/.test(text))) return text;
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new FtsError(
      'corrupt',
      `The answer to ${where} is cut off or not valid JSON (${bytes.byteLength} bytes received).`,
      {
        field: where,
        remedy: 'Try again; if it lasts, open a case with Akamai.',
        cause: error,
      },
    );
  }
}

/** JSON of every later shape goes out through here: `[body bytes, content type if the caller named none]`. */
export function encodeBody(body: unknown): { bytes: Uint8Array; contentType?: string } | undefined {
  if (body === undefined) return undefined;
  if (body instanceof Uint8Array) return { bytes: body };
  if (typeof body === 'string') return { bytes: new TextEncoder().encode(body) };
  return { bytes: new TextEncoder().encode(JSON.stringify(body)), contentType: 'application/json' };
}
