import { FtsError } from '../errors/fts-error.ts';
import { sameShape, showShape } from '../tensor/shape.ts';
import { bySource } from './architectures/parameter.ts';
import { type CheckpointReader, checkpointName, type WeightReader } from './checkpoint/checkpoint-reader.ts';
import { familyOf } from './families/index.ts';
import type { ModelConfig } from './model-config.ts';
import { refuseUnreadTensors } from './unread-keys.ts';

/** Refuses by name a tensor that the graph of this configuration would not compute with. */
export function refuseUnknownTensors(config: ModelConfig, weights: Pick<WeightReader, 'names'>, subject: string): void {
  const { parameters, asStored, buffers } = familyOf(config);
  // The output layer of a tied model may be stored once more; `requireTensors` compares the two.
  const specs = parameters({ ...asStored(config), tiedEmbeddings: false });
  const known = new Set(specs.flatMap(({ source }) => [source.tensor, source.writtenAs ?? source.tensor]));
  refuseUnreadTensors(weights.names(), (name) => known.has(name) || buffers.test(name), subject);
}

/**
 * Throws `corrupt` naming a tensor that is missing or has another shape, before anything is allocated for it, and
 * `invalid-input` for a tied model whose output layer has numbers of its own.
 */
export async function requireTensors(config: ModelConfig, weights: CheckpointReader): Promise<void> {
  const { parameters } = familyOf(config);
  for (const [spec] of bySource(parameters(config)).values()) {
    const { source } = spec!;
    const name = checkpointName(weights, source);
    if (!weights.has(name)) {
      if (source.absentMeansZeros === true) continue;
      throw new FtsError('corrupt', `The checkpoint has no tensor ${source.tensor}.`, {
        field: source.tensor,
        remedy: 'Check that config.json and the weights belong together and that no shard is missing.',
      });
    }
    const { shape } = weights.info(name);
    if (sameShape(shape, source.shape)) continue;
    throw new FtsError('corrupt', `${source.tensor} has shape ${showShape(shape)}, not ${showShape(source.shape)}.`, {
      field: source.tensor,
      value: showShape(shape),
      remedy: 'The weights do not belong to this config.json: restore the pair.',
    });
  }
  await refuseOtherHead(config, weights);
}

async function refuseOtherHead(config: ModelConfig, weights: CheckpointReader): Promise<void> {
  if (!config.tiedEmbeddings) return;
  const specs = familyOf(config).parameters({ ...config, tiedEmbeddings: false });
  const head = specs.find(({ role }) => role === 'output-head')!.source.tensor;
  if (!weights.has(head)) return;
  const table = checkpointName(weights, specs.find(({ role }) => role === 'token-embedding')!.source);
  const [own, shared] = [await weights.readFloat32(head), await weights.readFloat32(table)];
  if (own.length === shared.length && own.every((value, i) => value === shared[i])) return;
  throw new FtsError('invalid-input', `${head} differs from the token embedding, which config.json says it is.`, {
    field: 'tie_word_embeddings',
    value: true,
    remedy: 'Use the config.json that belongs to these weights.',
  });
}
