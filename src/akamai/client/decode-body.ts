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

/** A body as bytes, with its content type where the caller's does not already say it. */
export async function encodeBody(
  body: unknown,
  contentType: string | undefined,
): Promise<{ bytes: Uint8Array; contentType?: string } | undefined> {
  if (body === undefined) return undefined;
  if (body instanceof Uint8Array) return { bytes: body };
  if (typeof body === 'string') return { bytes: new TextEncoder().encode(body) };
  if (contentType?.startsWith('multipart/form-data')) return encodeForm(body as object);
  if (contentType?.startsWith('application/x-www-form-urlencoded')) {
    const fields = Object.entries(body as object).map(([name, value]): [string, string] => [name, String(value)]);
    return { bytes: new TextEncoder().encode(new URLSearchParams(fields).toString()) };
  }
  return { bytes: new TextEncoder().encode(JSON.stringify(body)), contentType: contentType ?? 'application/json' };
}

/** Bytes become files named after their field; the boundary is part of the content type that is returned. */
async function encodeForm(fields: object): Promise<{ bytes: Uint8Array; contentType: string }> {
  const form = new FormData();
  for (const [name, value] of Object.entries(fields)) {
    if (value instanceof Uint8Array) form.append(name, new Blob([new Uint8Array(value)]), name);
    else form.append(name, typeof value === 'string' ? value : JSON.stringify(value));
  }
  const encoded = new Response(form);
  const bytes = new Uint8Array(await encoded.arrayBuffer());
  return { bytes, contentType: encoded.headers.get('content-type') ?? 'multipart/form-data' };
}
