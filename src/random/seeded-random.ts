import { mulberry32 } from './mulberry32.ts';
import { standardNormal } from './normal.ts';

/** Draws from several distributions over one stream of mulberry32: the same seed gives the same draws on every machine. */
export class SeededRandom {
  /** Uniform in [0, 1). */
  readonly unit: () => number;

  constructor(seed: number) {
    this.unit = mulberry32(seed);
  }

  /** A whole number from `low` to `high`, both included. */
  between(low: number, high: number): number {
    return low + Math.floor(this.unit() * (high - low + 1));
  }

  chance(probability: number): boolean {
    return this.unit() < probability;
  }

  pick<Item>(items: readonly Item[]): Item {
    return items[Math.floor(this.unit() * items.length)]!;
  }

  /** Normal with mean 0 and deviation 1. */
  normal(): number {
    return standardNormal(this.unit);
  }

  /** Waiting time of a Poisson process with `rate` events per second, in seconds. */
  exponential(rate: number): number {
    return -Math.log(1 - this.unit()) / rate;
  }
}
