import type { ModelConfig } from '../model/model-config.ts';
import type { ModelParameters } from '../model/model-parameters.ts';
import type { Work } from '../runtime/progress.ts';
import { MatrixProducts } from '../tensor/matrix-products.ts';
import { BlockRunner, microBatch } from './block-runner.ts';
import { type CalibrationSet, cutSequences } from './calibration.ts';
import { embedSequences } from './residual-stream.ts';

/** A model's numbers and what they are numbers of. */
export interface LoadedModel {
  config: ModelConfig;
  parameters: ModelParameters;
}

/** Sequences of the text that go through both models. */
const samples = 4;

/**
 * How far a model's residual stream is from a reference's after the embedding and after each block:
 * Σ |ĥ − h|² / Σ |h|² over some sequences of the text. Undefined where the two have other shapes.
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
  const products = new MatrixProducts();
  const [theirs, ours] = [await createRunner(reference, set, products), await createRunner(model, set, products)];
  try {
    const errors = [relativeError(ours.hidden, theirs.hidden)];
    for (let layer = 0; layer < config.layers; layer++) {
      await theirs.advance(layer, work);
      await ours.advance(layer, work);
      errors.push(relativeError(ours.hidden, theirs.hidden));
    }
    return errors;
  } finally {
    theirs.close();
    ours.close();
    products.close();
  }
}

async function createRunner(
  { config, parameters }: LoadedModel,
  set: CalibrationSet,
  products: MatrixProducts,
): Promise<BlockRunner> {
  const hidden = await embedSequences(config, parameters, set);
  return new BlockRunner(config, parameters, products, hidden, microBatch(set.sequences.length, set.length));
}

function relativeError(values: Float32Array, expected: Float32Array): number {
  let error = 0;
  let size = 0;
  for (let i = 0; i < values.length; i++) {
    error += (values[i]! - expected[i]!) ** 2;
    size += expected[i]! ** 2;
  }
  return size === 0 ? 0 : error / size;
}
