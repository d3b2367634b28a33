import { type BenchmarkServingSettings, benchmarkServingSchema, type Length } from '../../src/benchmarking/settings.ts';

/** Cells that llama.cpp computes attention over in one piece; a request's part of the cache is a multiple. */
const ATTENTION_WINDOW = 256;
/** A round of fewer requests is over so soon that the machine's own ups and downs decide. */
const LEAST_REQUESTS = 4;
/** So many that the places of a mixed load fall out of step. */
const REQUESTS_PER_PLACE = 4;

/** The requests that a server under measurement gets. */
export interface ServingLoad {
  /** Cells of the KV cache that hold any of its requests. */
  cellsPerRequest: number;
  /** One round: the same seed and concurrency give the same requests. */
  round(concurrency: number, seed: number): BenchmarkServingSettings;
  description: string;
}

/**
 * What a server meets in use: lengths between half and one and a half of these, and wherever a request ends the next one
 * begins, so that some are read while others decode.
 */
export function mixedLoad(promptTokens: number, outputTokens: number): ServingLoad {
  const [prompt, output] = [around(promptTokens), around(outputTokens)];
  return {
    cellsPerRequest: wholeWindows(prompt.high + output.high),
    round: (concurrency, seed) => closedLoop(prompt, output, concurrency, concurrency * REQUESTS_PER_PLACE, seed),
    description: `${prompt.low} to ${prompt.high} prompt and ${output.low} to ${output.high} output tokens, each request followed by the next, ${REQUESTS_PER_PLACE} in turn a round.`,
  };
}

/** The other extreme: equal requests, all at once, so that all are read together and then decode together. */
export function lockstepLoad(promptTokens: number, outputTokens: number): ServingLoad {
  return {
    cellsPerRequest: wholeWindows(promptTokens + outputTokens),
    round: (concurrency, seed) => closedLoop(promptTokens, outputTokens, concurrency, concurrency, seed),
    description: `${promptTokens} prompt and ${outputTokens} output tokens, all requests of a round at once, at least ${LEAST_REQUESTS}.`,
  };
}

function closedLoop(promptTokens: Length, outputTokens: Length, concurrency: number, requests: number, seed: number) {
  return benchmarkServingSchema.parse({
    model: 'model',
    promptForm: 'tokens',
    promptTokens,
    outputTokens,
    concurrency: [concurrency],
    requestsPerLevel: Math.max(LEAST_REQUESTS, requests),
    warmupRequests: 0,
    seed,
  });
}

function around(mean: number): { distribution: 'uniform'; low: number; high: number } {
  return { distribution: 'uniform', low: Math.ceil(mean / 2), high: Math.floor(mean * 1.5) };
}

function wholeWindows(tokens: number): number {
  return Math.ceil(tokens / ATTENTION_WINDOW) * ATTENTION_WINDOW;
}
