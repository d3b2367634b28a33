import { availableParallelism } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { simulateServing } from '../../src/planning/serving/simulate-serving.ts';
import { generateRequests, type SimulatedRequest } from '../../src/planning/serving/workload.ts';
import { speedModel } from '../../src/planning/time/forward-time.ts';
import { rowsPerPass } from '../../src/scheduling/prompt-passes.ts';
import { Engine } from '../../src/serving/engine/engine.ts';
import { GREEDY } from '../../src/serving/sampling/sampling-settings.ts';
import type { BenchRow } from '../bench.ts';
import { llama, type MeasureMachine, predictionRow, randomModel, servingTypes, sizeOf } from './prediction.ts';

const config = llama({ vocabSize: 4096, width: 512, layers: 8, heads: 8, kvHeads: 4, ffnWidth: 1408 });
const policy = {
  maxRunning: 8,
  cacheTokens: 4096,
  chunkTokens: 256,
  kvLayout: 'streams',
  passRows: rowsPerPass(config.width, 8),
} as const;
const slo = { ttftSeconds: 1, tpotSeconds: 1 };
const workload = { promptTokens: 128, completionTokens: 48, lengthSpread: 0.5, contextTokens: 512 };
/**
 * Of the load at which the simulated engine is always busy. Nearer to it requests mostly queue, and a few percent of
 * speed, ours or a neighbour's on the machine, double the wait: nothing that could be compared.
 */
const loads = [0.2, 0.4, 0.6];
const secondsPerLoad = 15;

/** The same requests, arriving at the same times, in the simulation and at the engine, under three loads. */
export async function simulationRows(measureMachine: MeasureMachine, folder: string): Promise<BenchRow[]> {
  const path = await randomModel(folder, config);
  const machine = await measureMachine(servingTypes);
  const model = speedModel(config, 'Q4_0', 'f16', machine);
  const flood = [...generateRequests({ ...workload, requestsPerSecond: 1e6 }, 100, 1)];
  const capacity = simulateServing(model, policy, flood, slo).requestsPerSecond;
  const engine = await Engine.start({
    ggufPath: path,
    contextTokens: policy.cacheTokens,
    maxRunning: policy.maxRunning,
    threads: availableParallelism(),
    prefixCache: false,
    kvLayout: policy.kvLayout,
    prefillChunkTokens: policy.chunkTokens,
  });
  const rows: BenchRow[] = [];
  try {
    await replay(engine, flood.slice(0, 8));
    for (const share of loads) {
      const requestsPerSecond = capacity * share;
      const count = Math.ceil(requestsPerSecond * secondsPerLoad);
      const requests = [...generateRequests({ ...workload, requestsPerSecond }, count, 2)];
      const simulated = simulateServing(model, policy, requests, slo);
      const measured = await replay(engine, requests);
      const name = `${requestsPerSecond.toFixed(1)} requests/s, ${sizeOf(config)}`;
      rows.push(
        predictionRow(`mean TTFT at ${name}`, 1000 * simulated.ttftSeconds.mean, measured.meanTtftMs, 'ms'),
        predictionRow(`throughput at ${name}`, simulated.completionTokensPerSecond, measured.tokensPerSecond, 'tok/s'),
      );
    }
  } finally {
    await engine.close();
  }
  return [...rows, millionRow(model)];
}

/** Sends the requests at their times, and measures from there as a client of the engine does. */
async function replay(engine: Engine, requests: readonly SimulatedRequest[]) {
  const started = performance.now();
  let tokens = 0;
  const firsts = await Promise.all(
    requests.map(async ({ arrivalSeconds, promptTokens, completionTokens }) => {
      await sleep(arrivalSeconds * 1000 - (performance.now() - started));
      const sent = performance.now();
      const prompt = Array.from({ length: promptTokens }, (_, index) => 1 + (index % 255));
      let first = 0;
      const request = { prompt, maxTokens: completionTokens, ignoreEos: true, sampling: GREEDY };
      for await (const event of engine.generate(request)) {
        if (event.kind !== 'tokens') continue;
        first ||= performance.now() - sent;
        tokens += event.tokens.length;
      }
      return first;
    }),
  );
  const seconds = (performance.now() - started) / 1000 - requests[0]!.arrivalSeconds;
  return {
    meanTtftMs: firsts.reduce((sum, first) => sum + first, 0) / firsts.length,
    tokensPerSecond: tokens / seconds,
  };
}

function millionRow(model: ReturnType<typeof speedModel>): BenchRow {
  const requestsPerSecond =
    0.6 *
    simulateServing(model, policy, generateRequests({ ...workload, requestsPerSecond: 1e6 }, 100, 1), slo)
      .requestsPerSecond;
  const started = performance.now();
  simulateServing(model, policy, generateRequests({ ...workload, requestsPerSecond }, 1_000_000, 3), slo);
  const seconds = (performance.now() - started) / 1000;
  return {
    case: 'a million simulated requests',
    ours: seconds,
    peer: 60,
    peerName: 'goal',
    unit: 's',
    ratio: seconds / 60,
    higherIsBetter: false,
  };
}
