import { FtsError } from '../../errors/fts-error.ts';

/** Throws `invalid-input` naming the tensor and the place of the first number that is not finite. */
export function refuseNonFinite(name: string, values: Float32Array): void {
  for (let i = 0; i < values.length; i++) {
    if (Number.isFinite(values[i])) continue;
    throw new FtsError('invalid-input', `${name} has ${values[i]} at position ${i}: the weights are not finite.`, {
      field: name,
      value: String(values[i]),
      remedy: 'The model is damaged: take an earlier checkpoint.',
    });
  }
}
