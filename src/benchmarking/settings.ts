import { z } from 'zod';

const tokens = z.number().int().min(1).max(1_000_000);

/** A length in tokens: fixed, or a distribution to draw from. */
const lengthSchema = z.union([
  tokens,
  z.object({ distribution: z.literal('uniform'), low: tokens, high: tokens }),
  z.object({ distribution: z.literal('normal'), mean: tokens, deviation: z.number().positive() }),
  z.object({ distribution: z.literal('lognormal'), median: tokens, sigma: z.number().positive().max(3) }),
]);

export type Length = z.output<typeof lengthSchema>;

/** Service levels that a request has to meet to count as goodput. */
export const goodputPresets = {
  /** MLPerf Inference v5.0, Llama 2 70B Interactive: p99 TTFT 450 ms, TPOT 40 ms. */
  interactive: { ttftMs: 450, tpotMs: 40 },
  /** MLPerf Inference v5.0, Llama 2 70B Server (conversational): p99 TTFT 2000 ms, TPOT 200 ms. */
  conversational: { ttftMs: 2000, tpotMs: 200 },
} as const;

const sloSchema = z.union([
  z.enum(['interactive', 'conversational']),
  z.object({
    ttftMs: z.number().positive().optional(),
    tpotMs: z.number().positive().optional(),
    e2eMs: z.number().positive().optional(),
  }),
]);

export const benchmarkServingSchema = z
  .object({
    model: z.string().min(1).describe('Model name as the server knows it.'),
    api: z.enum(['chat', 'completions']).default('completions').describe('Which streaming endpoint to call.'),
    apiKey: z.string().optional().describe('Bearer token, if the server requires one.'),
    concurrency: z
      .array(z.number().int().min(1).max(4096))
      .default([])
      .describe('Closed loop: requests in flight, one level after another.'),
    ratesPerSecond: z
      .array(z.number().positive().max(100_000))
      .default([])
      .describe('Open loop: Poisson arrivals per second, one level after another.'),
    requestsPerLevel: z.number().int().min(1).max(1_000_000).default(32).describe('Measured requests at each level.'),
    warmupRequests: z.number().int().min(0).max(10_000).default(2).describe('Requests before each level, not counted.'),
    promptTokens: lengthSchema.default(128).describe('Prompt length in tokens, fixed or drawn.'),
    outputTokens: lengthSchema.default(64).describe('Tokens to generate, fixed or drawn.'),
    sharedPrefixTokens: z.number().int().min(0).default(0).describe('Length of the prefix that all prompts share.'),
    turns: z
      .number()
      .int()
      .min(1)
      .max(64)
      .default(1)
      .describe('Turns of each conversation; each turn sends the whole conversation so far.'),
    promptForm: z
      .enum(['text', 'tokens'])
      .default('text')
      .describe('Send words (any server), or token ids (exact lengths; completions of fts, llama-server, vLLM).'),
    ignoreEos: z.boolean().default(true).describe('Ask the server to generate the full length.'),
    temperature: z.number().min(0).max(2).default(0),
    slo: sloSchema.optional().describe('Targets for goodput: a preset or your own.'),
    seed: z.number().int().default(1).describe('The same seed sends the same prompts at the same times.'),
    timeoutSeconds: z.number().positive().default(300).describe('A request that takes longer counts as failed.'),
  })
  .refine((settings) => settings.concurrency.length + settings.ratesPerSecond.length > 0, {
    message: 'give at least one concurrency or one rate',
    path: ['concurrency'],
  });

export type BenchmarkServingSettings = z.output<typeof benchmarkServingSchema>;
