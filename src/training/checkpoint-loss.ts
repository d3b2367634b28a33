import { architectureOf } from '../model/architectures/architecture.ts';
import type { CheckpointReader } from '../model/checkpoint-reader.ts';
import type { ModelConfig } from '../model/model-config.ts';
import { elementsOf } from '../tensor/shape.ts';
import type { BatchSource } from './data/batch.ts';
import { Evaluator } from './evaluation.ts';
import { readModelWeights } from './model-weights.ts';

/** Mean loss in nats per counted token of a checkpoint, however it is stored, over held-out data. */
export async function checkpointLoss(
  config: ModelConfig,
  checkpoint: CheckpointReader,
  data: BatchSource,
  signal: AbortSignal,
): Promise<number> {
  const specs = architectureOf(config).parameters(config);
  const weights = new Map(specs.map(({ name, shape }) => [name, new Float32Array(elementsOf(shape))]));
  await readModelWeights(specs, checkpoint, (name) => weights.get(name)!);
  const evaluator = new Evaluator(config, specs, Object.fromEntries(weights), data);
  try {
    return await evaluator.run(signal);
  } finally {
    evaluator.close();
  }
}
