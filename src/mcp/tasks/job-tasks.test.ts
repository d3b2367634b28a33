import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { beforeEach, describe, expect, it } from 'vitest';
import { temporaryServices } from '../../../testing/temporary-home.ts';
import type { Services } from '../../services/context.ts';
import { requireScope } from '../protocol/caller.ts';
import { mcpRoutes } from '../protocol/mcp-routes.ts';
import { tasksExtension } from './task.ts';

let services: Services;
let app: ReturnType<typeof mcpRoutes>;

beforeEach(() => {
  services = temporaryServices();
  app = mcpRoutes(services, { version: '0.0.0' });
});

interface Answer {
  result?: Record<string, unknown>;
  error?: { code: number };
}

/** A request of the 2026 era from a client that knows the Tasks extension, or does not. */
async function send(method: string, params: { name?: string; taskId?: string }, extensions: object): Promise<Answer> {
  const response = await app.request('/mcp', {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      accept: 'application/json, text/event-stream',
      'mcp-protocol-version': '2026-07-28',
      'mcp-method': method,
      'mcp-name': params.name ?? params.taskId ?? '',
    },
    body: JSON.stringify({
      jsonrpc: '2.0',
      id: 1,
      method,
      params: {
        ...params,
        _meta: {
          'io.modelcontextprotocol/protocolVersion': '2026-07-28',
          'io.modelcontextprotocol/clientInfo': { name: 't', version: '1' },
          'io.modelcontextprotocol/clientCapabilities': { extensions },
        },
      },
    }),
  });
  return (await response.json()) as Answer;
}

const withTasks = { [tasksExtension]: {} };
const startBenchmark = (extensions: object) =>
  send('tools/call', { name: 'benchmark', arguments: { model: 'tiny' } } as never, extensions);
const taskOf = async (taskId: string) => (await send('tasks/get', { taskId }, withTasks)).result;

describe('a job, for a client that knows tasks', () => {
  it('is a task from its start to its result', async () => {
    const started = (await startBenchmark(withTasks)).result!;
    expect(started).toMatchObject({ resultType: 'task', status: 'working' });
    const taskId = started.taskId as string;
    services.jobs.claim(taskId);
    services.jobs.report(taskId, { stage: 'load', done: 3, total: 8, unit: 'requests' });
    expect(await taskOf(taskId)).toMatchObject({ status: 'working', statusMessage: 'load 3/8 requests' });
    services.jobs.finish(taskId, { state: 'succeeded', result: { levels: [] } });
    expect(await taskOf(taskId)).toMatchObject({
      status: 'completed',
      result: { structuredContent: { levels: [] }, content: [{ type: 'text', text: '{"levels":[]}' }] },
    });
  });

  it('is cancelled with its task, once and again', async () => {
    const taskId = (await startBenchmark(withTasks)).result!.taskId as string;
    expect((await send('tasks/cancel', { taskId }, withTasks)).error).toBeUndefined();
    expect((await send('tasks/cancel', { taskId }, withTasks)).error).toBeUndefined();
    expect(await taskOf(taskId)).toMatchObject({ status: 'cancelled' });
    expect(services.jobs.get(taskId).state).toBe('cancelled');
    const rows = services.audit.list({ action: 'jobs.cancel', limit: 10 });
    expect(rows).toMatchObject([{ subject: taskId, channel: 'mcp', outcome: 'ok' }]);
  });

  it('refuses a caller without the right, with one row of the audit log', () => {
    const caller = { name: 'key:x', channel: 'mcp', credential: 'key', scopes: ['read'] } as const;
    const refuse = () => requireScope({ ...caller, scopes: [...caller.scopes] }, 'train', 'train', services);
    expect(refuse).toThrow(/needs the scope "train"/);
    expect(services.audit.list({ action: 'auth.refused', limit: 10 })).toMatchObject([
      { actor: 'key:x', subject: 'train', outcome: 'refused', details: { scope: 'train' } },
    ]);
  });

  it('takes an update, and says which task there is not', async () => {
    const taskId = (await startBenchmark(withTasks)).result!.taskId as string;
    expect((await send('tasks/update', { taskId }, withTasks)).error).toBeUndefined();
    for (const method of ['tasks/get', 'tasks/update', 'tasks/cancel']) {
      expect((await send(method, { taskId: 'nope' }, withTasks)).error?.code).toBe(-32602);
    }
  });
});

describe('a job, for a client that does not', () => {
  it('is an id, and no task of that client', async () => {
    const started = (await startBenchmark({})).result!;
    expect(started.resultType).not.toBe('task');
    const { id } = started.structuredContent as { id: string };
    expect(services.jobs.get(id).state).toBe('queued');
    expect((await send('tasks/get', { taskId: id }, {})).error?.code).toBeLessThan(0);
  });

  it('is followed with progress by a tool that waits, and cancelled by another', async () => {
    const client = new Client({ name: 'test', version: '1' }, { versionNegotiation: { mode: 'legacy' } });
    await client.connect(
      new StreamableHTTPClientTransport(new URL('http://localhost/mcp'), {
        fetch: async (url, init) => app.fetch(new Request(url, init)),
      }),
    );
    const { id } = services.jobs.submit('benchmark', {});
    services.jobs.claim(id);
    services.jobs.report(id, { stage: 'load', done: 3, total: 8, unit: 'requests' });
    const heard: unknown[] = [];
    const following = client.callTool(
      { name: 'jobs_show', arguments: { id, waitSeconds: 20 } },
      {
        onprogress: (progress) => {
          heard.push(progress);
          services.jobs.finish(id, { state: 'cancelled', error: { kind: 'cancelled', message: 'Cancelled.' } });
        },
      },
    );
    expect((await following).structuredContent).toMatchObject({ state: 'cancelled' });
    expect(heard).toEqual([expect.objectContaining({ progress: 3, total: 8, message: 'load 3/8 requests' })]);
    const second = services.jobs.submit('benchmark', {});
    await client.callTool({ name: 'jobs_cancel', arguments: { id: second.id } });
    expect(services.jobs.get(second.id).state).toBe('cancelled');
    await client.close();
  });
});
