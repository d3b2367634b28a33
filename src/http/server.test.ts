import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { Hono } from 'hono';
import { expect, it } from 'vitest';
import { temporaryServices } from '../../testing/temporary-home.ts';
import { akamaiOf } from '../workflows/akamai/akamai-services.ts';
import { createApp, startServer } from './server.ts';

const program = { version: '0.0.0-test', command: ['fts'] };
const post = (body: string): RequestInit => ({ method: 'POST', body, headers: { 'content-type': 'application/json' } });

it('calls an operation and answers its output', async () => {
  const app = createApp(temporaryServices(), program);
  const response = await app.request('/api/operations/jobs.list', post('{"limit": 5}'));
  expect([response.status, await response.json()]).toEqual([200, { jobs: [] }]);
});

it('answers wrong input with the field, the value and a remedy', async () => {
  const app = createApp(temporaryServices(), program);
  const response = await app.request('/api/operations/jobs.list', post('{"limit": 0}'));
  expect(response.status).toBe(400);
  expect(await response.json()).toMatchObject({
    error: { kind: 'invalid-input', field: 'limit', value: 0, remedy: expect.any(String) },
  });
});

it('answers a body that is not JSON, an unknown operation and an unknown path in words', async () => {
  const app = createApp(temporaryServices(), program);
  expect((await app.request('/api/operations/jobs.list', post('{'))).status).toBe(400);
  expect((await app.request('/api/operations/nope', post('{}'))).status).toBe(404);
  expect(await (await app.request('/nope')).json()).toMatchObject({ error: { kind: 'not-found' } });
});

it('serves a page that loads nothing from elsewhere', async () => {
  const response = await createApp(temporaryServices(), program).request('/');
  expect(response.headers.get('content-security-policy')).toContain("default-src 'none'");
  expect(await response.text()).not.toMatch(/https?:\/\//);
});

it('shows the metrics of serving and of the calls to Akamai on one page', async () => {
  const services = temporaryServices();
  const app = createApp(services, program);
  const path = '/papi/v1/groups';
  const call = { account: 'default', method: 'GET', path, attempt: 1, waitedMs: 0, durationMs: 5, status: 200 };
  akamaiOf(services).telemetry.attempted(call);
  const text = await (await app.request('/metrics')).text();
  expect(text).toContain('fts_akamai_requests_total{api="/papi",method="GET",status="2xx"} 1');
  expect(text).toContain('# TYPE fts:num_requests_running gauge');
});

it('says that a port is taken and names another', async () => {
  const taken = createServer().listen(0, '127.0.0.1');
  await once(taken, 'listening');
  const { port } = taken.address() as AddressInfo;
  const starting = startServer(() => createApp(temporaryServices(), program), '127.0.0.1', port);
  await expect(starting).rejects.toMatchObject({
    kind: 'conflict',
    field: 'server.port',
    remedy: expect.stringContaining(`--port ${port + 1}`),
  });
  taken.close();
});

it('lets go of its port when the app for it cannot be made', async () => {
  let port = 0;
  const starting = startServer(
    (bound) => {
      port = bound;
      throw new Error('no such toolset');
    },
    '127.0.0.1',
    0,
  );
  await expect(starting).rejects.toThrow('no such toolset');
  const next = await startServer(() => new Hono(), '127.0.0.1', port);
  expect(next.url).toBe(`http://127.0.0.1:${port}`);
  await next.close();
});
