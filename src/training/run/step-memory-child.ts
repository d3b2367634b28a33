// Runs two training steps, or only forward passes, in a separate process and sends its peak memory in bytes.

import { initializeParameter } from '../../model/architectures/parameter-random.ts';
import { trainingGraph } from '../../model/architectures/training-graph.ts';
import { familyOf } from '../../model/families/index.ts';
import { elementsOf } from '../../tensor/shape.ts';
import { emptyBatch } from '../data/batch.ts';
import { textBatches, tokensInMemory } from '../data/text-batches.ts';
import { adamwStep } from '../optimizer/adamw.ts';
import { ParameterState } from '../optimizer/parameter-state.ts';
import { Evaluator } from './evaluation.ts';
import { MicroBatchRunner, scratchBytes } from './micro-batch.ts';
import type { StepMemoryRequest } from './step-memory.ts';

const { purpose, config, batch, length } = JSON.parse(process.argv[2]!) as StepMemoryRequest;
const specs = familyOf(config).parameters(config);
const stream = tokensInMemory(Array.from({ length: 4 * batch * length }, (_, index) => index % config.vocabSize));
const source = textBatches(stream, { batch, length, seed: 1 });
if (purpose === 'train') await trainTwoSteps();
else await inferOnce();
process.send?.(process.resourceUsage().maxRSS * 1024, () => process.exit(0));

async function trainTwoSteps(): Promise<void> {
  const graph = trainingGraph(config, specs, { batch, length, packed: false });
  const state = await ParameterState.create(specs, { scratchBytes: scratchBytes(graph) });
  for (const spec of specs) initializeParameter(spec, 1, state.view(spec.name, 'weights'));
  const runner = new MicroBatchRunner(graph, state, { dropoutRate: 0, seed: 1 });
  const tokens = emptyBatch(source);
  for (let step = 1; step <= 2; step++) {
    source.fill(step - 1, tokens);
    await runner.run(tokens, batch * length, step - 1);
    adamwStep(
      state,
      { beta1: 0.9, beta2: 0.99, epsilon: 1e-8, weightDecay: 0.1 },
      { step, learningRate: 1e-4, gradientScale: 1 },
    );
  }
}

async function inferOnce(): Promise<void> {
  const weights = specs.map((spec): [string, Float32Array] => {
    const values = new Float32Array(elementsOf(spec.shape));
    initializeParameter(spec, 1, values);
    return [spec.name, values];
  });
  await new Evaluator(config, specs, Object.fromEntries(weights), source).run(new AbortController().signal);
}
