import type { CheckpointReader } from '../../model/checkpoint/checkpoint-reader.ts';
import type { ModelConfig } from '../../model/model-config.ts';
import { loadParameters } from '../../model/model-parameters.ts';
import type { BatchSource } from '../data/batch.ts';
import { Evaluator } from './evaluation.ts';

/** Mean loss of a checkpoint over held-out data, in nats per counted token. */
export async function checkpointLoss(
  config: ModelConfig,
  checkpoint: CheckpointReader,
  data: BatchSource,
  signal: AbortSignal,
): Promise<number> {
  const { specs, arrays } = await loadParameters(config, checkpoint);
  const evaluator = new Evaluator(config, specs, Object.fromEntries(arrays), data);
  try {
    return await evaluator.run(signal);
  } finally {
    evaluator.close();
  }
}
