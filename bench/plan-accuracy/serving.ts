import { availableParallelism } from 'node:os';
import type { ModelConfig } from '../../src/model/model-config.ts';
import type { ServingLoad } from '../../src/planning/serving/inference-memory.ts';
import { planServing, type ServingPlan } from '../../src/planning/serving/plan-serving.ts';
import { weightBytes } from '../../src/planning/shapes/weight-formats.ts';
import { Engine } from '../../src/serving/engine/engine.ts';
import { processBytes } from '../../src/serving/measure-engine.ts';
import { GREEDY } from '../../src/serving/sampling/sampling-settings.ts';
import { median } from '../../src/statistics/distribution.ts';
import type { BenchRow } from '../bench.ts';
import { llama, type MeasureMachine, predictionRow, randomModel, servingTypes, sizeOf } from './prediction.ts';

const configs = [
  llama({ vocabSize: 4096, width: 384, layers: 6, heads: 6, kvHeads: 2, ffnWidth: 1024 }),
  llama({ vocabSize: 8192, width: 768, layers: 12, heads: 12, kvHeads: 4, ffnWidth: 2048 }),
  llama({ vocabSize: 32_000, width: 1024, layers: 20, heads: 16, kvHeads: 8, ffnWidth: 2816 }),
];
const load: ServingLoad = { format: 'Q4_0', cacheType: 'f16', contextTokens: 4096, sequences: 1, prefillTokens: 256 };
const promptTokens = 512;
const completionTokens = 64;
/** So many runs, and as long as this: the machine's speed wavers from one second to the next. */
const leastRuns = 6;
const leastMilliseconds = 15_000;

/** Memory, prefill and decode speed of the serving engine on three model sizes. */
export async function servingRows(measureMachine: MeasureMachine, folder: string): Promise<BenchRow[]> {
  const rows: BenchRow[] = [];
  let before = await measureMachine(servingTypes);
  for (const config of configs) {
    const { bytes, prefill, decode } = await measureServing(config, folder);
    const after = await measureMachine(servingTypes);
    const plans = [before, after].map((machine) =>
      planServing({ shape: config, load, promptTokens, completionTokens, machine }),
    );
    const predicted = (figure: (plan: ServingPlan) => number) => (figure(plans[0]!) + figure(plans[1]!)) / 2;
    const size = sizeOf(config);
    const memory = predicted((plan) => plan.memory.total);
    const prefillRate = predicted((plan) => plan.prefillTokensPerSecond);
    const decodeRate = predicted((plan) => plan.tokensPerSecondAlone);
    rows.push(
      predictionRow(`serving memory, ${size}`, memory / 1e6, bytes / 1e6, 'MB'),
      predictionRow(`prefill, ${size}`, prefillRate, prefill, 'tok/s'),
      predictionRow(`decode, ${size}`, decodeRate, decode, 'tok/s'),
    );
    before = after;
  }
  return rows;
}

/** Bytes and tokens per second of an engine with a random model of that shape, which is closed again. */
async function measureServing(config: ModelConfig, folder: string) {
  const engine = await Engine.start({
    ggufPath: await randomModel(folder, config),
    contextTokens: load.contextTokens,
    maxRunning: load.sequences,
    threads: availableParallelism(),
    prefixCache: false,
    prefillChunkTokens: load.prefillTokens,
  });
  try {
    await engine.complete(request);
    // Before the speed: systems take back what a process has not touched for seconds, such as code that has run. The table
    // of embeddings is read where the file is mapped; the rest of the file only once, to be repacked.
    const bytes = (await processBytes(engine.pid!))! + weightBytes(config, load.format).embedding;
    return { bytes, ...(await measureSpeed(engine)) };
  } finally {
    await engine.close();
  }
}

const request = {
  prompt: Array.from({ length: promptTokens }, (_, index) => 1 + (index % 255)),
  ...{ maxTokens: completionTokens, ignoreEos: true, sampling: GREEDY },
};

/** Tokens per second of the engine: by the median of the prefills and of the decodings. */
async function measureSpeed(engine: Engine): Promise<{ prefill: number; decode: number }> {
  const prefills: number[] = [];
  const steps: number[] = [];
  const until = performance.now() + leastMilliseconds;
  for (let run = 0; run < leastRuns || performance.now() < until; run++) {
    const { usage } = await engine.complete(request);
    prefills.push(usage.prefillMs);
    steps.push(usage.decodeMs / (usage.completionTokens - 1));
  }
  return { prefill: (1000 * promptTokens) / median(prefills), decode: 1000 / median(steps) };
}
