import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { serve } from '@hono/node-server';
import { Hono } from 'hono';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { callerOf } from '../mcp/protocol/caller.ts';
import type { Services } from '../services/context.ts';
import { openServices } from '../services/open-services.ts';
import { ask, type Step, toolsetsFor } from './ask.ts';
import { askLimitsOf } from './ask-budget.ts';
import { connectToOurselves } from './own-client.ts';

let home: string;
let services: Services;
let url: string;
let stop: () => void;
let script: object[];
let received: { tools?: object[]; messages: { role: string; content: string }[] }[];

beforeEach(async () => {
  home = mkdtempSync(join(tmpdir(), 'fts-assistant-'));
  services = openServices({ FTS_HOME: home }, {});
  received = [];
  const app = new Hono();
  app.post('/v1/chat/completions', async (context) => {
    received.push(await context.req.json());
    return context.json({ choices: [{ message: script.shift() }] });
  });
  await new Promise<void>((resolve) => {
    const server = serve({ fetch: app.fetch, hostname: '127.0.0.1', port: 0 }, ({ port }) => {
      url = `http://127.0.0.1:${port}/v1`;
      resolve();
    });
    stop = () => void server.close();
  });
});

afterEach(() => {
  stop();
  services.database.close();
  rmSync(home, { recursive: true, force: true });
});

const toolCall = (name: string, args: object) => ({
  content: null,
  tool_calls: [{ id: `call-${name}`, type: 'function', function: { name, arguments: JSON.stringify(args) } }],
});

async function answerTo(request: string, model: string): Promise<{ answer: string; done: boolean; steps: Step[] }> {
  const steps: Step[] = [];
  const client = await connectToOurselves(services, {
    version: '0.0.0',
    toolsets: toolsetsFor(model),
    person: undefined,
    caller: callerOf(undefined),
  });
  const answered = await ask(request, {
    client,
    limits: askLimitsOf(services.config.values),
    model: { url, model },
    onStep: (step) => steps.push(step),
    signal: new AbortController().signal,
  }).finally(() => client.close());
  return { ...answered, steps };
}

describe('asking in plain words', () => {
  it('lets a model call our tools until it has its answer, showing each step', async () => {
    services.jobs.submit('train', { name: 'x' });
    script = [toolCall('jobs_list', { limit: 5 }), { content: 'One job is queued.' }];
    const { answer, steps } = await answerTo('what is running?', 'some-model');
    expect(answer).toBe('One job is queued.');
    expect(steps.map(({ kind }) => kind)).toEqual(['call', 'result']);
    expect(received[0]?.tools?.length).toBeGreaterThan(15);
    expect(received[1]?.messages.at(-1)?.content).toContain('"operation":"train"');
  });

  it('tells a model what it did wrong, instead of giving up', async () => {
    script = [toolCall('format_disk', {}), toolCall('jobs_show', { id: 'nope' }), { content: 'There is no such job.' }];
    const { answer, steps } = await answerTo('show me that job', 'some-model');
    expect(answer).toBe('There is no such job.');
    expect(steps.filter((step) => step.kind === 'result' && step.failed)).toHaveLength(2);
  });

  it('carries the operator model’s proposal out as one call of a tool', async () => {
    script = [{ content: '{"operation":"dns.zone.list","arguments":{}}' }];
    const { steps } = await answerTo('which zones are there?', 'operator');
    expect(steps.map((step) => [step.kind, 'tool' in step ? step.tool : step.kind])).toEqual([
      ['proposal', 'proposal'],
      ['call', 'akamai_dns'],
      ['result', 'akamai_dns'],
    ]);
    expect(received[0]?.tools).toBeUndefined();
  });

  it('asks for what the operator model’s proposal leaves open, and does nothing', async () => {
    script = [{ content: '{"operation":"purge.tag","arguments":{"tags":["black-friday"],"action":"INVALIDATE"}}' }];
    const { answer, steps } = await answerTo('purge black-friday', 'operator');
    expect(steps).toEqual([expect.objectContaining({ kind: 'proposal', operation: 'purge.tag' })]);
    expect(answer).toMatch(/Nothing was done.*network/s);
  });

  it('looks up in the catalogue what no tool does', async () => {
    script = [{ content: '{"operation":"networklist.list","arguments":{}}' }];
    const { answer, steps } = await answerTo('show the network lists', 'operator');
    expect(steps[1]).toMatchObject({ kind: 'call', tool: 'akamai_search' });
    expect(answer).toMatch(/Nothing was done.*network.list/is);
  });

  it('offers a model no tool that the operator’s settings leave out', async () => {
    services.database.close();
    services = openServices({ FTS_HOME: home }, { 'mcp.toolsets': 'jobs', 'mcp.read-only': true });
    script = [{ content: 'fine' }];
    await answerTo('what is running?', 'some-model');
    expect(received[0]?.tools).toHaveLength(2);
  });

  it('says so when the operator model has no proposal, and when no model answers', async () => {
    script = [{ content: '{"operation":"none","arguments":{}}' }];
    expect((await answerTo('write a poem', 'operator')).answer).toMatch(/sees none of its operations/);
    stop();
    url = 'http://127.0.0.1:9/v1';
    await expect(answerTo('anything', 'some-model')).rejects.toMatchObject({ kind: 'unavailable' });
  });
});
