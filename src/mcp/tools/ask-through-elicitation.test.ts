import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client, type ElicitResult, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import type { AuthInfo } from '@modelcontextprotocol/server';
import { Hono } from 'hono';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { z } from 'zod';
import { callerBy } from '../../../testing/callers.ts';
import { defineOperation } from '../../operations/operation.ts';
import type { Services } from '../../services/context.ts';
import { openServices } from '../../services/open-services.ts';
import { authInfoOf } from '../protocol/caller.ts';
import { mcpRoutes } from '../protocol/mcp-routes.ts';
import { operationTool } from './operation-tool.ts';

let home: string;
let services: Services | undefined;
let applied: string[];
let digest: string;

const applyPlan = defineOperation({
  name: 'test.apply',
  title: 'Apply a plan',
  description: 'Applies a plan after a person has approved it.',
  effect: 'destructive',
  scope: 'plan',
  idempotent: true,
  openWorld: true,
  job: false,
  example: 'fts test apply',
  input: z.object({ planId: z.string() }),
  output: z.object({ state: z.string() }),
  async run({ planId }, { askPerson }) {
    const answer = await askPerson?.({
      message: `Apply ${planId}? It purges 3 URLs on PRODUCTION.`,
      fields: z.object({ approve: z.boolean().meta({ title: 'Yes, apply it' }), reason: z.string().optional() }),
      digest,
      path: `/#plans/${planId}`,
    });
    if (answer === undefined) return { state: 'nobody to ask' };
    if (answer.action !== 'accept' || answer.values.approve !== true) return { state: 'refused' };
    applied.push(planId);
    return { state: `approved by ${answer.person === '' ? 'nobody' : 'a person'}` };
  },
});

function reopen(flags: Parameters<typeof openServices>[1]): void {
  services?.database.close();
  services = openServices({ FTS_HOME: home }, flags);
}

beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'fts-ask-'));
  reopen({ 'approval.client-forms': true });
  applied = [];
  digest = 'sha256-of-the-plan';
});

afterEach(() => {
  services?.database.close();
  services = undefined;
  rmSync(home, { recursive: true, force: true });
});

/** The routes as they stand behind authentication; a keyless caller leaves nothing there. */
function appFor(key: AuthInfo | null): Hono<{ Variables: { authInfo?: AuthInfo } }> {
  const app = new Hono<{ Variables: { authInfo?: AuthInfo } }>();
  app.use(async (context, next) => {
    if (key !== null) context.set('authInfo', key);
    await next();
  });
  return app.route(
    '/',
    mcpRoutes(services!, { version: '0.0.0', extra: { tools: [operationTool(applyPlan, services!)] } }),
  );
}

async function connect(
  mode: 'legacy' | { pin: string },
  answer?: (message: string, params: object) => ElicitResult,
  capabilities: object = { elicitation: { form: {} } },
  key: AuthInfo | null = authInfoOf(callerBy('mcp', 'key:ana')),
): Promise<Client> {
  const app = appFor(key);
  const client = new Client(
    { name: 'test', version: '1' },
    { versionNegotiation: { mode }, capabilities: answer === undefined ? {} : capabilities },
  );
  if (answer !== undefined)
    client.setRequestHandler('elicitation/create', (request) => answer(request.params.message, request.params));
  await client.connect(
    new StreamableHTTPClientTransport(new URL('http://localhost/mcp'), {
      fetch: async (url, init) => app.fetch(new Request(url, init)),
    }),
  );
  return client;
}

const call = { name: 'test_apply', arguments: { planId: 'plan-1' } };

describe.each([
  ['2026-07-28', { pin: '2026-07-28' } as const],
  ['2025-11-25', 'legacy' as const],
])('a person asked through elicitation, protocol %s', (_, mode) => {
  it('approves in the form that the server wrote', async () => {
    const shown: string[] = [];
    const client = await connect(mode, (message) => {
      shown.push(message);
      return { action: 'accept', content: { approve: true } };
    });
    const { structuredContent } = await client.callTool(call);
    expect(structuredContent).toEqual({ state: 'approved by a person' });
    expect(shown).toEqual(['Apply plan-1? It purges 3 URLs on PRODUCTION.']);
    expect(applied).toEqual(['plan-1']);
    await client.close();
  });

  it.each([
    { action: 'decline' },
    { action: 'cancel' },
    { action: 'accept', content: { approve: false } },
  ] as ElicitResult[])('refuses with %o, and nothing happens', async (answer) => {
    const client = await connect(mode, () => answer);
    const { structuredContent } = await client.callTool(call);
    expect(structuredContent).toEqual({ state: 'refused' });
    expect(applied).toEqual([]);
    await client.close();
  });

  it('is not asked in the form of a client without a key, nor where the operator does not allow forms', async () => {
    const answer = () => ({ action: 'accept', content: { approve: true } }) as const;
    const keyless = await connect(mode, answer, { elicitation: { form: {} } }, null);
    expect((await keyless.callTool(call)).structuredContent).toEqual({ state: 'nobody to ask' });
    await keyless.close();
    reopen({});
    const keyed = await connect(mode, answer);
    expect((await keyed.callTool(call)).structuredContent).toEqual({ state: 'nobody to ask' });
    await keyed.close();
    expect(applied).toEqual([]);
  });

  it('is sent to the console by a client that opens links, whose word then counts for nothing', async () => {
    reopen({});
    const links: unknown[] = [];
    const client = await connect(
      mode,
      (_message, params) => {
        links.push(params);
        return { action: 'accept' };
      },
      { elicitation: { form: {}, url: {} } },
      null,
    );
    expect((await client.callTool(call)).structuredContent).toEqual({ state: 'refused' });
    expect(links).toMatchObject([{ mode: 'url', url: expect.stringContaining('/#plans/plan-1') }]);
    expect(applied).toEqual([]);
    await client.close();
  });

  it('cannot be replaced by an argument, or by a client that shows no forms', async () => {
    const client = await connect(mode);
    const forged = { planId: 'plan-1', approve: true, answer: { action: 'accept', content: { approve: true } } };
    expect((await client.callTool({ name: 'test_apply', arguments: forged })).isError).toBe(true);
    expect((await client.callTool(call)).structuredContent).toEqual({ state: 'nobody to ask' });
    expect(applied).toEqual([]);
    await client.close();
  });
});

describe('an answer of the 2026 era', () => {
  const client = () => {
    const app = appFor(authInfoOf(callerBy('mcp', 'key:ana')));
    return (params: object) => send(app, params);
  };
  const send = async (app: ReturnType<typeof appFor>, params: object) => {
    const response = await app.request('/mcp', {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        accept: 'application/json, text/event-stream',
        'mcp-protocol-version': '2026-07-28',
        'mcp-method': 'tools/call',
        'mcp-name': 'test_apply',
      },
      body: JSON.stringify({
        jsonrpc: '2.0',
        id: 1,
        method: 'tools/call',
        params: {
          ...call,
          ...params,
          _meta: {
            'io.modelcontextprotocol/protocolVersion': '2026-07-28',
            'io.modelcontextprotocol/clientInfo': { name: 't', version: '1' },
            'io.modelcontextprotocol/clientCapabilities': { elicitation: { form: {} } },
          },
        },
      }),
    });
    return (await response.json()) as {
      result?: { resultType: string; requestState: string; structuredContent?: unknown };
      error?: { code: number };
    };
  };
  const accepted = { inputResponses: { answer: { action: 'accept', content: { approve: true } } } };

  it('counts for nothing without the sealed state, or with an altered one', async () => {
    const ask = client();
    expect((await ask(accepted)).result?.resultType).toBe('input_required');
    const state = (await ask({})).result!.requestState;
    const altered = state.slice(0, -2) + (state.endsWith('AA') ? 'BB' : 'AA');
    expect((await ask({ ...accepted, requestState: altered })).error?.code).toBe(-32602);
    expect((await ask({ ...accepted, requestState: 'x' })).error?.code).toBe(-32602);
    expect(applied).toEqual([]);
    expect((await ask({ ...accepted, requestState: state })).result?.structuredContent).toEqual({
      state: 'approved by a person',
    });
  });

  it('counts for nothing ten minutes later', async () => {
    const ask = client();
    const state = (await ask({})).result!.requestState;
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 601_000 });
    try {
      expect((await ask({ ...accepted, requestState: state })).error?.code).toBe(-32602);
    } finally {
      vi.useRealTimers();
    }
    expect(applied).toEqual([]);
  });

  it('counts only for what was shown', async () => {
    const ask = client();
    const state = (await ask({})).result!.requestState;
    digest = 'sha256-of-something-else';
    expect((await ask({ ...accepted, requestState: state })).result?.resultType).toBe('input_required');
    expect(applied).toEqual([]);
  });
});
