import { request as httpRequest } from 'node:http';
import { afterEach, describe, expect, it } from 'vitest';
import { temporaryServices } from '../../../testing/temporary-home.ts';
import { addressUrl } from '../../config/address-url.ts';
import { createApp, type RunningServer, startServer } from '../server.ts';
import { requireCredentialsBeyondLoopback } from './authentication.ts';

const program = { version: '0.0.0-test', command: ['fts'] };
const json = { 'content-type': 'application/json' };
let server: RunningServer | undefined;
afterEach(() => server?.close());

/** What a request is answered that comes over a socket; `peer` is where the connection pretends to come from. */
function ask(environment: NodeJS.ProcessEnv, headers: Record<string, string>, peer = '127.0.0.1', httpVersion = '1.1') {
  const services = temporaryServices(environment);
  const app = createApp(services, program);
  const { token } = services.keys.create('reader', ['read']);
  const call = async (more: Record<string, string>): Promise<number> => {
    const env = { incoming: { httpVersion, socket: { remoteAddress: peer } } };
    const init = { method: 'POST', headers: { ...json, ...headers, ...more }, body: '{}' };
    return (await app.request('http://127.0.0.1:8787/api/operations/models.list', init, env)).status;
  };
  return { services, keyless: () => call({}), withKey: () => call({ authorization: `Bearer ${token}` }) };
}

describe('behind a proxy nothing is loopback', () => {
  it.each([
    'Forwarded',
    'X-Forwarded-For',
    'X-Forwarded-Host',
    'X-Forwarded-Proto',
    'X-Forwarded-Prefix',
    'X-Forwarded',
    'Via',
    'X-Real-IP',
    'X-Client-IP',
    'CF-Connecting-IP',
    'CF-Ray',
    'Forwarded-For',
    'X-Varnish',
    'X-Nginx-Proxy',
    'X-Cloud-Trace-Context',
    'X-SSL-Client-Cert',
    'CDN-Loop',
    'True-Client-IP',
    'Fastly-Client-IP',
    'Fly-Client-IP',
    'X-Envoy-External-Address',
    'X-Amzn-Trace-Id',
    'X-Azure-ClientIP',
    'Akamai-Origin-Hop',
    'Tailscale-User-Login',
  ])('a request with %s needs a key', async (header) => {
    const { keyless, withKey } = ask({}, { [header]: '127.0.0.1' });
    expect([await keyless(), await withKey()]).toEqual([401, 200]);
  });

  it('nor is it where a proxy speaks HTTP/1.0, or the connection comes from elsewhere', async () => {
    for (const { keyless, withKey } of [
      ask({}, {}, '127.0.0.1', '1.0'),
      ask({}, {}, '192.0.2.7'),
      ask({}, {}, '::ffff:10.0.0.1'),
    ])
      expect([await keyless(), await withKey()]).toEqual([401, 200]);
    for (const peer of ['127.0.0.1', '::1', '::ffff:127.0.0.1']) expect(await ask({}, {}, peer).keyless()).toBe(200);
  });

  it.each([
    { FTS_SERVER_HOSTS: 'fts.example' },
    { FTS_SERVER_HOSTS: 'localhost,fts.example' },
    { FTS_SERVER_URL: 'https://fts.example' },
    { FTS_SERVER_HOST: '0.0.0.0' },
  ])(
    'a server that can be called as %o asks everybody for a key, and has one before it starts',
    async (environment) => {
      const { keyless, withKey } = ask(environment, {});
      expect([await keyless(), await withKey()]).toEqual([401, 200]);
      expect(() => requireCredentialsBeyondLoopback(temporaryServices(environment))).toThrow(/anybody on the network/);
    },
  );

  it('names that mean this machine change nothing', async () => {
    expect(await ask({ FTS_SERVER_HOSTS: 'localhost', FTS_SERVER_URL: 'http://localhost:9000' }, {}).keyless()).toBe(
      200,
    );
  });

  it('takes the word of a listed proxy, and of nobody else, for how it was called', async () => {
    const headers = { host: 'fts.example', origin: 'https://fts.example', 'x-forwarded-proto': 'https' };
    const environment = { FTS_SERVER_HOSTS: 'fts.example', FTS_SERVER_PROXIES: '10.0.0.0/8, 127.0.0.1' };
    expect(await ask(environment, headers, '10.1.2.3').withKey()).toBe(200);
    expect(await ask(environment, headers, '10.1.2.3').keyless()).toBe(401);
    expect(await ask(environment, headers, '192.0.2.7').withKey()).toBe(403);
    const standard = { host: 'fts.example', origin: 'https://fts.example', forwarded: 'for=192.0.2.1;proto=https' };
    expect(await ask(environment, standard, '127.0.0.1').withKey()).toBe(200);
  });

  it('is noticed on a real connection', async () => {
    const services = temporaryServices();
    server = await startServer(() => createApp(services, program), '127.0.0.1', 0);
    const status = (headers: Record<string, string>) =>
      new Promise((resolve, reject) => {
        const sent = httpRequest(`${server!.url}/api/operations/models.list`, { method: 'POST', headers }, (answer) =>
          resolve(answer.resume().statusCode),
        );
        sent.on('error', reject).end('{}');
      });
    expect(server.url).toBe(addressUrl('127.0.0.1', Number(new URL(server.url).port)));
    expect(await status(json)).toBe(200);
    expect(await status({ ...json, 'X-Forwarded-For': '192.0.2.1' })).toBe(401);
  });
});
