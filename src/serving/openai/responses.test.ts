import type { AddressInfo } from 'node:net';
import { serve } from '@hono/node-server';
import OpenAI from 'openai';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { TINY } from '../../../testing/models/random-gguf.ts';
import { engineMissing, poolOf, randomModel } from '../../../testing/models/test-model.ts';
import type { ModelPool } from '../pool/model-pool.ts';
import { openAiRoutes } from './openai-routes.ts';

const weather = {
  type: 'function' as const,
  name: 'get_weather',
  strict: true,
  parameters: {
    type: 'object',
    properties: { city: { type: 'string', maxLength: 8 } },
    required: ['city'],
    additionalProperties: false,
  },
};

describe.skipIf(engineMissing() !== undefined)('the responses API, through the openai package', () => {
  let pool: ModelPool;
  let server: ReturnType<typeof serve>;
  let openai: OpenAI;

  beforeAll(async () => {
    const settings = { contextTokens: 4096, maxRunning: 4, threads: 1 };
    pool = poolOf({ tiny: { name: 'tiny', ggufPath: randomModel(TINY), settings } });
    server = serve({ fetch: openAiRoutes(pool).fetch, hostname: '127.0.0.1', port: 0 });
    await new Promise((resolve) => server.once('listening', resolve));
    const baseURL = `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`;
    openai = new OpenAI({ baseURL, apiKey: 'none', maxRetries: 0 });
  });

  afterAll(async () => {
    server.close();
    await pool.drain(1);
  });

  it('answers with text and usage, and reports when it ended at the token limit', async () => {
    const response = await openai.responses.create({
      model: 'tiny',
      instructions: 'Be short.',
      input: [{ role: 'user', content: [{ type: 'input_text', text: 'Hello' }] }],
      max_output_tokens: 8,
      temperature: 0,
    });
    expect(response.object).toBe('response');
    expect(response.status).toBe('incomplete');
    expect(response.incomplete_details).toEqual({ reason: 'max_output_tokens' });
    expect(response.output_text).toBe(
      response.output
        .flatMap((item) => (item.type === 'message' ? item.content : []))
        .map((part) => 'text' in part && part.text)
        .join(''),
    );
    expect(response.usage).toMatchObject({ output_tokens: 8 });
    expect(response.usage!.total_tokens).toBe(response.usage!.input_tokens + 8);
  });

  it('streams the same text in the order of events that the API defines', async () => {
    const request = { model: 'tiny', input: 'Hello', max_output_tokens: 12, temperature: 0 };
    const whole = await openai.responses.create(request);
    const types: string[] = [];
    let text = '';
    let final: OpenAI.Responses.Response | undefined;
    for await (const event of await openai.responses.create({ ...request, stream: true })) {
      expect(event.sequence_number).toBe(types.length);
      types.push(event.type);
      if (event.type === 'response.output_text.delta') text += event.delta;
      if (event.type === 'response.incomplete' || event.type === 'response.completed') final = event.response;
    }
    expect(text).toBe(whole.output_text);
    expect(types.filter((type) => type !== 'response.output_text.delta')).toEqual([
      'response.created',
      'response.in_progress',
      'response.output_item.added',
      'response.content_part.added',
      'response.output_text.done',
      'response.content_part.done',
      'response.output_item.done',
      'response.incomplete',
    ]);
    expect(final?.usage?.output_tokens).toBe(12);
  });

  it('calls a tool with valid arguments, with and without streaming, and accepts its result', async () => {
    const request = { model: 'tiny', input: 'Weather?', tools: [weather], tool_choice: 'required' as const };
    const response = await openai.responses.create(request);
    const call = response.output.find((item) => item.type === 'function_call');
    expect(call).toMatchObject({ name: 'get_weather', status: 'completed' });
    expect(typeof (JSON.parse(call!.arguments) as { city: unknown }).city).toBe('string');

    let streamed = '';
    for await (const event of await openai.responses.create({ ...request, stream: true })) {
      if (event.type === 'response.function_call_arguments.done') streamed = event.arguments;
    }
    expect(typeof (JSON.parse(streamed) as { city: unknown }).city).toBe('string');

    const next = await openai.responses.create({
      model: 'tiny',
      input: [
        { role: 'user', content: 'Weather?' },
        call!,
        { type: 'function_call_output', call_id: call!.call_id, output: '{"degrees": 7}' },
      ],
      max_output_tokens: 4,
    });
    expect(next.usage!.input_tokens).toBeGreaterThan(response.usage!.input_tokens);
  });

  it('generates only JSON that fits the schema', async () => {
    const response = await openai.responses.create({
      model: 'tiny',
      input: 'A number.',
      text: {
        format: {
          type: 'json_schema',
          name: 'number',
          schema: {
            type: 'object',
            properties: { n: { type: 'integer' } },
            required: ['n'],
            additionalProperties: false,
          },
        },
      },
    });
    expect(Number.isInteger((JSON.parse(response.output_text) as { n: number }).n)).toBe(true);
  });

  it('refuses an image, naming its path, instead of dropping it', async () => {
    const image = { type: 'input_image' as const, image_url: 'data:image/png;base64,AA==', detail: 'auto' as const };
    await expect(
      openai.responses.create({
        model: 'tiny',
        input: [{ role: 'user', content: [{ type: 'input_text', text: 'What is this?' }, image] }],
      }),
    ).rejects.toMatchObject({ status: 400, param: 'input.0.content.1.type', message: /"input_image"/ });
  });

  it('refuses to force a call without tools', async () => {
    await expect(openai.responses.create({ model: 'tiny', input: 'x', tool_choice: 'required' })).rejects.toMatchObject(
      { status: 400, param: 'tool_choice' },
    );
  });

  it('refuses earlier call arguments that are not JSON, as the chat API does', async () => {
    await expect(
      openai.responses.create({
        model: 'tiny',
        input: [
          { role: 'user', content: 'Weather?' },
          { type: 'function_call', call_id: 'call_1', name: 'get_weather', arguments: '{"city":' },
        ],
      }),
    ).rejects.toMatchObject({ status: 400, param: 'tool_calls.function.arguments' });
  });

  it('refuses to continue an earlier response, because none are stored', async () => {
    await expect(
      openai.responses.create({ model: 'tiny', input: 'x', previous_response_id: 'resp_1' }),
    ).rejects.toMatchObject({ status: 400, param: 'previous_response_id' });
  });
});
