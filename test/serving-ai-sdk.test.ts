import { createOpenAICompatible } from '@ai-sdk/openai-compatible';
import { serve } from '@hono/node-server';
import { generateObject, generateText, streamText, tool } from 'ai';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { openAiRoutes } from '../src/serving/openai/openai-routes.ts';
import type { ModelPool } from '../src/serving/pool/model-pool.ts';
import { TINY } from '../testing/models/random-gguf.ts';
import { engineMissing, poolOf, randomModel } from '../testing/models/test-model.ts';

describe.skipIf(engineMissing() !== undefined)("Vercel's ai package", () => {
  let pool: ModelPool;
  let server: ReturnType<typeof serve>;
  let provider: ReturnType<typeof createOpenAICompatible>;

  beforeAll(async () => {
    const settings = { contextTokens: 4096, maxRunning: 4, threads: 1 };
    pool = poolOf({ tiny: { name: 'tiny', ggufPath: randomModel(TINY), settings } });
    const url = await new Promise<string>((resolve) => {
      server = serve({ fetch: openAiRoutes(pool).fetch, hostname: '127.0.0.1', port: 0 }, (info) =>
        resolve(`http://127.0.0.1:${info.port}/v1`),
      );
    });
    provider = createOpenAICompatible({
      name: 'fts',
      baseURL: url,
      supportsStructuredOutputs: true,
      includeUsage: true,
    });
  });

  afterAll(async () => {
    server.close();
    await pool.drain(1);
  });

  it('streams text with usage', async () => {
    const result = streamText({ model: provider('tiny'), prompt: 'Hello', maxOutputTokens: 20, temperature: 0 });
    let text = '';
    for await (const piece of result.textStream) text += piece;
    expect(text).toBe(await result.text);
    expect((await result.usage).outputTokens).toBeLessThanOrEqual(20);
  });

  it('calls a tool with valid arguments', async () => {
    const { toolCalls } = await generateText({
      model: provider('tiny'),
      prompt: 'Add one and two.',
      tools: { add: tool({ inputSchema: z.object({ a: z.int().min(0).max(9), b: z.int().min(0).max(9) }) }) },
      toolChoice: 'required',
      maxOutputTokens: 200,
      seed: 2,
    });
    expect(toolCalls[0]).toMatchObject({ toolName: 'add', input: { a: expect.any(Number), b: expect.any(Number) } });
  });

  it('gives an object of the schema', async () => {
    const { object } = await generateObject({
      model: provider('tiny'),
      prompt: 'A colour.',
      schema: z.object({ colour: z.enum(['red', 'green']), shade: z.int().min(1).max(100) }),
      maxOutputTokens: 200,
      seed: 4,
    });
    expect(['red', 'green']).toContain(object.colour);
  });

  it('stops the engine when the stream is aborted', async () => {
    const { model, release } = await pool.acquire('tiny');
    const abort = new AbortController();
    const result = streamText({
      model: provider('tiny'),
      prompt: 'x',
      maxOutputTokens: 3000,
      abortSignal: abort.signal,
      onError: () => undefined,
    });
    for await (const _piece of result.textStream) abort.abort();
    await expect.poll(() => model.engine.load?.running, { timeout: 5000 }).toBe(0);
    release();
  });
});
