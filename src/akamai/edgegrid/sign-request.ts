import { createHash, createHmac, randomUUID } from 'node:crypto';
import type { EdgeGridKeys } from '../credentials/account.ts';

export interface SignableRequest {
  method: string;
  /** The whole URL, path and query encoded exactly as they are sent. */
  url: URL;
  body?: Uint8Array | undefined;
  /** Headers that take part in the signature, in order. Akamai's published APIs ask for none. */
  signedHeaders?: Iterable<readonly [name: string, value: string]>;
}

export interface SigningMoment {
  at?: Date;
  nonce?: string;
}

/**
 * The `Authorization` header of one request (EG1-HMAC-SHA256, https://techdocs.akamai.com/developer/docs/edgegrid).
 * The content hash covers POST bodies only, at most `maxBodyBytes` of them.
 */
export function edgeGridAuthorization(
  keys: EdgeGridKeys,
  request: SignableRequest,
  moment: SigningMoment = {},
): string {
  const timestamp = edgeGridTimestamp(moment.at ?? new Date());
  const unsigned =
    `EG1-HMAC-SHA256 client_token=${keys.clientToken.reveal()};access_token=${keys.accessToken.reveal()};` +
    `timestamp=${timestamp};nonce=${moment.nonce ?? randomUUID()};`;
  const method = request.method.toUpperCase();
  const dataToSign = [
    method,
    request.url.protocol.slice(0, -1),
    request.url.host,
    request.url.pathname + request.url.search,
    [...(request.signedHeaders ?? [])].map(canonicalHeader).join('\t'),
    method === 'POST' ? contentHash(request.body, keys.maxBodyBytes) : '',
    unsigned,
  ].join('\t');
  const signingKey = hmac(keys.clientSecret.reveal(), timestamp);
  return `${unsigned}signature=${hmac(signingKey, dataToSign)}`;
}

/** `20140321T19:34:21+0000` */
export function edgeGridTimestamp(at: Date): string {
  return `${at.toISOString().slice(0, 19).replaceAll('-', '')}+0000`;
}

function canonicalHeader([name, value]: readonly [string, string]): string {
  return `${name.toLowerCase()}:${value.trim().replace(/\s+/g, ' ')}`;
}

function contentHash(body: Uint8Array | undefined, maxBodyBytes: number): string {
  if (body === undefined || body.byteLength === 0) return '';
  return createHash('sha256').update(body.subarray(0, maxBodyBytes)).digest('base64');
}

function hmac(key: string, data: string): string {
  return createHmac('sha256', key).update(data).digest('base64');
}
