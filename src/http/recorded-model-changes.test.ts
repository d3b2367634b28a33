import { Hono } from 'hono';
import { expect, it } from 'vitest';
import { temporaryServices } from '../../testing/temporary-home.ts';
import { recordModelChanges } from './recorded-model-changes.ts';
import { createApp } from './server.ts';

const rowsOf = (services: ReturnType<typeof temporaryServices>) =>
  services.audit.list({ limit: 9 }).map(({ action, subject, outcome }) => [action, subject, outcome]);

const send = (app: Hono, method: string, path: string, body: object) =>
  app.request(path, { method, headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) });

it('leaves a row for what the model APIs change or would have changed, and none for requests to models', async () => {
  const services = temporaryServices();
  const app = createApp(services, { version: '0.0.0', command: ['fts'] });
  await send(app, 'DELETE', '/api/delete', { model: 'none' });
  await send(app, 'POST', '/v1/load_lora_adapter', { model: 'none', lora_name: 'mine', lora_path: '/nowhere' });
  await send(app, 'POST', '/v1/unload_lora_adapter', { model: 'none', lora_name: 'mine' });
  await send(app, 'POST', '/api/chat', { model: 'none', messages: [] });
  await send(app, 'POST', '/v1/chat/completions', { model: 'none', messages: [] });
  expect(rowsOf(services)).toEqual([
    ['adapters.unload', 'mine', 'refused'],
    ['adapters.load', 'mine', 'refused'],
    ['models.remove', 'none', 'refused'],
  ]);
});

it.each([
  ['ok', '{"status":"success"}\n'],
  ['failed', '{"error":"no such model"}\n'],
])('records a pull as %s by what its stream ends with', async (outcome, lastLine) => {
  const services = temporaryServices();
  const app = new Hono().use(recordModelChanges(services)).post('/api/pull', () => {
    const lines = new ReadableStream({
      start(controller) {
        controller.enqueue(new TextEncoder().encode(`{"status":"pulling"}\n${lastLine}`));
        controller.close();
      },
    });
    return new Response(lines, { headers: { 'content-type': 'application/x-ndjson' } });
  });
  const answer = await send(app as unknown as Hono, 'POST', '/api/pull', { model: 'hf.co/a/b' });
  expect(rowsOf(services)).toEqual([]);
  expect(await answer.text()).toContain(lastLine);
  expect(rowsOf(services)).toEqual([['models.pull', 'hf.co/a/b', outcome]]);
});
