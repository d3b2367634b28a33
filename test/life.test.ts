import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { Ollama } from 'ollama';
import OpenAI from 'openai';
import { expect, it } from 'vitest';
import { systemCaller } from '../src/access/caller.ts';
import { createApp, startServer } from '../src/http/server.ts';
import { submitOperation, workOn } from '../src/operations/call-operation.ts';
import { findOperation } from '../src/operations/find-operation.ts';
import { openServing } from '../src/workflows/serving/open-serving.ts';
import { temporaryServices } from '../testing/temporary-home.ts';

// The whole life with a model too small and too briefly trained to be right: what is checked is that every stage runs
// on what the one before it left, and that every client gets an answer from the model just trained.
it('takes a model from plan to measurement and answers every kind of client', { timeout: 120_000 }, async () => {
  const services = temporaryServices();
  const never = new AbortController().signal;
  const life = async (operation: string, input: Record<string, unknown>): Promise<Record<string, unknown>> => {
    const { id } = submitOperation(findOperation(operation), input, services, systemCaller);
    const job = await workOn(services.jobs.claim(id), services, { stop: never });
    expect(job).toMatchObject({ state: 'succeeded', error: null });
    return job.result as Record<string, unknown>;
  };

  const trained = await life('train', { recipe: 'operator', name: 'tiny', steps: 6 });
  expect(trained).toMatchObject({ model: 'tiny', steps: 6, parameters: expect.any(Number) });
  expect(services.registry.run(trained.run as string).summary).toMatchObject({ steps: 6 });

  const { artifacts } = (await life('quantize', {
    model: 'tiny',
    formats: ['f32', 'q8_0', 'q4_0'],
    method: 'rtn',
  })) as {
    artifacts: { id: string; bytes: number }[];
  };
  expect(artifacts.map(({ id }) => id)).toEqual(['tiny:f32', 'tiny:q8_0', 'tiny:q4_0']);
  expect(artifacts[0]!.bytes / artifacts[2]!.bytes).toBeGreaterThan(5);

  const { rows } = (await life('evaluate', { artifacts: ['tiny:f32', 'tiny:q8_0'], examples: 4 })) as {
    rows: { perplexity: number; perplexityChange: number; examples: number }[];
  };
  expect(rows[0]).toMatchObject({ perplexityChange: 0, examples: 4 });
  expect(Math.abs(rows[1]!.perplexityChange)).toBeLessThan(0.01);

  await life('deploy', { artifact: 'tiny:q4_0', name: 'tiny' });
  const serving = openServing(services);
  const server = await startServer(
    () => createApp(services, { version: '0.0.0-test', command: ['fts'] }, serving),
    '127.0.0.1',
    0,
  );
  try {
    const messages = [{ role: 'user' as const, content: 'purge everything tagged black-friday on staging' }];
    const openai = new OpenAI({ baseURL: `${server.url}/v1`, apiKey: 'none' });
    const completion = await openai.chat.completions.create({ model: 'tiny', messages, max_tokens: 8, temperature: 0 });
    expect(completion.usage?.completion_tokens).toBeGreaterThan(0);

    const answer = await new Ollama({ host: server.url }).chat({
      model: 'tiny',
      messages,
      options: { num_predict: 8, temperature: 0 },
    });
    expect(answer.message.content).toBe(completion.choices[0]?.message.content);

    const client = new Client({ name: 'life-test', version: '0' });
    await client.connect(new StreamableHTTPClientTransport(new URL(`${server.url}/mcp`)));
    const { tools } = await client.listTools();
    expect(tools.map(({ name }) => name)).toContain('models_list');
    const listed = await client.callTool({ name: 'models_list', arguments: {} });
    expect(listed.structuredContent).toMatchObject({ deployments: [{ name: 'tiny', artifact: 'tiny:q4_0' }] });
    const asked = await client.callTool({
      name: 'models_ask',
      arguments: { model: 'tiny', request: messages[0]!.content, maxTokens: 8 },
    });
    expect(asked.structuredContent).toMatchObject({ answer: completion.choices[0]?.message.content });
    await client.close();

    const measured = (await life('benchmark', {
      model: 'tiny',
      url: server.url,
      concurrency: [2],
      requestsPerLevel: 4,
      warmupRequests: 1,
      promptTokens: 16,
      outputTokens: 8,
    })) as { levels: { failed: number; outputTokensPerSecond: number }[] };
    expect(measured.levels[0]).toMatchObject({ failed: 0, outputTokensPerSecond: expect.any(Number) });
  } finally {
    await server.close();
    await serving.pool.drain(1);
  }
});
