// How does a training step grow with context, width and layers? Step time and activation memory of a small Llama, one
// dimension at a time, beside what the count of operations predicts from the first point of each line.
// npm run bench -- train-scaling [--rounds N]
import { parseArgs } from 'node:util';
import { architectureOf } from '../src/model/architectures/architecture.ts';
import { initializeParameter } from '../src/model/architectures/parameter-random.ts';
import { trainingGraph } from '../src/model/architectures/training-graph.ts';
import type { ModelConfig } from '../src/model/model-config.ts';
import { peakActivationBytes } from '../src/tensor/liveness.ts';
import { emptyBatch } from '../src/training/data/batch.ts';
import { trainingFlopsPerToken } from '../src/training/flops.ts';
import { MicroBatchRunner, scratchBytes } from '../src/training/micro-batch.ts';
import { adamwStep } from '../src/training/optimizer/adamw.ts';
import { ParameterState } from '../src/training/optimizer/parameter-state.ts';
import type { Bench, BenchRow } from './bench.ts';
import { median } from './measure/interleave.ts';

interface Point {
  length: number;
  width: number;
  layers: number;
}

const start: Point = { length: 128, width: 128, layers: 4 };
const TOKENS = 1024;
const lines: Record<string, Point[]> = {
  context: [128, 256, 512].map((length) => ({ ...start, length })),
  width: [128, 256, 512].map((width) => ({ ...start, width })),
  layers: [4, 8, 16].map((layers) => ({ ...start, layers })),
};

const bench: Bench = async (args) => {
  const { values } = parseArgs({ args, options: { rounds: { type: 'string', default: '7' } } });
  const rows: BenchRow[] = [];
  const notes: string[] = [];
  for (const [line, points] of Object.entries(lines)) {
    let perFlop: number | undefined;
    for (const point of points) {
      const { milliseconds, flops, activations } = await measure(point, Number(values.rounds));
      perFlop ??= milliseconds / flops;
      const name = `${line}: ${point.layers} layers, width ${point.width}, context ${point.length}`;
      rows.push({
        case: name,
        ours: milliseconds,
        peer: perFlop * flops,
        peerName: 'growth of the operations',
        unit: 'ms/step',
        ratio: milliseconds / (perFlop * flops),
        higherIsBetter: false,
      });
      notes.push(`${name}: ${(activations / 1e6).toFixed(1)} MB of activations`);
    }
  }
  return { rows, notes: [`${TOKENS} tokens a step.`, ...notes] };
};

export default bench;

async function measure({ length, width, layers }: Point, rounds: number) {
  const heads = width / 32;
  const config: ModelConfig = {
    family: 'llama',
    vocabSize: 512,
    width,
    layers,
    heads,
    kvHeads: heads,
    headDim: 32,
    ffnWidth: width * 3,
    contextLength: length,
    normEpsilon: 1e-5,
    ropeTheta: 10_000,
    tiedEmbeddings: true,
    qkvBias: false,
    qkNorm: false,
    eosTokenIds: [],
  };
  const specs = architectureOf(config).parameters(config);
  const batch = TOKENS / length;
  const graph = trainingGraph(config, specs, { batch, length, packed: false });
  const state = await ParameterState.create(specs, { scratchBytes: scratchBytes(graph) });
  for (const spec of specs) initializeParameter(spec, 1, state.view(spec.name, 'weights'));
  const runner = new MicroBatchRunner(graph, state, { dropoutRate: 0, seed: 1 });
  const data = emptyBatch({ batch, length, packed: false });
  data.counts.fill(1);
  data.tokens.forEach((_, i) => {
    data.tokens[i] = (i * 7919) % config.vocabSize;
  });
  const times: number[] = [];
  for (let step = 1; step <= rounds + 2; step++) {
    const begin = performance.now();
    await runner.run(data, TOKENS, step);
    adamwStep(
      state,
      { beta1: 0.9, beta2: 0.99, epsilon: 1e-8, weightDecay: 0.1 },
      { step, learningRate: 1e-3, gradientScale: 1 },
    );
    if (step > 2) times.push(performance.now() - begin);
  }
  runner.close();
  await state.close();
  return {
    milliseconds: median(times),
    flops: trainingFlopsPerToken(config, specs, length) * TOKENS,
    activations: peakActivationBytes(graph.graph),
  };
}
