import { throwIfAborted } from '../../errors/fts-error.ts';
import { type BatchingPolicy, type SimulationResult, type Slo, simulateServing } from '../serving/simulate-serving.ts';
import { generateRequests, type Workload } from '../serving/workload.ts';
import type { SpeedModel } from '../time/forward-time.ts';

export interface Capacity {
  /** Requests per second at which a share of `attainment` is answered within the targets; 0 if no rate achieves it. */
  requestsPerSecond: number;
  /** The simulation at that rate, or at the lowest simulated rate if even that misses the targets. */
  at: SimulationResult;
}

/** Relative precision to which the rate is found. */
const precision = 0.02;

/**
 * The highest load at which a replica still meets its targets, found by bisection over simulations of
 * `requestsPerRun` requests each.
 */
export function largestLoad(
  model: SpeedModel,
  policy: BatchingPolicy,
  workload: Omit<Workload, 'requestsPerSecond'>,
  slo: Slo,
  options: { attainment: number; requestsPerRun: number; seed: number; signal?: AbortSignal | undefined },
): Capacity {
  const run = (requestsPerSecond: number) => {
    throwIfAborted(options.signal);
    const requests = generateRequests({ ...workload, requestsPerSecond }, options.requestsPerRun, options.seed);
    return simulateServing(model, policy, requests, slo, options.signal);
  };
  let low = 1e-5;
  let best = run(low);
  if (best.attainment < options.attainment) return { requestsPerSecond: 0, at: best };
  let high = low;
  for (;;) {
    high *= 4;
    const result = run(high);
    if (result.attainment < options.attainment || result.requestsPerSecond < 0.8 * high) break;
    low = high;
    best = result;
  }
  while (high / low > 1 + precision) {
    const middle = Math.sqrt(low * high);
    const result = run(middle);
    if (result.attainment >= options.attainment) {
      low = middle;
      best = result;
    } else high = middle;
  }
  return { requestsPerSecond: low, at: best };
}
