import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { architectureOf } from '../../src/model/architectures/architecture.ts';
import { trainingGraph } from '../../src/model/architectures/training-graph.ts';
import type { ModelConfig } from '../../src/model/model-config.ts';
import { engineActivationBytes } from '../../src/planning/engine-training-memory.ts';
import { stateBytes } from '../../src/planning/training-memory.ts';
import { peakActivationBytes } from '../../src/tensor/liveness.ts';
import { scratchBytes } from '../../src/training/micro-batch.ts';
import { ParameterState } from '../../src/training/optimizer/parameter-state.ts';

export interface StepMemory {
  /** Bytes that planning predicts: weights, gradients, two moments, activations. */
  predicted: number;
  /** Bytes of the state and of the tensors alive at once, counted in the graph. */
  counted: number;
  /** By how much a process grew that made the steps. */
  resident: number;
}

/** The memory of a training step three ways. */
export async function stepMemory(
  config: ModelConfig,
  { batch, length }: { batch: number; length: number },
): Promise<StepMemory> {
  const specs = architectureOf(config).parameters(config);
  const graph = trainingGraph(config, specs, { batch, length, packed: false });
  const scratch = scratchBytes(graph);
  const state = await ParameterState.create(specs, { scratchBytes: scratch });
  const counted = state.bytes + scratch + peakActivationBytes(graph.graph);
  await state.close();
  const { weights, gradients, optimizer } = stateBytes(config, {
    method: { kind: 'full' },
    optimizer: 'adamw',
    precision: 'fp32',
  });
  const predicted = weights + gradients + optimizer + engineActivationBytes(config, batch, length);
  const child = join(import.meta.dirname, 'step-memory-child.ts');
  const { stdout } = await promisify(execFile)(process.execPath, [
    ...['--import', 'tsx', child],
    JSON.stringify({ config, batch, length }),
  ]);
  return { predicted, counted, resident: Number(stdout) };
}
