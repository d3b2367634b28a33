import { request as httpRequest } from 'node:http';
import { afterEach, describe, expect, it } from 'vitest';
import { temporaryServices } from '../../testing/temporary-home.ts';
import { createApp, type RunningServer, startServer } from './server.ts';

const program = { version: '0.0.0-test', command: ['fts'] };
let server: RunningServer | undefined;
afterEach(async () => {
  await server?.close();
  server = undefined;
});

async function open(): Promise<string> {
  const services = temporaryServices();
  server = await startServer(() => createApp(services, program), '127.0.0.1', 0);
  return server.url;
}

interface Upload {
  status: number | undefined;
  /** How many bytes went out before the answer came. */
  sent: number;
}

/** Sends zeros for as long as the server takes them; with `announced`, says so before and sends nothing at all. */
function upload(url: string, path: string, bytes: number, announced: boolean): Promise<Upload> {
  return new Promise((resolve, reject) => {
    const headers = { 'content-type': 'application/json', ...(announced ? { 'content-length': bytes } : {}) };
    const chunk = Buffer.alloc(64 * 1024, '0');
    let sent = 0;
    const sending = httpRequest(`${url}${path}`, { method: 'POST', headers }, (answer) => {
      answer.resume();
      resolve({ status: answer.statusCode, sent });
      sending.destroy();
    });
    sending.on('error', reject);
    if (announced) return void sending.flushHeaders();
    const next = (): void => {
      if (sending.destroyed || sent >= bytes) return void sending.end();
      sent += chunk.length;
      sending.write(chunk, () => setImmediate(next));
    };
    next();
  });
}

const megabyte = 1024 * 1024;

describe('a body that is too large', () => {
  it.each([
    ['/api/operations/jobs.list', 2 * megabyte],
    ['/api/ask', 2 * megabyte],
    ['/api/pull', 2 * megabyte],
    ['/v1/chat/completions', 200 * megabyte],
    ['/api/chat', 200 * megabyte],
    ['/mcp', 200 * megabyte],
  ])('is refused by its length before it is read: %s', async (path, bytes) => {
    expect(await upload(await open(), path, bytes, true)).toEqual({ status: 413, sent: 0 });
  });

  it('is refused on the way where its length was not said', async () => {
    const { status, sent } = await upload(await open(), '/api/operations/jobs.list', 200 * megabyte, false);
    expect(status).toBe(413);
    expect(sent).toBeLessThan(100 * megabyte);
  });

  it('is one for operations where it is none for a model', async () => {
    const url = await open();
    const body = JSON.stringify({ model: 'nope', prompt: 'x'.repeat(2 * megabyte) });
    const post = (path: string) =>
      fetch(`${url}${path}`, { method: 'POST', headers: { 'content-type': 'application/json' }, body });
    expect((await post('/v1/completions')).status).toBe(404);
    expect((await post('/api/operations/models.ask')).status).toBe(413);
  });
});

describe('what is accepted', () => {
  const call = async (path: string, body: string) => {
    const app = createApp(temporaryServices(), program);
    const answer = await app.request(`http://127.0.0.1:8787${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', accept: 'application/json, text/event-stream' },
      body,
    });
    return { status: answer.status, text: await answer.text() };
  };

  it('is not nested deeper than anything sensible', async () => {
    const deep = `${'{"a":'.repeat(5000)}1${'}'.repeat(5000)}`;
    for (const path of ['/api/operations/jobs.list', '/v1/chat/completions', '/api/chat', '/mcp'])
      expect([path, (await call(path, deep)).status]).toEqual([path, 400]);
  });

  it('is never ignored: a field that an operation does not have is refused', async () => {
    const { status, text } = await call('/api/operations/jobs.list', '{"limt":5}');
    expect([status, JSON.parse(text)]).toMatchObject([400, { error: { field: 'limt' } }]);
  });

  it('comes back in an error by its beginning only', async () => {
    for (const body of [{ id: 'x'.repeat(100_000) }, { [`y${'x'.repeat(100_000)}`]: 1 }, { id: ['x'.repeat(100_000)] }])
      expect((await call('/api/operations/jobs.show', JSON.stringify(body))).text.length).toBeLessThan(2000);
  });
});
