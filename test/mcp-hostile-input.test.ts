import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createApp } from '../src/http/server.ts';
import { createMcpFace } from '../src/mcp/protocol/mcp-face.ts';
import { serveStdin } from '../src/mcp/protocol/serve-stdin.ts';
import { mulberry32 } from '../src/random/mulberry32.ts';
import type { Services } from '../src/services/context.ts';
import { openServices } from '../src/services/open-services.ts';

const messages = 10_000;
const home = mkdtempSync(join(tmpdir(), 'fts-hostile-'));
let services: Services;
let app: ReturnType<typeof createApp>;
let secret: string;

beforeAll(() => {
  services = openServices({ FTS_HOME: home, AKAMAI_CLIENT_SECRET: 'do-not-tell-anybody-0123456789' }, {});
  app = createApp(services, { version: '0.0.0', command: ['fts'] });
  secret = services.keys.create('fuzz', ['read']).token;
});

afterAll(() => {
  services.database.close();
  rmSync(home, { recursive: true, force: true });
});

const envelope = {
  'io.modelcontextprotocol/protocolVersion': '2026-07-28',
  'io.modelcontextprotocol/clientInfo': { name: 'fuzz', version: '1' },
  'io.modelcontextprotocol/clientCapabilities': {},
};
const json = { 'content-type': 'application/json', accept: 'application/json, text/event-stream' };

const send = (body: string | Uint8Array, headers: Record<string, string> = json) =>
  app.request('/mcp', { method: 'POST', headers, body: body as never });

const modern = (method: string, params: object = {}, headers: Record<string, string> = {}) =>
  send(JSON.stringify({ jsonrpc: '2.0', id: 1, method, params: { ...params, _meta: envelope } }), {
    ...json,
    'mcp-protocol-version': '2026-07-28',
    'mcp-method': method,
    ...headers,
  });

const callTool = (name: string, args: unknown) => modern('tools/call', { name, arguments: args }, { 'mcp-name': name });

const errorCode = async (response: Response): Promise<number | undefined> =>
  ((await response.json()) as { error?: { code: number } }).error?.code;

async function expectAlive(): Promise<void> {
  const response = await callTool('models_list', {});
  expect(response.status).toBe(200);
  expect(await response.json()).toMatchObject({ result: { structuredContent: { models: [] } } });
}

describe('hostile input over HTTP', () => {
  it('that is no JSON is a parse error', async () => {
    for (const body of ['', '{', 'nonsense', '{"jsonrpc":"2.0",', '\u0000', 'NaN']) {
      const response = await send(body);
      expect(response.status).toBe(400);
      expect(await errorCode(response)).toBe(-32700);
    }
    await expectAlive();
  });

  it('that is no JSON-RPC is an invalid request', async () => {
    for (const body of ['null', '1', '"x"', '[]', '{}', '{"jsonrpc":"1.0","id":1,"method":"tools/list"}', '[[[]]]']) {
      const response = await send(body);
      expect(response.status, body).toBe(400);
      expect(await errorCode(response), body).toBeLessThan(0);
    }
    await expectAlive();
  });

  it('of 10 MB is refused before it is parsed', async () => {
    const response = await callTool('jobs_show', { id: 'x'.repeat(10 * 1024 * 1024) });
    expect(response.status).toBe(413);
    await expectAlive();
  });

  it('nested a hundred thousand deep does not bring the server down', async () => {
    const deep = `${'{"a":'.repeat(100_000)}1${'}'.repeat(100_000)}`;
    const body = `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"jobs_show","arguments":${deep},"_meta":${JSON.stringify(envelope)}}}`;
    const response = await send(body, {
      ...json,
      'mcp-protocol-version': '2026-07-28',
      'mcp-method': 'tools/call',
      'mcp-name': 'jobs_show',
    });
    expect(response.status).toBeGreaterThanOrEqual(200);
    expect(response.status).toBeLessThan(600);
    await expectAlive();
  });

  it('with headers that contradict the body or name an unknown era has its own codes', async () => {
    const mismatched = await modern('tools/list', {}, { 'mcp-method': 'tools/call' });
    expect(mismatched.status).toBe(400);
    expect(await errorCode(mismatched)).toBe(-32020);
    const wrongName = await modern('tools/call', { name: 'jobs_list', arguments: {} }, { 'mcp-name': 'models_list' });
    expect(await errorCode(wrongName)).toBe(-32020);
    const unknownEra = await send(
      JSON.stringify({
        jsonrpc: '2.0',
        id: 1,
        method: 'tools/list',
        params: { _meta: { ...envelope, 'io.modelcontextprotocol/protocolVersion': '2099-01-01' } },
      }),
      { ...json, 'mcp-protocol-version': '2099-01-01', 'mcp-method': 'tools/list' },
    );
    expect(await errorCode(unknownEra)).toBe(-32022);
    expect((await send('{}', { ...json, 'content-type': 'text/plain' })).status).toBe(415);
    expect(
      (await send('{"jsonrpc":"2.0","id":1,"method":"tools/list"}', { ...json, 'mcp-session-id': 'made-up' })).status,
    ).toBe(404);
  });

  it('for a tool, a resource, a prompt or a method that does not exist says so', async () => {
    expect(await errorCode(await callTool('format_disk', {}))).toBe(-32602);
    expect(await errorCode(await modern('resources/read', { uri: 'fts://nope' }, { 'mcp-name': 'fts://nope' }))).toBe(
      -32602,
    );
    const outside = 'fts://runs/..%2f..%2fetc/metrics';
    expect(await errorCode(await modern('resources/read', { uri: outside }, { 'mcp-name': outside }))).toBe(-32602);
    expect(await errorCode(await modern('prompts/get', { name: 'nope' }, { 'mcp-name': 'nope' }))).toBe(-32602);
    expect(await errorCode(await modern('disks/format'))).toBe(-32601);
  });

  it('from another site’s page is refused', async () => {
    const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/list', params: { _meta: envelope } });
    expect((await send(body, { ...json, host: 'evil.example' })).status).toBe(403);
    expect((await send(body, { ...json, origin: 'https://evil.example' })).status).toBe(403);
  });

  it(`of ${messages.toLocaleString('en')} mutated messages gets a proper answer each, and none tells a secret`, async () => {
    const random = mulberry32(20260728);
    for (let index = 0; index < messages; index++) {
      const { body, headers } = mutated(random);
      const response = await send(body, headers);
      expect(statuses, `status of message ${index}: ${body.slice(0, 200)}`).toContain(response.status);
      const text = await response.text();
      expect(text).not.toContain(secret.slice(17));
      expect(text).not.toContain('do-not-tell-anybody');
      expect(text).not.toMatch(/\n\s+at .*\.(ts|js):\d+/);
    }
    await expectAlive();
  }, 120_000);
});

describe('hostile input over standard input', () => {
  it('leaves the connection able to answer', async () => {
    const input = new PassThrough();
    const output = new PassThrough();
    const answers: string[] = [];
    output.on('data', (chunk: Buffer) => answers.push(chunk.toString()));
    const { factory } = createMcpFace(services, { version: '0.0.0' });
    const connection = serveStdin(factory, input, output);
    const random = mulberry32(42);
    const open = { jsonrpc: '2.0', id: 'open', method: 'tools/list', params: { _meta: envelope } };
    input.write(`${JSON.stringify(open)}\n`);
    for (let index = 0; index < 2000; index++) input.write(`${mutated(random).body.replaceAll(/[\r\n]/g, ' ')}\n`);
    // Too large for one message, and too deep to walk through.
    const huge = JSON.stringify({
      ...open,
      method: 'tools/call',
      params: { ...open.params, name: 'x'.repeat(10 * 1024 * 1024) },
    });
    for (const line of [huge, `${'['.repeat(100_000)}${']'.repeat(100_000)}`]) input.write(`${line}\n`);
    input.write(`${JSON.stringify({ ...open, id: 'still-there' })}\n`);
    await expect.poll(() => answers.join(''), { timeout: 20_000 }).toContain('"id":"still-there"');
    expect(answers.join('')).toContain('"code":-32600,"message":"The message is larger than');
    expect(answers.join('')).not.toContain('do-not-tell-anybody');
    await connection.close();
  });
});

const statuses = [200, 202, 400, 401, 403, 404, 405, 406, 409, 413, 415];

/** A request that might have been right, with something wrong about it. */
function mutated(random: () => number): { body: string; headers: Record<string, string> } {
  const pick = <Item>(items: readonly Item[]): Item => items[Math.floor(random() * items.length)]!;
  const junk = (): unknown =>
    pick<unknown>([
      null,
      true,
      -1,
      1e308,
      '',
      'x'.repeat(Math.floor(random() * 2000)),
      '../../etc/passwd',
      '__proto__',
      'constructor',
      '\u0000\uffff\ud800',
      [],
      {},
      [[[[[]]]]],
      { __proto__: { admin: true } },
      { toString: 1 },
      "'; DROP TABLE jobs; --",
      'fts://jobs/%00',
      Number.MAX_SAFE_INTEGER + 2,
    ]);
  const method = pick([
    'tools/list',
    'tools/call',
    'resources/read',
    'resources/list',
    'resources/subscribe',
    'prompts/get',
    'completion/complete',
    'tasks/get',
    'tasks/cancel',
    'initialize',
    'ping',
    'server/discover',
    'logging/setLevel',
    'notifications/cancelled',
    'notifications/initialized',
    '',
    'x'.repeat(300),
    'constructor',
  ]);
  const name = pick([
    'jobs_list',
    'jobs_show',
    'models_show',
    'plan',
    'akamai_search',
    'nope',
    'toString',
    '__proto__',
  ]);
  const message: Record<string, unknown> = {
    jsonrpc: '2.0',
    id: Math.floor(random() * 100),
    method,
    params: {
      name,
      uri: pick(['fts://models', 'fts://jobs/x', 'fts://runs/x/metrics', 'file:///etc/passwd', 'nope']),
      taskId: 'job-x',
      arguments: { id: 'job-x', name: 'operator', limit: 3, [JSON.stringify(junk()).slice(0, 40)]: junk() },
      ref: { type: 'ref/prompt', name: 'model_to_edge' },
      argument: { name: 'model', value: '' },
      ...(random() < 0.7 ? { _meta: envelope } : {}),
    },
  };
  const mutations = Math.floor(random() * 3);
  for (let count = 0; count < mutations; count++) {
    const target = random() < 0.5 ? message : ((message.params ?? {}) as Record<string, unknown>);
    if (typeof target !== 'object' || target === null) continue;
    const key = pick([...Object.keys(target), 'extra', '_meta', 'requestState', 'inputResponses']);
    if (random() < 0.3) delete target[key];
    else target[key] = junk();
  }
  let body = JSON.stringify(random() < 0.05 ? [message, message] : message);
  if (random() < 0.1) body = body.slice(0, Math.floor(random() * body.length));
  if (random() < 0.05) body = body.replace(/"/, pick(['', "'", '\\']));
  const headers: Record<string, string> = { ...json };
  if (random() < 0.6) {
    headers['mcp-protocol-version'] = pick(['2026-07-28', '2025-11-25', '2024-11-05', 'x']);
    if (/^[\x21-\x7e]+$/.test(method)) headers['mcp-method'] = random() < 0.9 ? method : 'tools/list';
    headers['mcp-name'] = name;
  }
  if (random() < 0.05) headers['mcp-session-id'] = pick(['', 'x', '0'.repeat(500)]);
  if (random() < 0.05) headers.accept = pick(['*/*', 'text/html', 'application/json']);
  if (random() < 0.05) headers['x-mcp-toolsets'] = pick(['', 'all', 'jobs', ',,,', '__proto__']);
  return { body, headers };
}
