import { join } from 'node:path';
import { initializeParameter } from '../../model/architectures/parameter-random.ts';
import { evaluationGraph, trainingGraph } from '../../model/architectures/training-graph.ts';
import { bfloat16ToFloat32, float32ToBfloat16, roundToHalf } from '../../model/checkpoint/float-formats.ts';
import { familyOf } from '../../model/families/index.ts';
import type { ModelConfig } from '../../model/model-config.ts';
import type { Figure } from '../../reference/claim.ts';
import type { Work } from '../../runtime/progress.ts';
import type { Graph } from '../../tensor/graph.ts';
import { elementsOf } from '../../tensor/shape.ts';
import { emptyBatch } from '../../training/data/batch.ts';
import { textBatches, tokensInMemory } from '../../training/data/text-batches.ts';
import { adamwStep } from '../../training/optimizer/adamw.ts';
import { ParameterState } from '../../training/optimizer/parameter-state.ts';
import { Evaluator } from '../../training/run/evaluation.ts';
import { MicroBatchRunner, scratchBytes } from '../../training/run/micro-batch.ts';
import { trainSettingsSchema } from '../../training/run/settings.ts';
import { measureStepMemory } from '../../training/run/step-memory.ts';
import { train } from '../../training/run/train.ts';

type Figures = [string, Figure][];

const smallModel: ModelConfig = {
  family: 'llama',
  vocabSize: 512,
  width: 128,
  layers: 4,
  heads: 4,
  kvHeads: 2,
  headDim: 32,
  ffnWidth: 384,
  contextLength: 128,
  normEpsilon: 1e-5,
  ropeTheta: 10_000,
  tiedEmbeddings: true,
  qkvBias: false,
  qkNorm: false,
  eosTokenIds: [],
};

const mediumModel: ModelConfig = {
  ...smallModel,
  vocabSize: 2048,
  width: 384,
  layers: 6,
  heads: 6,
  headDim: 64,
  ffnWidth: 1024,
};

const tinyModel: ModelConfig = { ...smallModel, vocabSize: 64, width: 32, layers: 2, headDim: 8, ffnWidth: 96 };

/** What the reference claims of training, measured on a small model with the training engine. */
export async function trainingFigures(folder: string, work: Work): Promise<Figures> {
  const steps: [string, () => Figures | Promise<Figures>][] = [
    ['rounding', roundedGradient],
    ['one step', () => oneStep(work.signal)],
    ['graphs', countedGraphs],
    ['memory', () => measuredMemory(work.signal)],
    ['learning rates', () => learningRates(folder, work)],
  ];
  const figures: Figures = [];
  for (const [done, [stage, run]] of steps.entries()) {
    work.report({ stage, done, total: steps.length, unit: 'items' });
    figures.push(...(await run()));
  }
  return figures;
}

function roundedGradient(): Figures {
  const gradient = 1e-8;
  return [
    ['fp16-loses-gradient', { value: roundToHalf(gradient) }],
    ['bf16-keeps-gradient', { value: bfloat16ToFloat32(float32ToBfloat16(Float32Array.of(gradient)))[0]! }],
  ];
}

/** A forward pass, then one whole training step, on the same weights: which changed, and what the state occupies. */
async function oneStep(signal: AbortSignal): Promise<Figures> {
  const config = smallModel;
  const specs = familyOf(config).parameters(config);
  const tokens = tokensInMemory(Array.from({ length: 2000 }, (_, index) => (index * index) % config.vocabSize));
  const source = textBatches(tokens, { batch: 4, length: config.contextLength, seed: 1 });
  const graph = trainingGraph(config, specs, { batch: 4, length: config.contextLength, packed: false });
  const scratch = scratchBytes(graph);
  const state = await ParameterState.create(specs, { scratchBytes: scratch });
  try {
    for (const spec of specs) initializeParameter(spec, 1, state.view(spec.name, 'weights'));
    const weights = () => specs.map(({ name }) => state.view(name, 'weights').slice());
    const before = weights();
    const evaluator = new Evaluator(config, specs, state.weights, source);
    await evaluator.run(signal);
    evaluator.close();
    const afterInference = weights();
    const runner = new MicroBatchRunner(graph, state, { dropoutRate: 0, seed: 1 });
    const batch = emptyBatch(source);
    source.fill(0, batch);
    await runner.run(batch, batch.tokens.length, 0);
    adamwStep(
      state,
      { beta1: 0.9, beta2: 0.99, epsilon: 1e-8, weightDecay: 0.1 },
      { step: 1, learningRate: 1e-3, gradientScale: 1 },
    );
    runner.close();
    const afterTraining = weights();
    const parameters = before.reduce((sum, view) => sum + view.length, 0);
    const memories = new Set(specs.map(({ name }) => state.memoryOf(name).memory));
    const bytes = [...memories].reduce((sum, memory) => sum + memory.buffer.byteLength, 0) - scratch;
    const detail = `${parameters} parameters`;
    return [
      ['weights-changed-by-inference', { value: changed(before, afterInference), detail }],
      ['weights-changed-by-training', { value: changed(afterInference, afterTraining), detail }],
      ['training-bytes-measured', { value: bytes / parameters, detail }],
    ];
  } finally {
    await state.close();
  }
}

/** Share of the numbers that are not the same. */
function changed(before: Float32Array[], after: Float32Array[]): number {
  let different = 0;
  let total = 0;
  for (const [index, view] of before.entries()) {
    for (let i = 0; i < view.length; i++) if (view[i] !== after[index]![i]) different++;
    total += view.length;
  }
  return different / total;
}

/** Multiplications, counted in the graphs that the engine runs. */
function countedGraphs(): Figures {
  const specs = familyOf(mediumModel).parameters(mediumModel);
  const shape = { batch: 8, length: mediumModel.contextLength, packed: false };
  const training = matrixFlops(trainingGraph(mediumModel, specs, shape).graph);
  const inference = matrixFlops(evaluationGraph(mediumModel, specs, { ...shape, loss: true }).graph);
  const detail = `${(training / 1e9).toFixed(2)} against ${(inference / 1e9).toFixed(2)} GFLOP`;
  return [['training-flops-counted', { value: training / inference, detail }]];
}

/** Memory of two processes, one training, one only running the same model; what an empty process holds is taken off. */
async function measuredMemory(signal: AbortSignal): Promise<Figures> {
  const held = async (purpose: 'train' | 'infer') => {
    const batch = { batch: 8, length: mediumModel.contextLength };
    const whole = await measureStepMemory({ purpose, config: mediumModel, ...batch }, signal);
    const empty = await measureStepMemory({ purpose, config: tinyModel, batch: 1, length: 16 }, signal);
    return whole - empty;
  };
  const training = await held('train');
  const inference = await held('infer');
  const detail = `${(training / 1e6).toFixed(0)} against ${(inference / 1e6).toFixed(0)} MB, FP32, batch 8 × ${mediumModel.contextLength}`;
  return [['training-memory-ratio', { value: training / inference, detail }]];
}

const products = new Set(['MatMul', 'Gemm', 'FusedMatMul']);

/** 2 m n k for each product: the left operand's elements times the columns of the result. */
function matrixFlops(graph: Graph): number {
  return graph.nodes.reduce((sum, { operator, inputs, outputs }) => {
    const left = elementsOf(inputs[0]!.shape);
    // queries times keys, and as many for the values: inputs [batch, length, width]
    if (operator === 'Attention') return sum + 2 * 2 * left * inputs[1]!.shape[1]!;
    return products.has(operator) ? sum + 2 * left * outputs[0]!.shape.at(-1)! : sum;
  }, 0);
}

/** Three runs that differ in the learning rate alone, on a text in which each token follows from the one before. */
async function learningRates(folder: string, work: Work): Promise<Figures> {
  const config = tinyModel;
  const stream = tokensInMemory(Array.from({ length: 4000 }, (_, index) => (index * 7) % config.vocabSize));
  const loss = async (learningRate: number): Promise<number> => {
    const name = `rate-${learningRate}`;
    const summary = await train(
      {
        settings: trainSettingsSchema.parse({
          steps: 50,
          warmupSteps: 5,
          learningRate,
          divergenceFactor: 1e9,
          batchSize: 4,
          contextLength: 32,
        }),
        config,
        data: { train: textBatches(stream, { batch: 4, length: 32, seed: 1 }), hash: name },
        runFolder: join(folder, name),
        output: { path: join(folder, `${name}-model`), provenance: { name } },
      },
      { signal: work.signal, report: () => {} },
    );
    return summary.trainingLoss;
  };
  const good = await loss(1e-2);
  const small = await loss(1e-4);
  const large = await loss(10);
  const detail = `losses after 50 steps: ${good.toFixed(2)} at 0.01, ${small.toFixed(2)} at 0.0001, ${large.toFixed(2)} at 10`;
  return [
    ['learning-rate-too-small', { value: small / good, detail }],
    ['learning-rate-too-large', { value: large / good, detail }],
  ];
}
