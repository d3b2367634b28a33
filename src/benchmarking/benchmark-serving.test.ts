import { createServer, type Server } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { distribution } from '../statistics/distribution.ts';
import { benchmarkServing } from './benchmark-serving.ts';
import { htmlReport } from './html-report.ts';
import { roofline } from './roofline.ts';
import { benchmarkServingSchema } from './settings.ts';

const work = () => ({ report: () => undefined, signal: new AbortController().signal });

describe('the load generator against a server of known behaviour', () => {
  let server: Server;
  let url: string;
  let inFlight = 0;
  let most = 0;
  let failing = false;
  let closing = 0;
  const bodies: { prompt: unknown; max_tokens: number }[] = [];

  beforeAll(async () => {
    server = createServer(async (request, response) => {
      most = Math.max(most, ++inFlight);
      let text = '';
      for await (const part of request) text += part;
      const body = JSON.parse(text) as { prompt: string | number[]; max_tokens: number };
      bodies.push(body);
      if (closing > 0) {
        closing--;
        inFlight--;
        request.socket.destroy();
        return;
      }
      if (failing) {
        response.writeHead(429).end('busy');
        inFlight--;
        return;
      }
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      for (let token = 0; token < body.max_tokens; token++) {
        await new Promise((resolve) => setTimeout(resolve, token === 0 ? 20 : 2));
        response.write(`data: ${JSON.stringify({ choices: [{ text: 'a ' }] })}\n\n`);
      }
      const prompt = typeof body.prompt === 'string' ? body.prompt.split(' ').length * 2 : body.prompt.length;
      const usage = { prompt_tokens: prompt, completion_tokens: body.max_tokens };
      inFlight--;
      response.end(`data: ${JSON.stringify({ choices: [], usage })}\n\ndata: [DONE]\n\n`);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const address = server.address();
    url = `http://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}`;
  });

  afterAll(() => server.close());

  it('keeps the concurrency, counts tokens, and measures the times of the server', async () => {
    most = 0;
    const settings = benchmarkServingSchema.parse({
      model: 'm',
      concurrency: [3],
      requestsPerLevel: 9,
      outputTokens: 5,
      promptTokens: 40,
      slo: { ttftMs: 10_000 },
    });
    const { levels } = await benchmarkServing(`${url}/v1`, settings, work());
    expect(most).toBe(3);
    const [level] = levels;
    expect(level).toMatchObject({ requests: 9, failed: 0, load: { kind: 'concurrency', value: 3 } });
    expect(level!.outputTokens).toMatchObject({ min: 5, max: 5 });
    // The server counts two tokens per word, which the calibration has measured.
    expect(level!.promptTokens!.p50).toBe(40);
    expect(level!.ttftMs!.min).toBeGreaterThanOrEqual(18);
    expect(level!.goodputPerSecond).toBeCloseTo(level!.requestsPerSecond, 6);
  });

  it('sends the same prompts again for the same seed, with the shared prefix first', async () => {
    const settings = benchmarkServingSchema.parse({
      model: 'm',
      ratesPerSecond: [200],
      requestsPerLevel: 4,
      warmupRequests: 0,
      outputTokens: { distribution: 'uniform', low: 1, high: 3 },
      promptTokens: 20,
      sharedPrefixTokens: 12,
      promptForm: 'tokens',
    });
    bodies.length = 0;
    await benchmarkServing(url, settings, work());
    const first = [...bodies];
    bodies.length = 0;
    await benchmarkServing(url, settings, work());
    expect(bodies).toEqual(first);
    const prompts = first.map((body) => body.prompt as number[]);
    expect(new Set(prompts.map((prompt) => prompt.slice(0, 12).join())).size).toBe(1);
    expect(new Set(prompts.map((prompt) => prompt.join())).size).toBe(4);
  });

  it('repeats the conversation at each turn', async () => {
    bodies.length = 0;
    const settings = benchmarkServingSchema.parse({
      model: 'm',
      concurrency: [1],
      requestsPerLevel: 3,
      warmupRequests: 0,
      turns: 3,
      outputTokens: 1,
    });
    await benchmarkServing(url, settings, work());
    const [, first, second, third] = bodies.map((body) => body.prompt as string);
    expect(second!.startsWith(first!)).toBe(true);
    expect(third!.startsWith(second!)).toBe(true);
  });

  it('counts refused requests as failures, by their answer', async () => {
    failing = true;
    const settings = benchmarkServingSchema.parse({
      model: 'm',
      concurrency: [1],
      requestsPerLevel: 2,
      promptForm: 'tokens',
    });
    const { levels } = await benchmarkServing(url, settings, work());
    failing = false;
    expect(levels[0]).toMatchObject({ failed: 2, errors: { 'HTTP 429: busy': 2 } });
  });

  it('retries a request once if its connection was closed', async () => {
    const one = { model: 'm', concurrency: [1], requestsPerLevel: 1, warmupRequests: 0, outputTokens: 2 };
    closing = 1;
    const answered = await benchmarkServing(
      `${url}/v1`,
      benchmarkServingSchema.parse({ ...one, promptForm: 'tokens' }),
      work(),
    );
    expect(answered.levels[0]).toMatchObject({ failed: 0, requests: 1 });
    closing = 2;
    const refused = await benchmarkServing(
      `${url}/v1`,
      benchmarkServingSchema.parse({ ...one, promptForm: 'tokens' }),
      work(),
    );
    expect(refused.levels[0]!.failed).toBe(1);
    expect(closing).toBe(0);
  });

  it('refuses a server that does not answer', async () => {
    const settings = benchmarkServingSchema.parse({ model: 'm', concurrency: [1] });
    await expect(benchmarkServing('http://127.0.0.1:9', settings, work())).rejects.toMatchObject({
      kind: 'unavailable',
    });
  });

  it('reports as one HTML page, with names escaped', async () => {
    const settings = benchmarkServingSchema.parse({
      model: '<m>',
      concurrency: [1, 2],
      requestsPerLevel: 2,
      outputTokens: 2,
    });
    const page = htmlReport(await benchmarkServing(url, settings, work()), roofline(26e9, 0.6e9, 30));
    expect(page).toContain('&lt;m&gt;');
    expect(page.match(/<svg/g)).toHaveLength(5);
    expect(page).toContain('77 % of it');
  });
});

describe('a distribution', () => {
  it('interpolates percentiles between ranks', () => {
    expect(distribution([4, 1, 3, 2])).toMatchObject({ mean: 2.5, min: 1, max: 4, p50: 2.5, p90: 3.7 });
    expect(distribution([])).toBeUndefined();
  });
});
