// One training step in a process of its own; sends the most memory that the process ever held, in bytes.
import { architectureOf } from '../../src/model/architectures/architecture.ts';
import { initializeParameter } from '../../src/model/architectures/parameter-random.ts';
import { trainingGraph } from '../../src/model/architectures/training-graph.ts';
import type { ModelConfig } from '../../src/model/model-config.ts';
import { emptyBatch } from '../../src/training/data/batch.ts';
import { textBatches, tokensInMemory } from '../../src/training/data/text-batches.ts';
import { MicroBatchRunner, scratchBytes } from '../../src/training/micro-batch.ts';
import { adamwStep } from '../../src/training/optimizer/adamw.ts';
import { ParameterState } from '../../src/training/optimizer/parameter-state.ts';

const { config, batch, length } = JSON.parse(process.argv[2]!) as {
  config: ModelConfig;
  batch: number;
  length: number;
};
const specs = architectureOf(config).parameters(config);
const graph = trainingGraph(config, specs, { batch, length, packed: false });
const state = await ParameterState.create(specs, { scratchBytes: scratchBytes(graph) });
for (const spec of specs) initializeParameter(spec, 1, state.view(spec.name, 'weights'));
const runner = new MicroBatchRunner(graph, state, { dropoutRate: 0, seed: 1 });
const stream = tokensInMemory(Array.from({ length: 4 * batch * length }, (_, index) => index % config.vocabSize));
const source = textBatches(stream, { batch, length, seed: 1 });
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
process.send?.({ bytes: process.resourceUsage().maxRSS * 1024 });
process.exit(0);
