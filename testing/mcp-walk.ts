import assert from 'node:assert/strict';
import type { ChildProcessWithoutNullStreams } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { serve } from '@hono/node-server';
import { Hono } from 'hono';
import { openServices } from '../src/services/open-services.ts';
import { type Simulator, startSimulator } from './akamai-simulator/simulator.ts';
import { spawnFts } from './fts-process.ts';

/** What the person behind a client answers when the server's form is shown to them. */
export type Answer = 'approve' | 'deny' | 'decline';

/** What the walk needs of a client, whichever it is. */
export interface Walker {
  list(): Promise<string[]>;
  /** `answer` is given to a form, if the server shows one. */
  call(name: string, args: Record<string, unknown>, answer?: Answer): Promise<Outcome>;
  read(uri: string): Promise<string>;
  /** Starts a job and returns its id. */
  start(tool: string, args: Record<string, unknown>): Promise<string>;
  cancel(id: string): Promise<void>;
  close(): Promise<void>;
}

export interface Outcome {
  data: Record<string, unknown>;
  failed: boolean;
  text: string;
  /** The form's words, where one was shown. */
  shown: string | undefined;
}

/** A server of ours over HTTP, what starts another over stdio on the same home, and what both of them talk to. */
export interface WalkWorld {
  url: string;
  /** A key for HTTP: only a client that holds one may approve in its own form. */
  token: string;
  stdio: { command: string; args: string[] };
  environment: Record<string, string>;
  simulator: Simulator;
  modelUrl: string;
  close(): Promise<void>;
}

const main = join(import.meta.dirname, '../src/cli/main.ts');

export async function openWalkWorld(): Promise<WalkWorld> {
  const home = mkdtempSync(join(tmpdir(), 'fts-walk-'));
  const simulator = await startSimulator();
  const model = await startStubModel();
  const services = openServices({ FTS_HOME: home }, {});
  const { token } = services.keys.create('walk', ['admin']);
  services.database.close();
  const environment = {
    FTS_HOME: home,
    HOME: home,
    PATH: process.env.PATH ?? '',
    NO_COLOR: '1',
    FTS_AKAMAI_MODE: 'change',
    FTS_APPROVAL_CLIENT_FORMS: 'true',
    FTS_ADDRESSES_ALLOW: model.url,
    AKAMAI_HOST: simulator.origin,
    AKAMAI_CLIENT_TOKEN: 'client-token-1',
    AKAMAI_CLIENT_SECRET: 'client-secret-1',
    AKAMAI_ACCESS_TOKEN: 'access-token-1',
  };
  const server = spawnFts(['serve', '--port', '0'], home, environment);
  return {
    url: await mcpUrlOf(server),
    token,
    stdio: { command: process.execPath, args: ['--import', 'tsx', main, 'mcp'] },
    environment,
    simulator,
    modelUrl: model.url,
    close: async () => {
      server.kill('SIGTERM');
      await once(server, 'exit');
      await simulator.close();
      model.close();
      rmSync(home, { recursive: true, force: true });
    },
  };
}

async function mcpUrlOf(server: ChildProcessWithoutNullStreams): Promise<string> {
  for await (const line of createInterface({ input: server.stdout })) {
    const found = /http:\/\/[\d.]+:\d+\/mcp/.exec(line)?.[0];
    if (found !== undefined) return found;
  }
  throw new Error('the server did not say where it is');
}

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

/**
 * What every client has to be able to do: discover, read a resource, run a tool, a job to its end, a job cancelled, a
 * plan approved in the server's form, a plan refused, a form declined.
 */
export async function walk(walker: Walker, { simulator, modelUrl }: WalkWorld): Promise<void> {
  assert((await walker.list()).includes('akamai_apply'));
  assert('models' in JSON.parse(await walker.read('fts://models')));
  assert.match(await walker.read('fts://reference/metrics'), /^#/m);
  assert(!(await walker.call('jobs_list', {})).failed);

  // A job to its end, and one that is cancelled: it must stop long before its requests are done.
  const load = {
    url: modelUrl,
    model: 'stub',
    concurrency: [1],
    promptTokens: 4,
    outputTokens: 4,
    warmupRequests: 0,
  };
  const short = await walker.start('benchmark', { ...load, requestsPerLevel: 2 });
  const long = await walker.start('benchmark', { ...load, requestsPerLevel: 1_000_000 });
  assert.equal(await endOf(walker, short), 'succeeded');
  await walker.cancel(long);
  assert.equal(await endOf(walker, long), 'cancelled');

  const before = simulator.writes().length;
  const applied = await walker.call('akamai_apply', { planId: await planPurge(walker) }, 'approve');
  assert.equal(applied.data.state, 'applied', applied.text);
  assert.match(applied.shown ?? '', /www\.example\.com/);
  assert.equal(simulator.writes().length, before + 1);
  for (const answer of ['deny', 'decline'] as const) {
    assert((await walker.call('akamai_apply', { planId: await planPurge(walker) }, answer)).failed);
  }
  assert.equal(simulator.writes().length, before + 1);

  // No worker that was starting when the job was cancelled may have taken it up after all.
  assert.equal((await walker.call('jobs_show', { id: long })).data.state, 'cancelled');
}

async function endOf(walker: Walker, id: string): Promise<string> {
  for (;;) {
    const { data, failed, text } = await walker.call('jobs_show', { id, waitSeconds: 30 });
    assert(!failed, text);
    if (data.state !== 'queued' && data.state !== 'running') return String(data.state);
  }
}

async function planPurge(walker: Walker): Promise<string> {
  const objects = ['https://www.example.com/index.html'];
  const planned = await walker.call('akamai_purge', { objects, network: 'staging' });
  assert.equal(planned.data.state, 'proposed', planned.text);
  return String(planned.data.id);
}

/** Jobs as a client handles them that does not know tasks: by our job tools. */
export const byJobTools = (call: Walker['call']): Pick<Walker, 'start' | 'cancel'> => ({
  start: async (tool, args) => String((await call(tool, args)).data.id),
  cancel: async (id) => void (await call('jobs_cancel', { id })),
});

/** A tool's result as every client of the protocol gives it. */
export function outcomeOf(result: unknown, shown: string | undefined): Outcome {
  const { structuredContent, isError, content } = result as {
    structuredContent?: Record<string, unknown>;
    isError?: boolean;
    content: { text?: string }[];
  };
  return {
    data: structuredContent ?? {},
    failed: isError === true,
    text: content.map(({ text }) => text ?? '').join('\n'),
    shown,
  };
}

/** A form's answer in the protocol's words. */
export function elicitResultOf(answer: Answer) {
  return answer === 'decline'
    ? { action: 'decline' as const }
    : { action: 'accept' as const, content: { decision: answer } };
}
