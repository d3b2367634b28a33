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
  const random = mulberry32(seed);
  const length = (mean: number) => {
    const { lengthSpread } = workload;
    if (lengthSpread === 0) return Math.max(1, Math.round(mean));
    // The mean of a log-normal is exp(mu + sigma² / 2).
    const mu = Math.log(mean) - lengthSpread ** 2 / 2;
    return Math.max(1, Math.round(Math.exp(mu + lengthSpread * standardNormal(random))));
  };
  let arrivalSeconds = 0;
  for (let index = 0; index < count; index++) {
    arrivalSeconds += -Math.log(1 - random()) / workload.requestsPerSecond;
    const promptTokens = Math.min(length(workload.promptTokens), workload.contextTokens - 1);
    const completionTokens = Math.min(length(workload.completionTokens), workload.contextTokens - promptTokens);
    yield { arrivalSeconds, promptTokens, completionTokens };
  }
}

/**
 * Uniform in [0, 1): mulberry32, a 32-bit generator that is fast, seedable and good enough for a queueing simulation.
 */
function mulberry32(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** Standard normal numbers by the Box–Muller transform (1958). */
function standardNormal(random: () => number): number {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}
