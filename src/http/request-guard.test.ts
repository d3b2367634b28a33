import { describe, expect, it } from 'vitest';
import { temporaryServices } from '../../testing/temporary-home.ts';
import { createApp } from './server.ts';

const program = { version: '0.0.0-test', command: ['fts'] };
const own = 'http://127.0.0.1:8787';
const json = { 'content-type': 'application/json' };

function app(environment: NodeJS.ProcessEnv = {}) {
  const services = temporaryServices(environment);
  return { services, app: createApp(services, program) };
}
type App = ReturnType<typeof app>['app'];
const get = (to: App, headers: Record<string, string>, path = '/health') => to.request(`${own}${path}`, { headers });
const send = (to: App, headers: Record<string, string>, path = '/api/operations/jobs.list', method = 'POST') =>
  to.request(`${own}${path}`, { method, headers, body: '{}' });

/** Every path that changes something, with its method. */
const changing: [string, string][] = [
  ['POST', '/api/operations/keys.create'],
  ['POST', '/api/operations/deploy'],
  ['POST', '/api/ask'],
  ['POST', '/api/pull'],
  ['DELETE', '/api/delete'],
  ['POST', '/v1/load_lora_adapter'],
  ['POST', '/v1/unload_lora_adapter'],
  ['PUT', '/api/anything'],
];
const programs: [string, string][] = [
  ['POST', '/v1/chat/completions'],
  ['POST', '/api/chat'],
  ['POST', '/mcp'],
];

describe('the guard at the door', () => {
  it('answers on loopback names, and to programs that send no Origin', async () => {
    const { app: served } = app();
    for (const host of ['127.0.0.1:8787', 'localhost:8787', '[::1]:8787'])
      expect((await get(served, { host })).status).toBe(200);
  });

  it('refuses a name that another site has pointed at this machine, and advises nothing that would let it in', async () => {
    const answer = await get(app().app, { host: 'evil.example:8787' });
    expect(answer.status).toBe(403);
    const text = await answer.text();
    expect(JSON.parse(text)).toMatchObject({ error: { kind: 'forbidden', field: 'Host', remedy: expect.any(String) } });
    expect(text).not.toMatch(/server\./);
  });

  it('answers under a name that the operator added', async () => {
    const { app: served } = app({ FTS_SERVER_HOSTS: 'fts.example' });
    expect((await get(served, { host: 'fts.example' })).status).toBe(200);
  });
});

describe('a page', () => {
  it('of this server may call it, under the name by which it was opened', async () => {
    const { app: served } = app();
    for (const host of ['127.0.0.1:8787', 'localhost:8787', '[::1]:8787'])
      expect((await send(served, { ...json, host, origin: `http://${host}` })).status).toBe(200);
  });

  it('elsewhere may call nothing: another port, scheme or name of this machine is elsewhere', async () => {
    const { app: served } = app();
    for (const origin of [
      'https://evil.example',
      'http://localhost:3000',
      'http://127.0.0.1:8788',
      'http://127.0.0.1',
      'https://127.0.0.1:8787',
      'http://localhost:8787',
      'null',
      '',
    ]) {
      for (const [method, path] of [...changing, ...programs, ['GET', '/v1/models'] as const]) {
        const headers = { ...json, host: '127.0.0.1:8787', origin };
        const answer = method === 'GET' ? await get(served, headers, path) : await send(served, headers, path, method);
        expect([path, origin, answer.status]).toEqual([path, origin, 403]);
        expect(answer.headers.get('access-control-allow-origin')).toBeNull();
      }
    }
  });

  it('on a port of this machine that passes requests on as they are is elsewhere too', async () => {
    const headers = { ...json, host: 'localhost:3000', origin: 'http://localhost:3000' };
    expect((await send(app().app, headers)).status).toBe(403);
  });

  it('elsewhere may call where the operator listed its origin, and read the answer', async () => {
    const { app: served } = app({ FTS_SERVER_ORIGINS: 'http://localhost:6274, app://obsidian.md' });
    for (const origin of ['http://localhost:6274', 'app://obsidian.md']) {
      const answer = await send(served, { ...json, origin, 'sec-fetch-site': 'cross-site' });
      expect([answer.status, answer.headers.get('access-control-allow-origin')]).toEqual([200, origin]);
    }
    expect((await send(served, { ...json, origin: 'http://localhost:6275' })).status).toBe(403);
  });

  it('is recognised by what its browser says of it where it sends no Origin', async () => {
    const { app: served } = app();
    for (const site of ['cross-site', 'same-site']) {
      expect((await send(served, { ...json, 'sec-fetch-site': site })).status).toBe(403);
      const image = { 'sec-fetch-site': site, 'sec-fetch-mode': 'no-cors' };
      expect((await get(served, image, '/api/status')).status).toBe(403);
      const link = { 'sec-fetch-site': site, 'sec-fetch-mode': 'navigate' };
      expect((await get(served, link, '/health')).status).toBe(200);
    }
    for (const site of ['same-origin', 'none'])
      expect((await send(served, { ...json, 'sec-fetch-site': site })).status).toBe(200);
  });
});

describe('a request that changes something', () => {
  it.each(changing)('has to be JSON: %s %s', async (method, path) => {
    const { app: served } = app();
    for (const type of ['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data; boundary=x']) {
      const answer = await send(served, { 'content-type': type }, path, method);
      expect([answer.status, await answer.json()]).toMatchObject([415, { error: { field: 'Content-Type' } }]);
    }
  });

  it('is refused before it has done anything', async () => {
    const { services, app: served } = app();
    const body = '{"name":"robot","scopes":["read"]}';
    const headers = {
      'content-type': 'text/plain',
      authorization: `Bearer ${services.keys.create('a', ['admin']).token}`,
    };
    await served.request(`${own}/api/operations/keys.create`, { method: 'POST', headers, body });
    expect(services.keys.list().map(({ name }) => name)).toEqual(['a']);
  });

  it('is not asked of the model APIs, whose clients send what they like', async () => {
    const { app: served } = app();
    for (const path of ['/v1/chat/completions', '/api/chat'])
      expect((await send(served, {}, path)).status).not.toBe(415);
  });
});
