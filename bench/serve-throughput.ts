// Output tokens per second over HTTP at several concurrencies, with the same GGUF, threads and context, against
// llama-server and, in its own process without HTTP, node-llama-cpp's batching:
// npm run bench -- serve-throughput [--peer PATH] [--node-llama-cpp FOLDER] [--models 100M,1B]
//   [--concurrency 1,2,4,8,16] [--rounds 5] [--threads 2] [--prompt-tokens 128] [--output-tokens 64]
//   [--load mixed|lockstep], requests of different lengths that follow each other, or equal ones all at once
//   [--kv-layout streams|unified], for both servers: what llama-server does with -np N, or with -np N -kvu
// Each model and concurrency can be run by itself, so that no run is long.
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { benchmarkServing } from '../src/benchmarking/benchmark-serving.ts';
import type { BenchmarkServingSettings } from '../src/benchmarking/settings.ts';
import { Workload } from '../src/benchmarking/workload.ts';
import { median } from '../src/statistics/distribution.ts';
import { B1, M100 } from '../testing/models/random-gguf.ts';
import { randomModel } from '../testing/models/test-model.ts';
import type { Bench, BenchRow } from './bench.ts';
import { type BenchServer, findLlamaServer, option, startLlamaServer, startOurs } from './support/servers.ts';
import { lockstepLoad, mixedLoad } from './support/serving-load.ts';

const SHAPES = { '100M': M100, '1B': B1 };
/** They do not count, for what is compiled or allocated at first use. */
const WARM_UP_REQUESTS = 8;

/** What is measured: the output rate of one round of requests. */
interface Side {
  name: string;
  rate(settings: BenchmarkServingSettings): Promise<number>;
  stop(): Promise<void>;
}

const bench: Bench = async (args) => {
  const models = option(args, 'models', '100M,1B').split(',') as (keyof typeof SHAPES)[];
  const levels = option(args, 'concurrency', '1,2,4,8,16').split(',').map(Number);
  const rounds = Number(option(args, 'rounds', '5'));
  const threads = Number(option(args, 'threads', '2'));
  const promptTokens = Number(option(args, 'prompt-tokens', '128'));
  const outputTokens = Number(option(args, 'output-tokens', '64'));
  const load = (option(args, 'load', 'mixed') === 'lockstep' ? lockstepLoad : mixedLoad)(promptTokens, outputTokens);
  const kvLayout = option(args, 'kv-layout', 'streams') === 'unified' ? 'unified' : 'streams';
  const nodeLlamaCpp = option(args, 'node-llama-cpp', '');
  const peer = findLlamaServer(args);
  const rows: BenchRow[] = [];
  const places = Math.max(...levels);
  const cells = load.cellsPerRequest * places;
  for (const name of models) {
    const path = randomModel(SHAPES[name]);
    const ours = overHttp(
      'ours',
      await startOurs(path, { threads, contextTokens: cells, maxRunning: places, kvLayout }),
    );
    const peers: Side[] = [];
    if ('path' in peer) {
      const flags = ['-t', `${threads}`, '-c', `${cells}`, '-np', `${places}`];
      if (kvLayout === 'unified') flags.push('-kvu');
      peers.push(overHttp('llama-server', await startLlamaServer(peer.path, path, flags)));
    }
    if (nodeLlamaCpp !== '')
      peers.push(await startNodeLlamaCpp(nodeLlamaCpp, path, threads, places, load.cellsPerRequest));
    const sides = [ours, ...peers];
    const warmUp = lockstepLoad(8, outputTokens).round(WARM_UP_REQUESTS, 999_999);
    for (const side of sides) await side.rate(warmUp);
    for (const concurrency of levels) {
      const measured = sides.map((): number[] => []);
      for (let round = 0; round < rounds; round++) {
        const settings = load.round(concurrency, round * 1000 + concurrency);
        // Rounds begin with another side in turn, so that none always has the warmer machine.
        const order = sides.map((_, index) => (index + round) % sides.length);
        for (const index of order) measured[index]!.push(await sides[index]!.rate(settings));
      }
      const [oursRates, ...peerRates] = measured;
      const row = { case: `${name}, ${concurrency} concurrent`, unit: 'tok/s', higherIsBetter: true };
      for (const [index, rates] of peerRates.entries()) {
        const ratio = median(oursRates!.map((rate, round) => rate / rates[round]!));
        rows.push({ ...row, ours: median(oursRates!), peer: median(rates), peerName: peers[index]!.name, ratio });
        console.error(`${row.case}: ${ratio.toFixed(2)}x of ${peers[index]!.name}`);
      }
      if ('reason' in peer) {
        const missing = { peer: null, peerName: 'llama-server', ratio: null, reason: peer.reason };
        rows.push({ ...row, ours: median(oursRates!), ...missing });
      }
    }
    for (const side of [ours, ...peers]) await side.stop();
  }
  const notes = [
    load.description,
    `Greedy, random prompts, ${threads} threads, ${cells} cells (${kvLayout}); ${WARM_UP_REQUESTS} requests before that do not count; median of ${rounds} interleaved rounds; the ratio is the median of the rounds' ratios.`,
  ];
  return { rows, notes };
};

export default bench;

function overHttp(name: string, server: BenchServer): Side {
  return {
    name,
    stop: server.stop,
    async rate(settings) {
      const work = { report: () => undefined, signal: new AbortController().signal };
      const { levels } = await benchmarkServing(server.url, settings, work);
      const [level] = levels;
      if (level === undefined || level.failed > 0) throw new Error(`${name} failed: ${JSON.stringify(level?.errors)}`);
      return level.outputTokensPerSecond;
    },
  };
}

/** The package installed in `folder`, with the prompts that the servers get. */
async function startNodeLlamaCpp(folder: string, path: string, threads: number, sequences: number, cells: number) {
  const script = fileURLToPath(new URL('./peers/node-llama-cpp.ts', import.meta.url));
  const words = [folder, path, threads, sequences, cells].map(String);
  const child = spawn(process.execPath, ['--import', 'tsx', script, ...words], { stdio: ['pipe', 'pipe', 'inherit'] });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  if ((await lines.next()).value !== 'ready') throw new Error(`node-llama-cpp does not start from ${folder}`);
  return {
    name: 'node-llama-cpp',
    async rate(settings: BenchmarkServingSettings) {
      const workload = new Workload(settings, 1, 1);
      const requests = Array.from({ length: settings.requestsPerLevel }, () => workload.next().turns[0]!);
      const [concurrency] = settings.concurrency;
      child.stdin.write(`${JSON.stringify({ requests, concurrency })}\n`);
      return Number((await lines.next()).value);
    },
    async stop() {
      child.kill();
    },
  };
}
