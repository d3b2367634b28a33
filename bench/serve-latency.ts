// First tokens of short requests while long prompts are being read, and what our HTTP layer adds to a request:
// npm run bench -- serve-latency [--model 100M|1B] [--requests 60] [--threads 2] (requests: the short ones)
import { Agent, request as httpRequest } from 'node:http';
import { text } from 'node:stream/consumers';
import { setTimeout as delay } from 'node:timers/promises';
import { streamRequest } from '../src/benchmarking/streaming-client.ts';
import { Engine } from '../src/serving/engine/engine.ts';
import { GREEDY } from '../src/serving/sampling/sampling-settings.ts';
import { distribution, median } from '../src/statistics/distribution.ts';
import { B1, M100, TINY } from '../testing/models/random-gguf.ts';
import { randomModel } from '../testing/models/test-model.ts';
import type { Bench } from './bench.ts';
import { option, startOurs } from './support/servers.ts';

const LONG_TOKENS = 2000;
const SHORT_TOKENS = 16;
const CHUNK_TOKENS = 256;
/** A server's first requests wait for V8 to compile what they pass through; these do not count. */
const WARM_UP_REQUESTS = 2000;
const TIMED_REQUESTS = 500;
/** Short requests beside each long one, one after another. */
const SHORT_PER_LONG = 3;

const bench: Bench = async (args) => {
  const path = randomModel(option(args, 'model', '100M') === '1B' ? B1 : M100);
  const requests = Number(option(args, 'requests', '60'));
  const threads = Number(option(args, 'threads', '2'));
  const server = await startOurs(path, {
    threads,
    contextTokens: 8192,
    prefillChunkTokens: CHUNK_TOKENS,
    prefixCache: false,
  });
  const chunks: number[] = [];
  const waits: number[] = [];
  while (waits.length < requests) {
    let reading = true;
    const long = send(server.url, LONG_TOKENS, waits.length).finally(() => {
      reading = false;
    });
    for (let place = 0; place < SHORT_PER_LONG; place++) {
      await delay(20 + ((waits.length * 37) % 200));
      if (reading) waits.push(await send(server.url, SHORT_TOKENS, 10_000 + waits.length));
    }
    chunks.push((await long) / (LONG_TOKENS / CHUNK_TOKENS));
  }
  await server.stop();
  const chunkMs = median(chunks);
  const p99 = distribution(waits)?.p99 ?? 0;
  const added = await addedByHttp(threads);
  return {
    rows: [
      {
        case: `TTFT p99 of short requests beside a ${LONG_TOKENS}-token prefill`,
        ours: p99,
        peer: chunkMs,
        peerName: `one chunk of ${CHUNK_TOKENS} tokens`,
        unit: 'ms',
        ratio: p99 / chunkMs,
        higherIsBetter: false,
      },
      {
        case: 'one-token request over HTTP, p50',
        ours: added.http,
        peer: added.engine,
        peerName: 'the same without HTTP',
        unit: 'ms',
        ratio: added.http / added.engine,
        higherIsBetter: false,
      },
      {
        case: 'added by the HTTP layer, p50',
        ours: added.http - added.engine,
        peer: 2,
        peerName: 'target',
        unit: 'ms',
        ratio: (added.http - added.engine) / 2,
        higherIsBetter: false,
      },
    ],
    notes: ['Targets: at most 1.5 chunks; under 2 ms added.'],
  };
};

export default bench;

async function send(url: string, tokens: number, salt: number): Promise<number> {
  const prompt = Array.from({ length: tokens }, (_, index) => 300 + ((index * 7919 + salt * 104_729) % 20_000));
  const body = { model: 'model', prompt, max_tokens: 1, temperature: 0, ignore_eos: true };
  const record = await streamRequest(
    { url, api: 'completions', apiKey: undefined },
    body,
    AbortSignal.timeout(120_000),
  );
  if (record.error !== undefined) throw new Error(record.error);
  return record.chunkMs[0]! - record.startMs;
}

/** A model so small that the rest of the path is what is measured; requests with and without HTTP take turns. */
async function addedByHttp(threads: number): Promise<{ http: number; engine: number }> {
  const path = randomModel(TINY);
  const settings = { threads: Math.min(threads, 1), contextTokens: 4096, prefixCache: false };
  const server = await startOurs(path, settings);
  const engine = await Engine.start({ ...settings, ggufPath: path });
  const times = { http: [] as number[], engine: [] as number[] };
  const agent = new Agent({ keepAlive: true });
  const prompt = Array.from({ length: 8 }, (_, index) => 3 + index * 5);
  for (let request = 0; request < WARM_UP_REQUESTS + TIMED_REQUESTS; request++) {
    let startMs = performance.now();
    await engine.complete({ prompt, sampling: GREEDY, maxTokens: 1, ignoreEos: true });
    times.engine.push(performance.now() - startMs);
    startMs = performance.now();
    await post(`${server.url}/v1/completions`, agent, {
      model: 'model',
      prompt,
      max_tokens: 1,
      temperature: 0,
      ignore_eos: true,
    });
    times.http.push(performance.now() - startMs);
  }
  agent.destroy();
  await Promise.all([server.stop(), engine.close()]);
  const timed = (all: number[]) => median(all.slice(-TIMED_REQUESTS));
  return { http: timed(times.http), engine: timed(times.engine) };
}

/** The leanest client that Node has, on one kept connection: `fetch` alone takes a millisecond, which is not the server's. */
function post(url: string, agent: Agent, body: object): Promise<unknown> {
  const bytes = Buffer.from(JSON.stringify(body));
  const headers = { 'content-type': 'application/json', 'content-length': bytes.length };
  return new Promise((resolve, reject) => {
    const request = httpRequest(url, { method: 'POST', agent, headers }, (response) =>
      text(response).then((answer) => resolve(JSON.parse(answer)), reject),
    );
    request.once('error', reject);
    request.end(bytes);
  });
}
