import { statSync } from 'node:fs';
import { afterEach, describe, expect, it } from 'vitest';
import { TINY } from '../../../testing/models/random-gguf.ts';
import { engineMissing, poolOf, randomModel } from '../../../testing/models/test-model.ts';
import { openAiRoutes } from '../openai/openai-routes.ts';
import { GREEDY } from '../sampling/sampling-settings.ts';
import type { ModelPool, ModelPoolOptions } from './model-pool.ts';

const settings = { contextTokens: 512, maxRunning: 1, threads: 1 };
const ggufPath = randomModel(TINY);
const models = Object.fromEntries(['one', 'two', 'three'].map((name) => [name, { name, ggufPath, settings }]));
const fileBytes = statSync(ggufPath).size;

describe.skipIf(engineMissing() !== undefined)('the pool of models', () => {
  let pool: ModelPool;
  const open = (options: Partial<ModelPoolOptions> = {}) => {
    pool = poolOf(models, options);
    return pool;
  };
  const names = () => pool.loaded().map(({ name }) => name);
  const use = async (name: string, keepAliveSeconds?: number) => {
    const { release } = await pool.acquire(name, keepAliveSeconds);
    release();
  };
  afterEach(() => pool.drain(0));

  it('loads a model once for many requests, and unloads it after its keep-alive time', async () => {
    open();
    const [first, second] = await Promise.all([pool.acquire('one'), pool.acquire('one')]);
    expect(first.model.engine).toBe(second.model.engine);
    first.release();
    second.release();
    expect(names()).toEqual(['one']);
    await use('one', 0);
    await expect.poll(names, { timeout: 5000 }).toEqual([]);
  });

  it('unloads the model that was idle longest when another needs the memory', async () => {
    const kvBytes = 512 * 2 * 2 * 64 * 2;
    open({ memoryBudgetBytes: 2 * (fileBytes + kvBytes) + fileBytes / 2 });
    await use('one');
    await use('two');
    await use('one');
    await use('three');
    expect(names().sort()).toEqual(['one', 'three']);
  });

  it('refuses a model that does not fit beside those in use, with a Retry-After', async () => {
    open({ memoryBudgetBytes: fileBytes * 1.5 });
    const { release } = await pool.acquire('one');
    await expect(pool.acquire('two')).rejects.toMatchObject({ kind: 'exhausted', retryAfterSeconds: 5 });
    release();
    await use('two');
    expect(names()).toEqual(['two']);
  });

  it('does not unload a model that is answering', async () => {
    open();
    const { release } = await pool.acquire('one');
    await expect(pool.unload('one')).rejects.toMatchObject({ kind: 'conflict' });
    release();
    expect(await pool.unload('one')).toBe(true);
    expect(await pool.unload('one')).toBe(false);
  });

  it('answers 429 with Retry-After over HTTP when the queue is full, and reuses the slot of a client that left', async () => {
    open({ maxQueued: 1 });
    const app = openAiRoutes(pool);
    const post = (signal?: AbortSignal) =>
      app.request('/v1/completions', {
        method: 'POST',
        body: JSON.stringify({ model: 'one', prompt: 'x', max_tokens: 400, ignore_eos: true, stream: true }),
        ...(signal === undefined ? {} : { signal }),
      });
    const { model, release } = await pool.acquire('one');
    // One runs and two are sent ahead; the fourth waits, the fifth is refused.
    const leaving = new AbortController();
    const inside = await Promise.all([post(leaving.signal), post(), post()]);
    const waiting = post();
    const refused = await post();
    expect(refused.status).toBe(429);
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThanOrEqual(1);
    expect(await refused.json()).toMatchObject({ error: { type: 'rate_limit_error', code: 'rate_limited' } });
    leaving.abort();
    await inside[0]!.body!.cancel().catch(() => undefined);
    for (const response of [inside[1]!, inside[2]!, await waiting]) expect(await response.text()).toContain('[DONE]');
    expect(model.engine.load?.running).toBe(0);
    release();
  });

  it('stops the prefill of a long prompt when its client disconnects', async () => {
    pool = poolOf({
      long: { name: 'long', ggufPath, settings: { ...settings, contextTokens: 4096, prefillChunkTokens: 16 } },
    });
    const { model, release } = await pool.acquire('long');
    const abort = new AbortController();
    const prompt = Array.from({ length: 3500 }, (_, index) => 3 + (index % 250));
    const generation = model.engine.generate({ prompt, sampling: GREEDY, maxTokens: 5 }, abort.signal);
    const first = generation.next();
    await expect.poll(async () => model.engine.call('residentBytes', null)).toBeGreaterThan(0);
    abort.abort();
    expect(await first).toMatchObject({ value: { kind: 'finish', reason: 'cancelled' } });
    await generation.return(undefined);
    expect(model.engine.load!.prefilledTokens).toBeLessThan(3500);
    expect(model.engine.load!.running).toBe(0);
    release();
  });

  it('finishes running requests and refuses new ones while draining', async () => {
    open();
    const { model, release } = await pool.acquire('one');
    const running = model.engine.complete({ prompt: 'x', sampling: GREEDY, maxTokens: 50, ignoreEos: true });
    const drained = pool.drain(10);
    await expect(pool.acquire('one')).rejects.toMatchObject({ kind: 'unavailable' });
    expect((await running).tokens).toHaveLength(50);
    release();
    await drained;
    expect(names()).toEqual([]);
  });
});
