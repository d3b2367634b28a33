import { initializeParameter } from '../../src/model/architectures/parameter-random.ts';
import { trainingGraph } from '../../src/model/architectures/training-graph.ts';
import { familyOf } from '../../src/model/families/index.ts';
import type { ModelConfig } from '../../src/model/model-config.ts';
import { emptyBatch } from '../../src/training/data/batch.ts';
import { adamwStep } from '../../src/training/optimizer/adamw.ts';
import { ParameterState } from '../../src/training/optimizer/parameter-state.ts';
import { MicroBatchRunner, scratchBytes } from '../../src/training/run/micro-batch.ts';
import { shakespeareAdamW } from './nanogpt-recipe.ts';

/** A training step on made-up tokens, to be timed. */
export interface TimedSteps {
  /** Takes `count` steps of forward, backward and update, and returns the milliseconds of each. */
  run(count: number): Promise<number[]>;
  close(): Promise<void>;
}

export async function trainingSteps(
  config: ModelConfig,
  { batch, length }: { batch: number; length: number },
): Promise<TimedSteps> {
  const specs = familyOf(config).parameters(config);
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
    run: (count) =>
      timed(count, async () => {
        step += 1;
        await runner.run(data, batch * length, step);
        adamwStep(state, shakespeareAdamW, { step, learningRate: 1e-3, gradientScale: 1 });
      }),
    close: async () => {
      runner.close();
      await state.close();
    },
  };
}

/** AdamW alone over one vector. */
export async function updateSteps(parameters: number): Promise<TimedSteps> {
  const source = { tensor: 'vector', shape: [parameters], transposed: false };
  const spec = {
    name: 'vector',
    shape: [parameters],
    source,
    role: 'norm' as const,
    decay: true,
    initial: 'ones' as const,
  };
  const state = await ParameterState.create([spec]);
  state.view('vector', 'gradients').fill(0.01);
  let step = 0;
  return {
    run: (count) =>
      timed(count, () => {
        step += 1;
        adamwStep(state, shakespeareAdamW, { step, learningRate: 1e-3, gradientScale: 1 });
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
