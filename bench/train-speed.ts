// Is training as fast as PyTorch's on this CPU? Tokens a second of forward, backward and update in FP32, the same
// models, batches and threads, both sides in turn; AdamW alone; and the share of the machine's own matrix speed.
// npm run bench -- train-speed [--only CASE] [--peer PYTHON] [--seconds PER_ROUND] [--rounds N]
import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import { architectureOf } from '../src/model/architectures/architecture.ts';
import type { ParameterSpec } from '../src/model/architectures/parameter.ts';
import { initializeParameter } from '../src/model/architectures/parameter-random.ts';
import { trainingGraph } from '../src/model/architectures/training-graph.ts';
import type { ModelConfig } from '../src/model/model-config.ts';
import { matrixPeak } from '../src/tensor/matrix-peak.ts';
import { emptyBatch } from '../src/training/data/batch.ts';
import { trainingFlopsPerToken } from '../src/training/flops.ts';
import { MicroBatchRunner, scratchBytes } from '../src/training/micro-batch.ts';
import { adamwStep } from '../src/training/optimizer/adamw.ts';
import { ParameterState } from '../src/training/optimizer/parameter-state.ts';
import type { Bench, BenchRow } from './bench.ts';
import { interleave } from './measure/interleave.ts';
import { TorchPeer } from './peers/torch-peer.ts';

interface Case {
  config: ModelConfig;
  batch: number;
  length: number;
}

const llama = (layers: number, width: number, heads: number, ffnWidth: number): Case => ({
  config: {
    family: 'llama',
    vocabSize: 4096,
    width,
    layers,
    heads,
    kvHeads: heads,
    headDim: width / heads,
    ffnWidth,
    contextLength: 256,
    normEpsilon: 1e-5,
    ropeTheta: 10_000,
    tiedEmbeddings: false,
    qkvBias: false,
    qkNorm: false,
    eosTokenIds: [],
  },
  batch: 8,
  length: 256,
});

const cases: Record<string, Case> = {
  shakespeare: {
    config: {
      family: 'gpt2',
      vocabSize: 65,
      width: 128,
      layers: 4,
      heads: 4,
      kvHeads: 4,
      headDim: 32,
      ffnWidth: 512,
      contextLength: 64,
      normEpsilon: 1e-5,
      tiedEmbeddings: true,
      qkvBias: true,
      biases: false,
      activation: 'gelu',
      qkNorm: false,
      eosTokenIds: [],
    },
    batch: 12,
    length: 64,
  },
  'llama-6x384': llama(6, 384, 6, 1024),
  'llama-4x768': llama(4, 768, 12, 2048),
};

const adamw = { beta1: 0.9, beta2: 0.99, epsilon: 1e-8, weightDecay: 0.1 };

const bench: Bench = async (args) => {
  const { values } = parseArgs({
    args,
    options: {
      only: { type: 'string' },
      peer: { type: 'string' },
      seconds: { type: 'string', default: '1.5' },
      rounds: { type: 'string', default: '7' },
    },
  });
  const schedule = { seconds: Number(values.seconds), rounds: Number(values.rounds) };
  const threads = availableParallelism();
  const torch = await TorchPeer.start(threads, values.peer);
  const peerName = torch === undefined ? 'PyTorch' : `PyTorch ${torch.version}`;
  const missing = torch === undefined ? { reason: 'no python3 here can import torch' } : {};
  const peak = matrixPeak();
  const rows: BenchRow[] = [];
  for (const [name, { config, batch, length }] of Object.entries(cases)) {
    if (values.only !== undefined && values.only !== name) continue;
    const specs = architectureOf(config).parameters(config);
    const ours = await ourSteps(config, specs, batch, length);
    await torch?.ask({ op: 'model', config, batch, length });
    const time = await interleave(ours.steps, torch && ((count) => torch.times('steps', count)), schedule);
    await ours.close();
    const speed = (milliseconds: number): number => (batch * length * 1000) / milliseconds;
    rows.push({
      case: name,
      ours: speed(time.ours),
      peer: time.peer === null ? null : speed(time.peer),
      peerName,
      unit: 'tok/s',
      ratio: time.peerOverOurs,
      higherIsBetter: true,
      ...missing,
    });
    rows.push({
      case: `${name}, share of matrix peak`,
      ours: (speed(time.ours) * trainingFlopsPerToken(config, specs, length)) / peak,
      peer: null,
      peerName: `${(peak / 1e9).toFixed(0)} GFLOP/s measured`,
      unit: 'of 1',
      ratio: null,
      higherIsBetter: true,
      reason: 'against the machine',
    });
  }
  for (const count of [1e6, 1e8]) {
    const name = `adamw ${count / 1e6} M`;
    if (values.only !== undefined && values.only !== name) continue;
    const ours = await ourUpdates(count);
    await torch?.ask({ op: 'vector', count });
    const time = await interleave(ours.steps, torch && ((steps) => torch.times('updates', steps)), schedule);
    await ours.close();
    rows.push({
      case: name,
      ours: time.ours,
      peer: time.peer,
      peerName,
      unit: 'ms',
      ratio: time.peerOverOurs === null ? null : 1 / time.peerOverOurs,
      higherIsBetter: false,
      ...missing,
    });
  }
  torch?.stop();
  return { rows, notes: [`${threads} threads; FP32; median of ${schedule.rounds} interleaved rounds.`] };
};

export default bench;

interface Ours {
  steps(count: number): Promise<number[]>;
  close(): Promise<void>;
}

async function ourSteps(
  config: ModelConfig,
  specs: readonly ParameterSpec[],
  batch: number,
  length: number,
): Promise<Ours> {
  const graph = trainingGraph(config, specs, { batch, length, packed: false });
  const state = await ParameterState.create(specs, { scratchBytes: scratchBytes(graph) });
  for (const spec of specs) initializeParameter(spec, 1, state.view(spec.name, 'weights'));
  const runner = new MicroBatchRunner(graph, state, { dropoutRate: 0, seed: 1 });
  const data = emptyBatch({ batch, length, packed: false });
  for (let i = 0; i < batch * length; i++) {
    data.tokens[i] = (i * 7919) % config.vocabSize;
    data.targets[i] = (i * 104_729) % config.vocabSize;
  }
  data.counts.fill(1);
  let step = 0;
  return {
    steps: (count) =>
      timed(count, async () => {
        step += 1;
        await runner.run(data, batch * length, step);
        adamwStep(state, adamw, { step, learningRate: 1e-3, gradientScale: 1 });
      }),
    close: async () => {
      runner.close();
      await state.close();
    },
  };
}

async function ourUpdates(count: number): Promise<Ours> {
  const source = { tensor: 'vector', shape: [count], transposed: false };
  const state = await ParameterState.create([{ name: 'vector', shape: [count], source, decay: true, initial: 'ones' }]);
  state.view('vector', 'gradients').fill(0.01);
  let step = 0;
  return {
    steps: (times) =>
      timed(times, () => {
        step += 1;
        adamwStep(state, adamw, { step, learningRate: 1e-3, gradientScale: 1 });
      }),
    close: () => state.close(),
  };
}

async function timed(count: number, work: () => Promise<void> | void): Promise<number[]> {
  const times: number[] = [];
  for (let i = 0; i < count; i++) {
    const start = performance.now();
    await work();
    times.push(performance.now() - start);
  }
  return times;
}
