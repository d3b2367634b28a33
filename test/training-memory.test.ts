import { expect, it } from 'vitest';
import { architectureOf } from '../src/model/architectures/architecture.ts';
import { trainingGraph } from '../src/model/architectures/training-graph.ts';
import type { ModelConfig } from '../src/model/model-config.ts';
import { trainingMemory } from '../src/planning/training-memory.ts';
import { peakActivationBytes } from '../src/tensor/liveness.ts';
import { scratchBytes } from '../src/training/micro-batch.ts';
import { ParameterState } from '../src/training/optimizer/parameter-state.ts';

const small: ModelConfig = {
  family: 'llama',
  vocabSize: 4096,
  width: 384,
  layers: 6,
  heads: 6,
  kvHeads: 6,
  headDim: 64,
  ffnWidth: 1024,
  contextLength: 256,
  normEpsilon: 1e-5,
  ropeTheta: 10_000,
  tiedEmbeddings: false,
  qkvBias: false,
  qkNorm: false,
  eosTokenIds: [],
};
const shape = { batch: 8, length: 256 };

it.each([
  ['a small model', small, false],
  ['grouped queries', { ...small, layers: 12, kvHeads: 2 }, false],
  ['a wide model', { ...small, layers: 4, width: 768, heads: 12, kvHeads: 12, ffnWidth: 2048 }, false],
  ['activations computed again', small, true],
  [
    'activations computed again, wide',
    { ...small, layers: 4, width: 768, heads: 12, kvHeads: 12, ffnWidth: 2048 },
    true,
  ],
] as const)(
  'a training step takes the memory that planning predicts, within 10 %: %s',
  async (_, config, recompute) => {
    const specs = architectureOf(config).parameters(config);
    const graph = trainingGraph(config, specs, { ...shape, packed: false, recomputeActivations: recompute });
    const scratch = scratchBytes(graph);
    const state = await ParameterState.create(specs, { scratchBytes: scratch });
    const stateBytes = state.bytes;
    await state.close();
    const predicted = trainingMemory(
      config,
      {
        method: { kind: 'full' },
        optimizer: 'adamw',
        precision: 'fp32',
        recomputation: recompute ? 'full' : 'none',
        fusedAttention: false,
        sequenceTokens: shape.length,
        microBatch: shape.batch,
        accumulation: 1,
        parallelism: { data: 1, tensor: 1, pipeline: 1, zero: 0 },
      },
      0,
    );
    const predictedState = predicted.weights + predicted.gradients + predicted.optimizer;
    expect(Math.abs(stateBytes / predictedState - 1)).toBeLessThan(0.02);
    const measured = stateBytes + scratch + peakActivationBytes(graph.graph);
    expect(Math.abs(measured / predicted.total - 1)).toBeLessThan(0.1);
  },
);
