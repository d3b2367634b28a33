import { serve } from '@hono/node-server';
import { Hono } from 'hono';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Simulator, startSimulator } from '../../testing/akamai-simulator/simulator.ts';
import { temporaryHome } from '../../testing/temporary-home.ts';
import type { Services } from '../services/context.ts';
import { openServices } from '../services/open-services.ts';
import { createApp } from './server.ts';

let simulator: Simulator;
let services: Services;
let script: ((lastResult: string) => object)[];
let stopModel: () => void;

beforeEach(async () => {
  simulator = await startSimulator();
  const model = new Hono();
  model.post('/v1/chat/completions', async (context) => {
    const { messages } = (await context.req.json()) as { messages: { content: string }[] };
    return context.json({ choices: [{ message: script.shift()!(messages.at(-1)!.content) }] });
  });
  const url = await new Promise<string>((resolve) => {
    const server = serve({ fetch: model.fetch, hostname: '127.0.0.1', port: 0 }, ({ port }) =>
      resolve(`http://127.0.0.1:${port}/v1`),
    );
    stopModel = () => void server.close();
  });
  services = openServices(
    {
      FTS_HOME: temporaryHome(),
      FTS_AKAMAI_MODE: 'change',
      AKAMAI_HOST: simulator.origin,
      AKAMAI_CLIENT_TOKEN: 'client-token-1',
      AKAMAI_CLIENT_SECRET: 'client-secret-1',
      AKAMAI_ACCESS_TOKEN: 'access-token-1',
    },
    { 'ask.url': url, 'ask.model': 'some-model' },
  );
});

afterEach(async () => {
  stopModel();
  services.database.close();
  await simulator.close();
});

const toolCall = (name: string, args: object) => ({
  content: null,
  tool_calls: [{ id: name, type: 'function', function: { name, arguments: JSON.stringify(args) } }],
});
const planIn = (text: string): string => /plan-[a-z0-9]+-[a-z0-9]+/.exec(text)![0];
const purge = () => toolCall('akamai_purge', { objects: ['https://www.example.com/a.css'], network: 'staging' });

/** The events of one answer, as `[event, data]`. */
async function askOverHttp(body: object, token?: string): Promise<[string, Record<string, unknown>][]> {
  const response = await createApp(services, { version: '0.0.0', command: ['fts'] }).request('/api/ask', {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
    },
    body: JSON.stringify(body),
  });
  expect(response.status).toBe(200);
  return [...(await response.text()).matchAll(/^event: (\w+)\ndata: (.*)$/gm)].map(([, event, data]) => [
    event!,
    JSON.parse(data!) as Record<string, unknown>,
  ]);
}

describe('asking over HTTP', () => {
  it('tells each step, and leaves a change to a person at its page in the console', async () => {
    script = [
      purge,
      (text) => toolCall('akamai_apply', { planId: planIn(text) }),
      () => ({ content: 'It waits for you.' }),
    ];
    const events = await askOverHttp({ request: 'purge a.css on staging' });
    expect(events.map(([event, { kind, tool }]) => [event, kind, tool])).toEqual([
      ['step', 'call', 'akamai_purge'],
      ['step', 'result', 'akamai_purge'],
      ['step', 'call', 'akamai_apply'],
      ['step', 'approval', undefined],
      ['step', 'result', 'akamai_apply'],
      ['answer', undefined, undefined],
    ]);
    expect(events[3]![1].url).toMatch(/^http:\/\/127\.0\.0\.1:8787\/console\/plans\/plan-/);
    expect(events[5]![1].answer).toBe('It waits for you.');
    expect(simulator.writes()).toHaveLength(0);
  });

  it('has the rights of the caller and no more', async () => {
    const { token } = services.keys.create('reader', ['read']);
    script = [purge, (text) => ({ content: text })];
    const events = await askOverHttp({ request: 'purge a.css on staging' }, token);
    expect(events.at(-1)).toEqual([
      'answer',
      { answer: expect.stringContaining('needs the scope "plan"'), done: false },
    ]);
  });

  it('says in words what is wrong', async () => {
    script = [() => ({ nonsense: true, tool_calls: 'none' })];
    expect((await askOverHttp({ request: 'x' })).at(-1)).toEqual([
      'error',
      expect.objectContaining({ kind: 'corrupt' }),
    ]);
  });
});
