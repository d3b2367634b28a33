import { SeededRandom } from '../../random/seeded-random.ts';

/** One request of the simulation. */
export interface SimulatedRequest {
  arrivalSeconds: number;
  promptTokens: number;
  completionTokens: number;
}

/** A stream of requests: Poisson arrivals, log-normal lengths. */
export interface Workload {
  requestsPerSecond: number;
  /** Mean tokens. */
  promptTokens: number;
  completionTokens: number;
  /** Standard deviation of the logarithm of a length; 0 makes all lengths equal. Chat traffic has about 0.8. */
  lengthSpread: number;
  /** Most tokens of prompt and completion together; longer requests are truncated, as a server would do. */
  contextTokens: number;
}

/** `count` requests, the same for the same seed. */
export function* generateRequests(workload: Workload, count: number, seed: number): Generator<SimulatedRequest> {
  const random = new SeededRandom(seed);
  const length = (mean: number) => {
    const { lengthSpread } = workload;
    if (lengthSpread === 0) return Math.max(1, Math.round(mean));
    // The mean of a log-normal is exp(mu + sigma² / 2).
    const mu = Math.log(mean) - lengthSpread ** 2 / 2;
    return Math.max(1, Math.round(Math.exp(mu + lengthSpread * random.normal())));
  };
  let arrivalSeconds = 0;
  for (let index = 0; index < count; index++) {
    arrivalSeconds += random.exponential(workload.requestsPerSecond);
    const promptTokens = Math.min(length(workload.promptTokens), workload.contextTokens - 1);
    const completionTokens = Math.min(length(workload.completionTokens), workload.contextTokens - promptTokens);
    yield { arrivalSeconds, promptTokens, completionTokens };
  }
}
