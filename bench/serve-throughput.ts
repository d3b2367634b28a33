// Output tokens per second over HTTP at several concurrencies, against llama-server with the same GGUF, threads and
// context: npm run bench -- serve-throughput [--peer PATH] [--models 100M,1B] [--concurrency 1,2,4,8,16] [--rounds 5]
import { benchmarkServing } from '../src/benchmarking/benchmark-serving.ts';
import { benchmarkServingSchema } from '../src/benchmarking/settings.ts';
import { B1, M100 } from '../test/support/random-gguf.ts';
import { randomModel } from '../test/support/test-model.ts';
import type { Bench, BenchRow } from './bench.ts';
import { findLlamaServer, median, option, startLlamaServer, startOurs } from './support/servers.ts';

const SHAPES = { '100M': M100, '1B': B1 };
const PROMPT_TOKENS = 128;
const OUTPUT_TOKENS = 64;
const CELLS_PER_REQUEST = 256;

const bench: Bench = async (args) => {
  const models = option(args, 'models', '100M,1B').split(',') as (keyof typeof SHAPES)[];
  const levels = option(args, 'concurrency', '1,2,4,8,16').split(',').map(Number);
  const rounds = Number(option(args, 'rounds', '5'));
  const threads = Number(option(args, 'threads', '2'));
  const peer = findLlamaServer(args);
  const rows: BenchRow[] = [];
  const most = Math.max(...levels);
  for (const name of models) {
    const path = randomModel(SHAPES[name]);
    const cells = CELLS_PER_REQUEST * most;
    const ours = await startOurs(path, { threads, contextTokens: cells, maxRunning: most, kvLayout: 'streams' });
    const theirs =
      'path' in peer
        ? await startLlamaServer(peer.path, path, ['-t', `${threads}`, '-c', `${cells}`, '-np', `${most}`])
        : undefined;
    for (const concurrency of levels) {
      const measured = { ours: [] as number[], peer: [] as number[] };
      for (let round = 0; round < rounds; round++) {
        const seed = round * 1000 + concurrency;
        // Each round begins with the other server, so that neither always has the warmer machine.
        const turns = [
          async () => measured.ours.push(await outputRate(ours.url, concurrency, seed)),
          async () => theirs && measured.peer.push(await outputRate(theirs.url, concurrency, seed)),
        ];
        for (const turn of round % 2 === 0 ? turns : turns.reverse()) await turn();
      }
      const oursRate = median(measured.ours);
      const peerRate = theirs === undefined ? null : median(measured.peer);
      rows.push({
        case: `${name}, ${concurrency} concurrent`,
        ours: oursRate,
        peer: peerRate,
        peerName: 'llama-server',
        unit: 'tok/s',
        ratio: peerRate === null ? null : median(measured.ours.map((rate, index) => rate / measured.peer[index]!)),
        higherIsBetter: true,
        ...('reason' in peer ? { reason: peer.reason } : {}),
      });
    }
    await ours.stop();
    await theirs?.stop();
  }
  const notes = [
    `${PROMPT_TOKENS} prompt and ${OUTPUT_TOKENS} output tokens, greedy, random prompts; median of ${rounds} interleaved rounds; the ratio is the median of the rounds' ratios.`,
  ];
  return { rows, notes };
};

export default bench;

async function outputRate(url: string, concurrency: number, seed: number): Promise<number> {
  const settings = benchmarkServingSchema.parse({
    model: 'model',
    concurrency: [concurrency],
    requestsPerLevel: concurrency,
    warmupRequests: 0,
    promptTokens: PROMPT_TOKENS,
    outputTokens: OUTPUT_TOKENS,
    promptForm: 'tokens',
    seed,
  });
  const { levels } = await benchmarkServing(url, settings, {
    report: () => undefined,
    signal: new AbortController().signal,
  });
  const [level] = levels;
  if (level === undefined || level.failed > 0) throw new Error(`failed: ${JSON.stringify(level?.errors)}`);
  return level.outputTokensPerSecond;
}
