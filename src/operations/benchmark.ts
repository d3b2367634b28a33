import { z } from 'zod';
import { benchmarkServing } from '../benchmarking/benchmark-serving.ts';
import { benchmarkServingSchema } from '../benchmarking/settings.ts';
import { FtsError } from '../errors/fts-error.ts';
import type { OperationContext } from './context.ts';
import { defineOperation } from './operation.ts';

const distributionSchema = z.object({ p50: z.number(), p90: z.number(), p99: z.number() });

const levelSchema = z.object({
  load: z.object({ kind: z.string(), value: z.number() }),
  requests: z.number(),
  failed: z.number(),
  ttftMs: distributionSchema.optional(),
  itlMs: distributionSchema.optional(),
  outputTokensPerSecond: z.number(),
  requestsPerSecond: z.number(),
});

export const benchmark = defineOperation({
  name: 'benchmark',
  title: 'Measure a served model',
  description:
    'Loads an OpenAI-compatible server, this one unless `url` names another, and measures what users would feel: TTFT and inter-token latency at p50, p90 and p99, tok/s, requests per second, at each concurrency. Runs as a job.',
  effect: 'write',
  scope: 'serve',
  idempotent: false,
  openWorld: false,
  job: true,
  positionals: ['model'],
  example: 'fts benchmark operator --concurrency 1 8',
  input: z.object({
    ...benchmarkServingSchema.shape,
    url: z.url().optional().describe('The server (default: this one)'),
    concurrency: benchmarkServingSchema.shape.concurrency
      .unwrap()
      .default([1, 8])
      .describe('Requests in flight, one level after another'),
  }),
  output: z.object({ url: z.string(), model: z.string(), levels: z.array(levelSchema) }),
  async run({ url, ...settings }, context) {
    const server = url ?? (await ownServer(context));
    const result = await benchmarkServing(server, settings, context);
    context.registry.saveMeasurement({ kind: 'benchmark', subject: settings.model, figures: { ...result } });
    return { ...result };
  },
});

async function ownServer({ config, signal }: OperationContext): Promise<string> {
  const { 'server.host': host, 'server.port': port } = config.values;
  const url = `http://${host}:${port}`;
  try {
    await fetch(`${url}/health`, { signal });
    return url;
  } catch (cause) {
    throw new FtsError('unavailable', `No server answers at ${url}.`, {
      field: 'url',
      value: url,
      remedy: 'Start it with `fts serve`, or name another server with --url.',
      cause,
    });
  }
}
