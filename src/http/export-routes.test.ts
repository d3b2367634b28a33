import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { temporaryServices } from '../../testing/temporary-home.ts';
import { FtsError } from '../errors/fts-error.ts';
import { createApp } from './server.ts';

const program = { version: '0', command: ['fts'] };
const base = 'http://127.0.0.1:8787';

it('gives a caller the drawing that its call made, to be saved and never to be run', async () => {
  const app = createApp(temporaryServices(), program);
  const plan = await app.request(`${base}/api/operations/plan`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ model: '8B', machines: ['h100'], svg: 'bars.svg' }),
  });
  expect(await plan.json()).toMatchObject({ svg: '/exports/bars.svg' });
  const drawing = await app.request(`${base}/exports/bars.svg`);
  expect(drawing.status).toBe(200);
  expect(Object.fromEntries(drawing.headers)).toMatchObject({
    'content-type': 'image/svg+xml',
    'content-disposition': 'attachment; filename="bars.svg"',
    'content-security-policy': expect.stringContaining('sandbox'),
    'x-content-type-options': 'nosniff',
  });
  expect(await drawing.text()).toMatch(/^<svg/);
});

it('gives nothing to a key without the right to read, and nothing that is no export', async () => {
  const services = temporaryServices();
  const app = createApp(services, program);
  writeFileSync(join(services.home.exports, 'x.json'), '{}');
  const { token } = services.keys.create('trainer', ['train'], undefined);
  const headers = { authorization: `Bearer ${token}` };
  expect((await app.request(`${base}/exports/x.json`, { headers })).status).toBe(403);
  for (const name of ['y.json', '..%2fconfig.json', '.hidden', 'x.json%00']) {
    const missing = await app.request(`${base}/exports/${name}`);
    expect(missing.status, name).toBe(404);
    expect(FtsError.fromJSON(((await missing.json()) as { error: FtsError }).error).kind).toBe('not-found');
  }
});
