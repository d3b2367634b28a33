import { z } from 'zod';
import { FtsError } from '../../../errors/fts-error.ts';
import { anotherModel } from '../../unread-keys.ts';

/** `layer_types` of a family whose layers with a sliding window take turns with others. */
export const layerTypes = z.array(z.enum(['sliding_attention', 'full_attention'])).nullish();

/** The layers with a window: as the file lists them, else all but each `pattern`-th. */
export function slidingLayers(
  given: z.output<typeof layerTypes>,
  { layers, pattern }: { layers: number; pattern: number },
): number[] {
  const numbers = Array.from({ length: layers }, (_, layer) => layer);
  if (given == null) return numbers.filter((layer) => (layer + 1) % pattern !== 0);
  if (given.length === layers) return numbers.filter((layer) => given[layer] === 'sliding_attention');
  throw new FtsError('invalid-input', `layer_types names ${given.length} layers; the model has ${layers}.`, {
    field: 'layer_types',
    value: given.length,
    remedy: anotherModel,
  });
}

export function layerTypesToJson(layers: number, sliding: readonly number[]): string[] {
  return Array.from({ length: layers }, (_, layer) =>
    sliding.includes(layer) ? 'sliding_attention' : 'full_attention',
  );
}

/** Whether every `pattern`-th layer alone is without a window, which is all that llama.cpp computes. */
export function isRegular(sliding: readonly number[], layers: number, pattern: number): boolean {
  return JSON.stringify(sliding) === JSON.stringify(slidingLayers(null, { layers, pattern }));
}
