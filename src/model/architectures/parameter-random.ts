import { mulberry32 } from '../../random/mulberry32.ts';
import { fillNormal } from '../../random/normal.ts';
import { type ParameterSpec, parameterCount } from './parameter.ts';

/**
 * What the deviation of GPT-2 and Llama, 0.02, is multiplied by to become that of "small init", √(2 / (5 · width))
 * (arXiv:1910.05895). The two agree at a width of 1,000; narrower models learn much faster with the second.
 */
export function smallInitializationScale(width: number): number {
  return Math.sqrt(2 / (5 * width)) / 0.02;
}

/** Fills a parameter with its initial values: a function of the seed, the parameter's name and the scale. */
export function initializeParameter(spec: ParameterSpec, seed: number, into: Float32Array, scale = 1): void {
  if (spec.initial === 'ones') {
    into.fill(1);
    return;
  }
  into.fill(0);
  if (spec.initial === 'zeros') return;
  const deviation = spec.initial.normalDeviation * scale;
  // The padding that the shape adds to the source stays zero.
  const count = parameterCount(spec);
  fillNormal(into.subarray(0, count), deviation, mulberry32(hash(spec.name, seed)));
}

/** FNV-1a over the name, started from the seed. */
function hash(name: string, seed: number): number {
  let state = (0x811c9dc5 ^ seed) >>> 0;
  for (let i = 0; i < name.length; i++) state = Math.imul(state ^ name.charCodeAt(i), 0x01000193) >>> 0;
  return state;
}
