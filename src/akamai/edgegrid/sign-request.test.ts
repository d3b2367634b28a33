import { describe, expect, it } from 'vitest';
import type { EdgeGridKeys } from '../credentials/account.ts';
import { Secret } from '../credentials/secret.ts';
import { edgeGridAuthorization } from './sign-request.ts';

// The vectors that Akamai publishes with its EdgeGrid clients (test_data.json, Apache-2.0): inputs and signatures.
const origin = 'https://akaa-baseurl-xxxxxxxxxxx-xxxxxxxxxxxxx.luna.akamaiapis.net';
const keys = (maxBodyBytes: number): EdgeGridKeys => ({
  origin,
  clientToken: new Secret('akab-client-token-xxx-xxxxxxxxxxxxxxxx'),
  clientSecret: new Secret(`${'x'.repeat(43)}=`),
  accessToken: new Secret('akab-access-token-xxx-xxxxxxxxxxxxxxxx'),
  maxBodyBytes,
});
const moment = { at: new Date('2014-03-21T19:34:21Z'), nonce: 'nonce-xx-xxxx-xxxx-xxxx-xxxxxxxxxxxx' };
const prefix =
  'EG1-HMAC-SHA256 client_token=akab-client-token-xxx-xxxxxxxxxxxxxxxx;access_token=akab-access-token-xxx-xxxxxxxxxxxxxxxx;timestamp=20140321T19:34:21+0000;nonce=nonce-xx-xxxx-xxxx-xxxx-xxxxxxxxxxxx;signature=';

const sign = (method: string, path: string, body?: string, headers: [string, string][] = [], maxBodyBytes = 2048) =>
  edgeGridAuthorization(
    keys(maxBodyBytes),
    {
      method,
      url: new URL(path, origin),
      body: body === undefined ? undefined : Buffer.from(body),
      signedHeaders: headers,
    },
    moment,
  );

describe('EdgeGrid signatures equal the published ones', () => {
  it.each([
    ['simple GET', 'GET', '/', undefined, [], 'tL+y4hxyHxgWVD30X3pWnGKHcPzmrIF+LThiAOhMxYU='],
    [
      'GET with a query',
      'GET',
      '/testapi/v1/t1?p1=1&p2=2',
      undefined,
      [],
      'hKDH1UlnQySSHjvIcZpDMbQHihTQ0XyVAKZaApabdeA=',
    ],
    [
      'POST',
      'POST',
      '/testapi/v1/t3',
      'datadatadatadatadatadatadatadata',
      [],
      'hXm4iCxtpN22m4cbZb4lVLW5rhX8Ca82vCFqXzSTPe4=',
    ],
    [
      'POST as long as the limit',
      'POST',
      '/testapi/v1/t3',
      'd'.repeat(2048),
      [],
      '6Q6PiTipLae6n4GsSIDTCJ54bEbHUBp+4MUXrbQCBoY=',
    ],
    [
      'POST beyond the limit',
      'POST',
      '/testapi/v1/t3',
      'd'.repeat(2049),
      [],
      '6Q6PiTipLae6n4GsSIDTCJ54bEbHUBp+4MUXrbQCBoY=',
    ],
    ['POST with an empty body', 'POST', '/testapi/v1/t6', '', [], '1gEDxeQGD5GovIkJJGcBaKnZ+VaPtrc4qBUHixjsPCQ='],
    [
      'a signed header',
      'GET',
      '/testapi/v1/t4',
      undefined,
      [['X-Test1', 'test-simple-header']],
      '8F9AybcRw+PLxnvT+H0JRkjROrrUgsxJTnRXMzqvcwY=',
    ],
    [
      'a header with spaces in quotes',
      'GET',
      '/testapi/v1/t4',
      undefined,
      [['X-Test1', '"     test-header-with-spaces     "']],
      'ucq2AbjCNtobHfCTuS38fdkl5UDdWHZhQX46fYR8CqI=',
    ],
    [
      'a header with leading and inner spaces',
      'GET',
      '/testapi/v1/t4',
      undefined,
      [['X-Test1', '     first-thing      second-thing']],
      'WtnneL539UadAAOJwnsXvPqT4Kt6z7HMgBEwAFpt3+c=',
    ],
    [
      'headers in the configured order',
      'GET',
      '/testapi/v1/t4',
      undefined,
      [
        ['X-Test1', 't1'],
        ['X-Test2', 't2'],
        ['X-Test3', 't3'],
      ],
      'Wus73Nx8jOYM+kkBFF2q8D1EATRIMr0WLWwpLBgkBqY=',
    ],
    [
      'PUT, whose body is not hashed',
      'PUT',
      '/testapi/v1/t6',
      'P'.repeat(31),
      [],
      'GNBWEYSEWOLtu+7dD52da2C39aX/Jchpon3K/AmBqBU=',
    ],
  ] as [string, string, string, string | undefined, [string, string][], string][])(
    '%s',
    (_, method, path, body, headers, signature) => {
      expect(sign(method, path, body, headers)).toBe(prefix + signature);
    },
  );

  it('hashes exactly the first 131,072 bytes of a POST body', () => {
    const whole = 'd'.repeat(131_072);
    const at = (body: string) => sign('POST', '/testapi/v1/t3', body, [], 131_072);
    expect(at(`${whole}tail`)).toBe(at(whole));
    expect(at(`${whole.slice(1)}e`)).not.toBe(at(whole));
  });
});
