import { elementsOf } from '../../tensor/shape.ts';
import type { ParameterSpec } from './parameter.ts';

/** Fills a parameter with its initial values: a function of the seed and the parameter's name only. */
export function initializeParameter(spec: ParameterSpec, seed: number, into: Float32Array): void {
  if (spec.initial === 'ones') {
    into.fill(1);
    return;
  }
  into.fill(0);
  if (spec.initial === 'zeros') return;
  const { normalDeviation } = spec.initial;
  // The padding that the shape adds to the source stays zero.
  const { source } = spec;
  const count = source.columns === undefined ? elementsOf(source.shape) : into.length;
  const random = mulberry32(hash(spec.name, seed));
  for (let i = 0; i < count; i += 2) {
    // Box and Muller's pair of normal deviates from two uniform ones
    const radius = normalDeviation * Math.sqrt(-2 * Math.log(1 - random()));
    const angle = 2 * Math.PI * random();
    into[i] = radius * Math.cos(angle);
    if (i + 1 < count) into[i + 1] = radius * Math.sin(angle);
  }
}

/** FNV-1a over the name, started from the seed. */
function hash(name: string, seed: number): number {
  let state = (0x811c9dc5 ^ seed) >>> 0;
  for (let i = 0; i < name.length; i++) state = Math.imul(state ^ name.charCodeAt(i), 0x01000193) >>> 0;
  return state;
}

/** T. Ettinger's 32-bit generator: small, fast, good enough for initial weights. */
function mulberry32(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}
