import type { ChildProcessWithoutNullStreams } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { serve } from '@hono/node-server';
import { Client as ClientV2, StreamableHTTPClientTransport as HttpV2 } from '@modelcontextprotocol/client';
import { StdioClientTransport as StdioV2 } from '@modelcontextprotocol/client/stdio';
import { Client as ClientV1 } from '@modelcontextprotocol/sdk/client/index.js';
import { StdioClientTransport as StdioV1 } from '@modelcontextprotocol/sdk/client/stdio.js';
import { StreamableHTTPClientTransport as HttpV1 } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { ElicitRequestSchema } from '@modelcontextprotocol/sdk/types.js';
import { Hono } from 'hono';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Simulator, startSimulator } from './akamai-simulator/simulator.ts';
import { spawnFts } from './fts-process.ts';

/** What the walk needs of a client, whichever line of the SDK it is from. */
interface Walker {
  list(): Promise<string[]>;
  call(
    name: string,
    args: Record<string, unknown>,
  ): Promise<{ data: Record<string, unknown>; failed: boolean; text: string }>;
  read(uri: string): Promise<string>;
  close(): Promise<void>;
}

const main = join(import.meta.dirname, '../src/cli/main.ts');
const home = mkdtempSync(join(tmpdir(), 'fts-walk-'));
let simulator: Simulator;
let model: { url: string; close: () => void };
let environment: Record<string, string>;
let server: ChildProcessWithoutNullStreams;
let url: URL;
let answer: { action: 'accept'; content: { decision: 'approve' | 'deny' } } | { action: 'decline' };
let shown: string[];

beforeAll(async () => {
  simulator = await startSimulator();
  model = await startStubModel();
  environment = {
    FTS_HOME: home,
    HOME: home,
    PATH: process.env.PATH ?? '',
    NO_COLOR: '1',
    FTS_AKAMAI_MODE: 'change',
    AKAMAI_HOST: simulator.origin,
    AKAMAI_CLIENT_TOKEN: 'client-token-1',
    AKAMAI_CLIENT_SECRET: 'client-secret-1',
    AKAMAI_ACCESS_TOKEN: 'access-token-1',
  };
  server = spawnFts(['serve', '--port', '0'], home, environment);
  for await (const line of createInterface({ input: server.stdout })) {
    const found = /http:\/\/[\d.]+:\d+\/mcp/.exec(line)?.[0];
    if (found === undefined) continue;
    url = new URL(found);
    break;
  }
}, 60_000);

afterAll(async () => {
  server.kill('SIGTERM');
  await once(server, 'exit');
  await simulator.close();
  model.close();
  rmSync(home, { recursive: true, force: true });
});

/** A server that streams four tokens to whoever asks: something for a benchmark to measure within seconds. */
async function startStubModel(): Promise<{ url: string; close: () => void }> {
  const app = new Hono();
  app.post('/v1/completions', () => {
    const chunks = ['a', ' b', ' c', ' d'].map((text) => ({ choices: [{ index: 0, text, finish_reason: null }] }));
    const usage = { prompt_tokens: 4, completion_tokens: 4, total_tokens: 8 };
    const events = [...chunks, { choices: [{ index: 0, text: '', finish_reason: 'length' }] }, { choices: [], usage }];
    const body = `${events.map((event) => `data: ${JSON.stringify(event)}\n\n`).join('')}data: [DONE]\n\n`;
    return new Response(body, { headers: { 'content-type': 'text/event-stream' } });
  });
  return new Promise((resolve) => {
    const listening = serve({ fetch: app.fetch, hostname: '127.0.0.1', port: 0 }, ({ port }) =>
      resolve({ url: `http://127.0.0.1:${port}`, close: () => void listening.close() }),
    );
  });
}

const stdio = { command: process.execPath, args: ['--import', 'tsx', main, 'mcp'] };

async function walkV1(transport: 'http' | 'stdio'): Promise<Walker> {
  const client = new ClientV1({ name: 'walk', version: '1' }, { capabilities: { elicitation: {} } });
  client.setRequestHandler(ElicitRequestSchema, ({ params }) => {
    shown.push(params.message);
    return answer;
  });
  await client.connect(
    transport === 'http' ? (new HttpV1(url) as never) : new StdioV1({ ...stdio, env: environment, stderr: 'ignore' }),
  );
  return {
    list: async () => (await client.listTools()).tools.map(({ name }) => name),
    call: async (name, args) =>
      outcome(await client.callTool({ name, arguments: args }, undefined, { timeout: 60_000 })),
    read: async (uri) => textOf((await client.readResource({ uri })).contents),
    close: () => client.close(),
  };
}

async function walkV2(transport: 'http' | 'stdio'): Promise<Walker> {
  const client = new ClientV2(
    { name: 'walk', version: '1' },
    { versionNegotiation: { mode: 'auto' }, capabilities: { elicitation: { form: {} } } },
  );
  client.setRequestHandler('elicitation/create', ({ params }) => {
    shown.push(params.message);
    return answer;
  });
  await client.connect(
    transport === 'http' ? new HttpV2(url) : new StdioV2({ ...stdio, env: environment, stderr: 'ignore' }),
  );
  expect(client.getProtocolEra()).toBe('modern');
  return {
    list: async () => (await client.listTools()).tools.map(({ name }) => name),
    call: async (name, args) => outcome(await client.callTool({ name, arguments: args }, { timeout: 60_000 })),
    read: async (uri) => textOf((await client.readResource({ uri })).contents),
    close: () => client.close(),
  };
}

function outcome(result: unknown): Awaited<ReturnType<Walker['call']>> {
  const { structuredContent, isError, content } = result as {
    structuredContent?: Record<string, unknown>;
    isError?: boolean;
    content: { text?: string }[];
  };
  return {
    data: structuredContent ?? {},
    failed: isError === true,
    text: content.map(({ text }) => text ?? '').join('\n'),
  };
}

const textOf = (contents: unknown[]): string =>
  (contents as { text?: string }[]).map(({ text }) => text ?? '').join('');

async function waitForEnd(walker: Walker, id: string): Promise<string> {
  for (;;) {
    const { data } = await walker.call('jobs_show', { id, waitSeconds: 30 });
    if (data.state !== 'queued' && data.state !== 'running') return String(data.state);
  }
}

async function planPurge(walker: Walker): Promise<string> {
  const planned = await walker.call('akamai_purge', {
    objects: ['https://www.example.com/index.html'],
    network: 'staging',
  });
  expect(planned.failed, planned.text).toBe(false);
  expect(planned.data.state).toBe('proposed');
  return String(planned.data.id);
}

describe.each([
  ['the client of SDK 1', walkV1],
  ['the client of SDK 2', walkV2],
])('%s', (_, connect) => {
  it.each(['http', 'stdio'] as const)(
    'walks through everything over %s',
    async (transport) => {
      shown = [];
      const walker = await connect(transport);
      expect(await walker.list()).toContain('akamai_apply');
      expect(JSON.parse(await walker.read('fts://models'))).toHaveProperty('models');
      expect(await walker.read('fts://reference/metrics')).toMatch(/^#/m);
      expect((await walker.call('jobs_list', {})).failed).toBe(false);

      // A job to its end, and one that is cancelled: it must stop long before its requests are done.
      const load = {
        url: model.url,
        model: 'stub',
        concurrency: [1],
        promptTokens: 4,
        outputTokens: 4,
        warmupRequests: 0,
      };
      const short = await walker.call('benchmark', { ...load, requestsPerLevel: 2 });
      const long = await walker.call('benchmark', { ...load, requestsPerLevel: 1_000_000 });
      expect(await waitForEnd(walker, String(short.data.id))).toBe('succeeded');
      await walker.call('jobs_cancel', { id: long.data.id });
      expect(await waitForEnd(walker, String(long.data.id))).toBe('cancelled');

      // A plan that a person approves, one that they refuse, one whose form they close.
      answer = { action: 'accept', content: { decision: 'approve' } };
      const before = simulator.writes().length;
      const applied = await walker.call('akamai_apply', { planId: await planPurge(walker) });
      expect(applied.data.state, applied.text).toBe('applied');
      expect(shown.at(-1)).toContain('www.example.com');
      expect(simulator.writes()).toHaveLength(before + 1);

      answer = { action: 'accept', content: { decision: 'deny' } };
      expect((await walker.call('akamai_apply', { planId: await planPurge(walker) })).failed).toBe(true);
      answer = { action: 'decline' };
      expect((await walker.call('akamai_apply', { planId: await planPurge(walker) })).failed).toBe(true);
      expect(simulator.writes()).toHaveLength(before + 1);
      // No worker that was starting when the job was cancelled may have taken it up after all.
      expect((await walker.call('jobs_show', { id: long.data.id })).data.state).toBe('cancelled');
      await walker.close();
    },
    160_000,
  );
});
