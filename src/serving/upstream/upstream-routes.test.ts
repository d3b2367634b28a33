import type { AddressInfo } from 'node:net';
import { serve } from '@hono/node-server';
import { Hono } from 'hono';
import { streamText } from 'hono/streaming';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { ServingTelemetry } from '../metrics/serving-telemetry.ts';
import { upstreamRoutes } from './upstream-routes.ts';

/** A fake upstream that answers in OpenAI's and Ollama's formats and records the requests. */
const seen: { path: string; authorization: string | undefined; body: unknown }[] = [];
let clientLeft = false;
let callersOwn: { key: string | undefined; cookie: string | undefined } | undefined;

function otherServer(): Hono {
  const app = new Hono();
  app.use(async (context, next) => {
    const text = await context.req.text();
    const authorization = context.req.header('authorization');
    seen.push({ path: context.req.path, authorization, body: text === '' ? undefined : JSON.parse(text) });
    await next();
  });
  app.post('/v1/chat/completions', (context) => {
    const { stream } = seen.at(-1)!.body as { stream?: boolean };
    const usage = { prompt_tokens: 7, completion_tokens: 2, total_tokens: 9 };
    if (!stream)
      return context.json({ choices: [{ index: 0, message: { content: 'Hi!' }, finish_reason: 'stop' }], usage });
    context.header('content-type', 'text/event-stream');
    return streamText(context, async (out) => {
      for (const content of ['Hi', '!'])
        await out.write(`data: ${JSON.stringify({ choices: [{ delta: { content } }] })}\n\n`);
      await out.write(`data: ${JSON.stringify({ choices: [{ delta: {}, finish_reason: 'length' }] })}\n\n`);
      await out.write(`data: ${JSON.stringify({ choices: [], usage })}\n\ndata: [DONE]\n\n`);
    });
  });
  app.post('/v1/completions', (context) => {
    return streamText(context, async (out) => {
      out.onAbort(() => {
        clientLeft = true;
      });
      while (!clientLeft) {
        await out.write(`data: ${JSON.stringify({ choices: [{ text: 'x' }] })}\n\n`);
        await out.sleep(5);
      }
    });
  });
  app.post('/v1/embeddings', (context): Response => {
    callersOwn = { key: context.req.header('x-api-key'), cookie: context.req.header('cookie') };
    const { model } = seen.at(-1)!.body as { model: string };
    const status = Number(/^redirect-(\d+)$/.exec(model)?.[1]);
    if (status > 0) return context.body(null, status as 307, { location: '/v1/stolen' });
    if (model !== 'cookie') return context.json({ error: { message: 'no embeddings here' } }, 400);
    context.header('set-cookie', 'a=1');
    context.header('access-control-allow-origin', '*');
    return context.json({ data: [] });
  });
  app.get('/v1/models', (context) => context.json({ object: 'list', data: [{ id: 'far' }] }));
  app.post('/api/chat', (context) => {
    const line = (fields: object) => `${JSON.stringify({ model: 'far', ...fields })}\n`;
    return context.body(
      line({ message: { role: 'assistant', content: 'Hel' }, done: false }) +
        line({ message: { role: 'assistant', content: 'lo' }, done: false }) +
        line({ message: { content: '' }, done: true, done_reason: 'stop', prompt_eval_count: 5, eval_count: 3 }),
      200,
      { 'content-type': 'application/x-ndjson' },
    );
  });
  return app;
}

describe('an upstream server', () => {
  let other: ReturnType<typeof serve>;
  let front: ReturnType<typeof serve>;
  let url: string;
  let telemetry: ServingTelemetry;

  beforeAll(async () => {
    other = serve({ fetch: otherServer().fetch, hostname: '127.0.0.1', port: 0 });
    await new Promise((resolve) => other.once('listening', resolve));
    telemetry = new ServingTelemetry({ prefix: 'vllm:' });
    const routes = upstreamRoutes({
      url: `http://127.0.0.1:${(other.address() as AddressInfo).port}/`,
      apiKey: 'far-key',
      observe: telemetry.request.bind(telemetry),
    });
    front = serve({ fetch: routes.fetch, hostname: '127.0.0.1', port: 0 });
    await new Promise((resolve) => front.once('listening', resolve));
    url = `http://127.0.0.1:${(front.address() as AddressInfo).port}`;
  });

  afterAll(() => {
    front.close();
    other.close();
  });

  beforeEach(() => {
    seen.length = 0;
  });

  const post = (path: string, body: object, headers: Record<string, string> = {}, signal?: AbortSignal) =>
    fetch(`${url}${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: JSON.stringify(body),
      ...(signal === undefined ? {} : { signal }),
    });
  const value = async (name: string, labels: Record<string, string>) => {
    const metric = (await telemetry.registry.getMetricsAsJSON()).find((candidate) => candidate.name === name);
    const of = (metric?.values ?? []) as { value: number; labels: Record<string, string>; metricName?: string }[];
    const found = of.find(
      (entry) =>
        Object.entries(labels).every(([key, wanted]) => entry.labels[key] === wanted) &&
        (entry.metricName === undefined || entry.metricName.endsWith('_count')),
    );
    return found?.value ?? 0;
  };

  it('gets bodies unchanged, with its own key instead of the caller’s', async () => {
    const body = { model: 'far', messages: [{ role: 'user', content: 'Hello' }], unknown_field: [1, { a: null }] };
    const response = await post('/v1/chat/completions', body, { authorization: 'Bearer callers-own' });
    expect(await response.json()).toMatchObject({ choices: [{ message: { content: 'Hi!' } }] });
    expect(response.headers.get('x-request-id')).toMatch(/^[\w-]+$/);
    expect(seen).toEqual([{ path: '/v1/chat/completions', authorization: 'Bearer far-key', body }]);
    expect(await (await fetch(`${url}/v1/models`)).json()).toEqual({ object: 'list', data: [{ id: 'far' }] });
  });

  it('is measured by its server-sent events', async () => {
    const response = await post('/v1/chat/completions', { model: 'streamed', messages: [], stream: true });
    expect(await response.text()).toContain('data: [DONE]');
    expect(await value('vllm:time_to_first_token_seconds', { model_name: 'streamed' })).toBe(1);
    expect(await value('vllm:inter_token_latency_seconds', { model_name: 'streamed' })).toBe(1);
    expect(await value('vllm:prompt_tokens_total', { model_name: 'streamed' })).toBe(7);
    expect(await value('vllm:generation_tokens_total', { model_name: 'streamed' })).toBe(2);
    expect(await value('vllm:request_success_total', { model_name: 'streamed', finished_reason: 'length' })).toBe(1);
  });

  it('is measured by Ollama’s NDJSON lines', async () => {
    const response = await post('/api/chat', { model: 'lines', messages: [] });
    expect((await response.text()).trim().split('\n')).toHaveLength(3);
    expect(await value('vllm:prompt_tokens_total', { model_name: 'lines' })).toBe(5);
    expect(await value('vllm:request_success_total', { model_name: 'lines', finished_reason: 'stop' })).toBe(1);
    expect(await value('vllm:request_generation_tokens', { model_name: 'lines' })).toBe(1);
  });

  it('has its refusals forwarded with their status', async () => {
    const response = await post('/v1/embeddings', { model: 'far', input: 'x' });
    expect(response.status).toBe(400);
    expect(await response.json()).toEqual({ error: { message: 'no embeddings here' } });
  });

  it('has its redirects refused, and its cookies and CORS headers dropped', async () => {
    for (const status of [301, 302, 307, 308]) {
      const response = await post('/v1/embeddings', { model: `redirect-${status}`, input: 'x' });
      expect([response.status, response.headers.get('location')]).toEqual([503, null]);
      expect(((await response.json()) as { error: { message: string } }).error.message).toContain('not followed');
    }
    expect(seen.map(({ path }) => path)).toEqual(Array.from({ length: 4 }, () => '/v1/embeddings'));
    const response = await post('/v1/embeddings', { model: 'cookie', input: 'x' }, { 'x-api-key': 'k', cookie: 'c=1' });
    expect(response.headers.get('set-cookie')).toBeNull();
    expect(response.headers.get('access-control-allow-origin')).toBeNull();
    expect(callersOwn).toEqual({ key: undefined, cookie: undefined });
  });

  it('has its request cancelled when the client disconnects', async () => {
    const abort = new AbortController();
    const response = await post('/v1/completions', { model: 'left', prompt: 'x', stream: true }, {}, abort.signal);
    const reader = response.body!.getReader();
    await reader.read();
    abort.abort();
    await reader.read().catch(() => undefined);
    await expect.poll(() => clientLeft, { timeout: 5000 }).toBe(true);
    await expect
      .poll(() => value('vllm:request_success_total', { model_name: 'left', finished_reason: 'abort' }))
      .toBe(1);
  });

  it('is reported as 503 with Retry-After if it cannot be reached', async () => {
    const alone = upstreamRoutes({ url: 'http://127.0.0.1:9', observe: telemetry.request.bind(telemetry) });
    const response = await alone.request('/v1/completions', { method: 'POST', body: '{"model":"gone","prompt":"x"}' });
    expect(response.status).toBe(503);
    expect(response.headers.get('retry-after')).toBe('5');
    expect(((await response.json()) as { error: { message: string } }).error.message).toContain('does not answer');
    expect(await value('vllm:request_failure_total', { model_name: 'gone', kind: 'unavailable' })).toBe(1);
  });
});
