// How near the planner comes to what the engines do here: training step memory, serving memory, prefill and decode
// speed on three model sizes, and the capacity simulation against the engine under three loads.
import { fork } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import type { ModelConfig } from '../src/model/model-config.ts';
import { speedModel } from '../src/planning/forward-time.ts';
import type { ServingLoad } from '../src/planning/inference-memory.ts';
import type { Machine } from '../src/planning/machine.ts';
import { thisMachine } from '../src/planning/measure-machine.ts';
import { countParameters } from '../src/planning/model-shape.ts';
import { planServing } from '../src/planning/plan-serving.ts';
import { planTraining } from '../src/planning/plan-training.ts';
import { countText } from '../src/planning/quantity-text.ts';
import { simulateServing } from '../src/planning/simulate-serving.ts';
import { generateRequests } from '../src/planning/workload.ts';
import { Engine } from '../src/serving/engine/engine.ts';
import { GREEDY } from '../src/serving/sampling/sampling-settings.ts';
import type { Bench, BenchRow } from './bench.ts';
import { llama, writeRandomGguf } from './plan-accuracy/random-model.ts';

const idle = { report: () => {}, signal: new AbortController().signal };
const threads = availableParallelism();

const trained = [
  {
    config: llama({ vocabSize: 512, width: 128, layers: 4, heads: 4, kvHeads: 4, ffnWidth: 384 }),
    batch: 8,
    length: 128,
  },
  {
    config: llama({ vocabSize: 4096, width: 384, layers: 6, heads: 6, kvHeads: 6, ffnWidth: 1024 }),
    batch: 4,
    length: 256,
  },
  {
    config: llama({ vocabSize: 16384, width: 768, layers: 4, heads: 12, kvHeads: 4, ffnWidth: 2048 }),
    batch: 2,
    length: 256,
  },
];
const served = [
  llama({ vocabSize: 4096, width: 384, layers: 6, heads: 6, kvHeads: 2, ffnWidth: 1024 }),
  llama({ vocabSize: 8192, width: 512, layers: 10, heads: 8, kvHeads: 4, ffnWidth: 1536 }),
  llama({ vocabSize: 16384, width: 768, layers: 12, heads: 12, kvHeads: 4, ffnWidth: 2048 }),
];
const load: ServingLoad = { format: 'Q4_0', cacheType: 'f16', contextTokens: 4096, sequences: 1, prefillTokens: 256 };
const policy = { maxRunning: 8, cacheTokens: 4096, chunkTokens: 256 };
const promptTokens = 512;
const completionTokens = 64;

const bench: Bench = async () => {
  const folder = await mkdtemp(join(tmpdir(), 'plan-accuracy-'));
  try {
    const machine = await thisMachine(folder, idle, { threads });
    const rows: BenchRow[] = [];
    for (const { config, batch, length } of trained) rows.push(await trainingRow(machine, config, batch, length));
    for (const [index, config] of served.entries()) {
      const path = join(folder, 'random.gguf');
      await writeRandomGguf(path, config, 'Q4_0');
      const engine = await Engine.start({
        ggufPath: path,
        contextTokens: 4096,
        maxRunning: 8,
        threads,
        prefixCache: false,
        prefillChunkTokens: 256,
      });
      try {
        rows.push(...(await servingRows(machine, config, engine)));
        if (index === 0) rows.push(...(await simulationRows(machine, config, engine)));
      } finally {
        await engine.close();
      }
    }
    return {
      rows,
      notes: ['ours: predicted by the planner from kernels measured at the start; peer: measured on the engines.'],
    };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
};
export default bench;

function row(name: string, predicted: number, measured: number, unit: string): BenchRow {
  return {
    case: name,
    ours: predicted,
    peer: measured,
    peerName: 'measured',
    unit,
    ratio: predicted / measured,
    higherIsBetter: true,
  };
}

const sizeOf = (config: ModelConfig): string => countText(countParameters(config).total);

async function trainingRow(machine: Machine, config: ModelConfig, batch: number, length: number): Promise<BenchRow> {
  const plan = planTraining({
    shape: config,
    machine,
    tokens: 1,
    setup: {
      method: { kind: 'full' },
      optimizer: 'adamw',
      precision: 'fp32',
      recomputation: 'none',
      fusedAttention: true,
      sequenceTokens: length,
      microBatch: batch,
      accumulation: 1,
      parallelism: { data: 1, tensor: 1, pipeline: 1, zero: 0 },
    },
  });
  const child = fork(
    join(import.meta.dirname, 'plan-accuracy/measure-training-memory.ts'),
    [JSON.stringify({ config, batch, length })],
    {
      execArgv: ['--import', 'tsx'],
    },
  );
  const bytes = await new Promise<number>((resolve, reject) => {
    child.once('message', (message) => resolve(z.object({ bytes: z.number() }).parse(message).bytes));
    child.once('exit', (code) => reject(new Error(`the training process ended with ${code}`)));
  });
  return row(`training step memory, ${sizeOf(config)}`, plan.memory.total / 1e6, bytes / 1e6, 'MB');
}

async function servingRows(machine: Machine, config: ModelConfig, engine: Engine): Promise<BenchRow[]> {
  const plan = planServing({ shape: config, load, promptTokens, completionTokens, machine });
  const prompt = Array.from({ length: promptTokens }, (_, index) => 1 + (index % 255));
  const prefill: number[] = [];
  const decode: number[] = [];
  for (let run = 0; run < 6; run++) {
    const { usage } = await engine.complete({ prompt, maxTokens: completionTokens, ignoreEos: true, sampling: GREEDY });
    if (run === 0) continue;
    prefill.push((1000 * usage.promptTokens) / usage.prefillMs);
    decode.push((1000 * (usage.completionTokens - 1)) / usage.decodeMs);
  }
  const size = sizeOf(config);
  return [
    row(`serving memory, ${size}`, plan.memory.total / 1e6, residentBytes(engine.pid!) / 1e6, 'MB'),
    row(`prefill, ${size}`, plan.prefillTokensPerSecond, median(prefill), 'tok/s'),
    row(`decode, ${size}`, plan.tokensPerSecondAlone, median(decode), 'tok/s'),
  ];
}

/** The same requests, arriving at the same times, in the simulation and at the engine. */
async function simulationRows(machine: Machine, config: ModelConfig, engine: Engine): Promise<BenchRow[]> {
  const model = speedModel(config, load.format, load.cacheType, machine);
  const slo = { ttftSeconds: 1, tpotSeconds: 1 };
  const workload = { promptTokens: 128, completionTokens: 48, lengthSpread: 0.5, contextTokens: 512 };
  const flood = [...generateRequests({ ...workload, requestsPerSecond: 1e6 }, 100, 1)];
  const capacity = simulateServing(model, policy, flood, slo).requestsPerSecond;
  const rows: BenchRow[] = [];
  for (const share of [0.3, 0.6, 0.9]) {
    const requestsPerSecond = capacity * share;
    const requests = [...generateRequests({ ...workload, requestsPerSecond }, Math.ceil(requestsPerSecond * 10), 2)];
    const simulated = simulateServing(model, policy, requests, slo);
    const started = performance.now();
    let tokens = 0;
    const firsts = await Promise.all(
      requests.map(async (request) => {
        await sleep(request.arrivalSeconds * 1000 - (performance.now() - started));
        const sent = performance.now();
        let first = 0;
        const prompt = Array.from({ length: request.promptTokens }, (_, index) => 1 + (index % 255));
        const generation = engine.generate({
          prompt,
          maxTokens: request.completionTokens,
          ignoreEos: true,
          sampling: GREEDY,
        });
        for await (const event of generation) {
          if (event.kind !== 'tokens') continue;
          first ||= (performance.now() - sent) / 1000;
          tokens += event.tokens.length;
        }
        return first;
      }),
    );
    const seconds = (performance.now() - started) / 1000 - requests[0]!.arrivalSeconds;
    const mean = firsts.reduce((sum, first) => sum + first, 0) / firsts.length;
    const name = `simulation at ${requestsPerSecond.toFixed(1)} requests/s`;
    rows.push(
      row(`${name}: mean TTFT`, 1000 * simulated.ttftSeconds.mean, 1000 * mean, 'ms'),
      row(`${name}: throughput`, simulated.completionTokensPerSecond, tokens / seconds, 'tok/s'),
    );
  }
  return rows;
}

function median(values: number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1]!;
}

/**
 * Memory that the process cannot give back. llama.cpp maps the file and repacks the matrices into memory of its own;
 * the mapped pages are then a cache that the system may drop.
 */
function residentBytes(pid: number): number {
  const resident = Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))![1]);
  const mappings = readFileSync(`/proc/${pid}/smaps`, 'utf8').split(/\n(?=[0-9a-f]+-[0-9a-f]+ )/);
  const mapped = mappings
    .filter((mapping) => mapping.split('\n', 1)[0]!.endsWith('.gguf'))
    .reduce((sum, mapping) => sum + Number(/^Rss:\s+(\d+)/m.exec(mapping)![1]), 0);
  return (resident - mapped) * 1024;
}
