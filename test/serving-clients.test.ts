import { serve } from '@hono/node-server';
import { Hono } from 'hono';
import { Ollama } from 'ollama';
import OpenAI from 'openai';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ollamaRoutes } from '../src/serving/ollama/ollama-routes.ts';
import { openAiRoutes } from '../src/serving/openai/openai-routes.ts';
import type { ModelPool } from '../src/serving/pool/model-pool.ts';
import { TINY } from '../testing/models/random-gguf.ts';
import { engineMissing, poolOf, randomModel } from '../testing/models/test-model.ts';

const missing = engineMissing();

const weatherTool = {
  type: 'function' as const,
  function: {
    name: 'get_weather',
    description: 'The weather of a city.',
    parameters: {
      type: 'object',
      properties: { city: { type: 'string', maxLength: 8 }, days: { type: 'integer', minimum: 1, maximum: 7 } },
      required: ['city', 'days'],
      additionalProperties: false,
    },
  },
};

describe.skipIf(missing !== undefined)('clients that we did not write', () => {
  let pool: ModelPool;
  let server: ReturnType<typeof serve>;
  let url: string;
  let openai: OpenAI;
  let ollama: Ollama;

  beforeAll(async () => {
    pool = poolOf({
      tiny: { name: 'tiny', ggufPath: randomModel(TINY), settings: { contextTokens: 4096, maxRunning: 8, threads: 1 } },
    });
    const app = new Hono();
    app.route('/', openAiRoutes(pool));
    app.route('/', ollamaRoutes(pool));
    await new Promise<void>((resolve) => {
      server = serve({ fetch: app.fetch, hostname: '127.0.0.1', port: 0 }, (info) => {
        url = `http://127.0.0.1:${info.port}`;
        resolve();
      });
    });
    openai = new OpenAI({ baseURL: `${url}/v1`, apiKey: 'none', maxRetries: 0 });
    ollama = new Ollama({ host: url });
  });

  afterAll(async () => {
    server.close();
    await pool.drain(1);
  });

  it('openai: a whole answer with usage', async () => {
    const answer = await openai.chat.completions.create({
      model: 'tiny',
      messages: [{ role: 'user', content: 'Hello' }],
      max_tokens: 12,
      temperature: 0,
    });
    expect(answer.choices[0]?.message.role).toBe('assistant');
    expect(answer.usage?.completion_tokens).toBeLessThanOrEqual(12);
    expect(answer.usage?.prompt_tokens).toBeGreaterThan(5);
  });

  it('openai: streamed text equals whole text, usage comes last', async () => {
    const request = { model: 'tiny', prompt: 'Once upon', max_tokens: 24, temperature: 0, seed: 7 };
    const whole = await openai.completions.create(request);
    const stream = await openai.completions.create({
      ...request,
      stream: true,
      stream_options: { include_usage: true },
    });
    let text = '';
    let tokens = 0;
    for await (const chunk of stream) {
      text += chunk.choices[0]?.text ?? '';
      tokens = chunk.usage?.completion_tokens ?? tokens;
    }
    expect(text).toBe(whole.choices[0]?.text);
    expect(tokens).toBe(whole.usage?.completion_tokens);
  });

  it('openai: a forced tool call has arguments that satisfy the schema, streamed too', async () => {
    const request = {
      model: 'tiny',
      messages: [{ role: 'user' as const, content: 'Weather in Bern?' }],
      tools: [weatherTool],
      tool_choice: 'required' as const,
      seed: 3,
      max_tokens: 400,
    };
    const answer = await openai.chat.completions.create(request);
    const call = answer.choices[0]?.message.tool_calls?.[0];
    expect(answer.choices[0]?.finish_reason).toBe('tool_calls');
    expect(call?.type === 'function' && call.function.name).toBe('get_weather');
    const streamed = await openai.chat.completions.stream(request).finalChatCompletion();
    const streamedCall = streamed.choices[0]?.message.tool_calls?.[0];
    const args = JSON.parse(streamedCall?.type === 'function' ? streamedCall.function.arguments : '') as {
      city: string;
      days: number;
    };
    expect(args.city.length).toBeLessThanOrEqual(8);
    expect(args.days).toBeGreaterThanOrEqual(1);
    expect(args.days).toBeLessThanOrEqual(7);
  });

  it('openai: structured output parses', async () => {
    const answer = await openai.chat.completions.create({
      model: 'tiny',
      messages: [{ role: 'user', content: 'A person.' }],
      response_format: {
        type: 'json_schema',
        json_schema: {
          name: 'person',
          schema: {
            type: 'object',
            properties: { name: { type: 'string', maxLength: 6 }, age: { type: 'integer', minimum: 0, maximum: 120 } },
            required: ['name', 'age'],
            additionalProperties: false,
          },
        },
      },
      max_tokens: 300,
      seed: 5,
    });
    const person = JSON.parse(answer.choices[0]?.message.content ?? '') as { name: string; age: number };
    expect(typeof person.name).toBe('string');
    expect(person.age).toBeLessThanOrEqual(120);
  });

  it('openai: aborting a stream frees its place in the engine', async () => {
    const { model, release } = await pool.acquire('tiny');
    const stream = await openai.completions.create({
      model: 'tiny',
      prompt: 'x',
      max_tokens: 3000,
      ignore_eos: true,
      stream: true,
    } as OpenAI.CompletionCreateParamsStreaming);
    for await (const _chunk of stream) break;
    stream.controller.abort();
    await expect.poll(() => model.engine.load?.running, { timeout: 5000 }).toBe(0);
    release();
  });

  it('openai: an unknown model is a 404 with its code, a bad value a 400 with its field', async () => {
    await expect(openai.completions.create({ model: 'nobody', prompt: 'x' })).rejects.toMatchObject({
      status: 404,
      code: 'model_not_found',
    });
    await expect(openai.completions.create({ model: 'tiny', prompt: 'x', temperature: 9 })).rejects.toMatchObject({
      status: 400,
      param: 'temperature',
    });
  });

  it('openai: embeddings have length 1', async () => {
    const { data } = await openai.embeddings.create({ model: 'tiny', input: ['one', 'two'] });
    expect(data).toHaveLength(2);
    expect(Math.hypot(...(data[0]?.embedding ?? []))).toBeCloseTo(1, 3);
  });

  it('openai: log probabilities come with the chosen token first among the best under greedy', async () => {
    const answer = await openai.chat.completions.create({
      model: 'tiny',
      messages: [{ role: 'user', content: 'Hi' }],
      max_tokens: 4,
      temperature: 0,
      logprobs: true,
      top_logprobs: 5,
    });
    const first = answer.choices[0]?.logprobs?.content?.[0];
    expect(first?.top_logprobs).toHaveLength(5);
    expect(first?.top_logprobs[0]?.token).toBe(first?.token);
  });

  it('ollama: chat streams and ends with nanosecond durations', async () => {
    const stream = await ollama.chat({
      model: 'tiny',
      messages: [{ role: 'user', content: 'Hello' }],
      stream: true,
      options: { num_predict: 10, temperature: 0 },
    });
    let last: { done: boolean; eval_count?: number; total_duration?: number } | undefined;
    for await (const part of stream) last = part;
    expect(last?.done).toBe(true);
    expect(last?.eval_count).toBeLessThanOrEqual(10);
    expect(last?.total_duration).toBeGreaterThan(1000);
  });

  it('ollama: a tool call comes back as one, whole and streamed', async () => {
    const { name, parameters } = weatherTool.function;
    const call = { name: { const: name }, arguments: parameters };
    const request = {
      model: 'tiny',
      messages: [{ role: 'user', content: 'Weather in Bern?' }],
      tools: [weatherTool],
      // This API cannot force a call; a format can make random weights write one.
      format: { type: 'object', properties: call, required: ['name', 'arguments'], additionalProperties: false },
      options: { seed: 3, num_predict: 400 },
    };
    const { message } = await ollama.chat(request);
    expect(message.tool_calls?.[0]?.function.name).toBe(name);
    expect(message.tool_calls?.[0]?.function.arguments).toMatchObject({ days: expect.any(Number) });
    const calls = [];
    for await (const part of await ollama.chat({ ...request, stream: true }))
      calls.push(...(part.message.tool_calls ?? []));
    expect(calls).toEqual(message.tool_calls);
  });

  it('ollama: generate with a format gives JSON; abort ends the stream', async () => {
    const answer = await ollama.generate({
      model: 'tiny',
      prompt: 'x',
      format: { type: 'array', items: { type: 'integer' }, minItems: 1, maxItems: 3 },
      options: { seed: 1, num_predict: 200 },
    });
    expect(Array.isArray(JSON.parse(answer.response ?? ''))).toBe(true);
    const stream = await ollama.generate({ model: 'tiny', prompt: 'x', stream: true, options: { num_predict: 3000 } });
    setTimeout(() => stream.abort(), 100);
    await expect(
      (async () => {
        for await (const _part of stream);
      })(),
    ).rejects.toThrow(/abort/i);
  });

  it('ollama: lists, shows, embeds, tells what runs', async () => {
    expect((await ollama.list()).models[0]?.name).toBe('tiny:latest');
    expect((await ollama.ps()).models[0]?.name).toBe('tiny:latest');
    const shown = await ollama.show({ model: 'tiny' });
    expect(shown.details.family).toBe('llama');
    expect((await ollama.embed({ model: 'tiny', input: 'x' })).embeddings[0]).toHaveLength(128);
  });
});
