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
  const random = mulberry32(hash(spec.name, seed));
  for (let i = 0; i < count; i += 2) {
    // Box and Muller's pair of normal deviates from two uniform ones
    const radius = deviation * Math.sqrt(-2 * Math.log(1 - random()));
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
