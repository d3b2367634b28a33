import type { ModelConfig } from '../../model/model-config.ts';
import type { ModelParameters } from '../../model/model-parameters.ts';
import type { Work } from '../../runtime/progress.ts';
import { cutSequences } from '../calibration/calibration.ts';
import { embedSequences } from '../calibration/residual-stream.ts';
import { BlockRunner, microBatch, parametersInModel } from './block-runner.ts';

/** A model's configuration and parameters. */
export interface LoadedModel {
  config: ModelConfig;
  parameters: ModelParameters;
}

/** Number of sequences on which both models are compared. */
const samples = 4;

/**
 * The relative error of a model's residual stream compared with a reference's, after the embedding and after each
 * block: Σ |ĥ − h|² / Σ |h|² over some sequences of the text. Undefined if their layers or widths differ.
 */
export async function layerErrors(
  reference: LoadedModel,
  model: LoadedModel,
  tokens: ArrayLike<number>,
  windowTokens: number,
  work: Work,
): Promise<number[] | undefined> {
  const { config } = model;
  if (config.layers !== reference.config.layers || config.width !== reference.config.width) return undefined;
  const length = Math.min(windowTokens, config.contextLength, reference.config.contextLength);
  const set = cutSequences({ tokens: Int32Array.from(tokens), starts: [] }, { samples, length });
  const shape = microBatch(set.sequences.length, set.length);
  // Each model has its own runner, because models of the same shape may belong to different families.
  const [theirs, ours] = [reference, model].map((loaded) => ({
    ...loaded,
    runner: new BlockRunner(loaded.config, loaded.parameters, shape),
  })) as [Running, Running];
  try {
    let expected = await embedSequences(theirs.config, theirs.parameters, set);
    let hidden = await embedSequences(ours.config, ours.parameters, set);
    const errors = [relativeError(hidden, expected)];
    for (let layer = 0; layer < config.layers; layer++) {
      expected = await theirs.runner.advance(parametersInModel(theirs.parameters, layer), { hidden: expected }, work);
      hidden = await ours.runner.advance(parametersInModel(ours.parameters, layer), { hidden }, work);
      errors.push(relativeError(hidden, expected));
    }
    return errors;
  } finally {
    theirs.runner.close();
    ours.runner.close();
  }
}

type Running = LoadedModel & { runner: BlockRunner };

function relativeError(values: Float32Array, expected: Float32Array): number {
  let error = 0;
  let size = 0;
  for (let i = 0; i < values.length; i++) {
    error += (values[i]! - expected[i]!) ** 2;
    size += expected[i]! ** 2;
  }
  return size === 0 ? 0 : error / size;
}
