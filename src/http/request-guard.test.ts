import { Hono } from 'hono';
import { describe, expect, it } from 'vitest';
import { allowedHostnames, requestGuard } from './request-guard.ts';

function app(...configured: string[]) {
  const hono = new Hono();
  hono.use(requestGuard(allowedHostnames('127.0.0.1', configured)));
  hono.get('/', (context) => context.text('in'));
  return hono;
}

const get = (hono: Hono, headers: Record<string, string>) => hono.request('http://127.0.0.1:8787/', { headers });

describe('the guard at the door', () => {
  it('answers on loopback names, and to programs that send no Origin', async () => {
    for (const host of ['127.0.0.1:8787', 'localhost:8787', '[::1]:8787'])
      expect((await get(app(), { host })).status).toBe(200);
  });

  it('refuses a name that another site has pointed at this machine', async () => {
    const answer = await get(app(), { host: 'evil.example:8787' });
    expect(answer.status).toBe(403);
    expect(await answer.json()).toMatchObject({
      error: { kind: 'forbidden', field: 'Host', remedy: expect.stringMatching(/server\.hosts/) },
    });
  });

  it('refuses pages of other sites, lets those of allowed hosts read the answer', async () => {
    expect((await get(app(), { origin: 'https://evil.example' })).status).toBe(403);
    expect((await get(app(), { origin: 'null' })).status).toBe(403);
    const answer = await get(app(), { origin: 'http://localhost:6274' });
    expect(answer.status).toBe(200);
    expect(answer.headers.get('access-control-allow-origin')).toBe('http://localhost:6274');
  });

  it('answers under a name that the operator added', async () => {
    expect((await get(app('fts.example'), { host: 'fts.example' })).status).toBe(200);
  });
});
