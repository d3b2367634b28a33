import { trainingGraph } from '../../src/model/architectures/training-graph.ts';
import { familyOf } from '../../src/model/families/index.ts';
import type { ModelConfig } from '../../src/model/model-config.ts';
import { engineTrainingMemory } from '../../src/planning/training/engine-training-memory.ts';
import { peakActivationBytes } from '../../src/tensor/liveness.ts';
import { ParameterState } from '../../src/training/optimizer/parameter-state.ts';
import { scratchBytes } from '../../src/training/run/micro-batch.ts';
import { measureStepMemory } from '../../src/training/run/step-memory.ts';
import { llamaShape } from './llama-shape.ts';

export interface StepMemory {
  /** Bytes that planning predicts: weights, gradients, two moments, activations. */
  predicted: number;
  /** Bytes of the state and of the tensors alive at once, counted in the graph. */
  counted: number;
  /** Bytes by which a process that makes the steps is larger than one that trains next to nothing. */
  resident: number;
}

let bare: Promise<number> | undefined;

/** The memory of a training step three ways. */
export async function stepMemory(
  config: ModelConfig,
  { batch, length }: { batch: number; length: number },
): Promise<StepMemory> {
  const specs = familyOf(config).parameters(config);
  const graph = trainingGraph(config, specs, { batch, length, packed: false });
  const scratch = scratchBytes(graph);
  const state = await ParameterState.create(specs, { scratchBytes: scratch });
  const counted = state.bytes + scratch + peakActivationBytes(graph.graph);
  await state.close();
  const { signal } = new AbortController();
  const smallest = { config: llamaShape(1, 64, { vocabSize: 64 }), batch: 1, length: 16 };
  bare ??= measureStepMemory({ purpose: 'train', ...smallest }, signal);
  const whole = await measureStepMemory({ purpose: 'train', config, batch, length }, signal);
  const predicted = engineTrainingMemory(config, batch, length, 1, 0).total;
  return { predicted, counted, resident: whole - (await bare) };
}
