import { z } from 'zod';
import { benchmarkServing, type ServingBenchmark } from '../benchmarking/benchmark-serving.ts';
import { htmlReport } from '../benchmarking/html-report.ts';
import { type Roofline, roofline } from '../benchmarking/roofline.ts';
import { benchmarkServingSchema } from '../benchmarking/settings.ts';
import { addressUrl } from '../config/address-url.ts';
import { FtsError } from '../errors/fts-error.ts';
import { addressSchema, mayHaveKey } from '../inputs/address.ts';
import { fileToWriteSchema, overwriteField } from '../inputs/file-inputs.ts';
import type { OperationContext } from '../services/context.ts';
import { measuredMachine } from '../workflows/planning/measured-machine.ts';
import { defineOperation } from './operation.ts';

const distributionSchema = z.object({ p50: z.number(), p90: z.number(), p99: z.number() });

const levelSchema = z.object({
  load: z.object({ kind: z.string(), value: z.number() }),
  requests: z.number(),
  failed: z.number(),
  ttftMs: distributionSchema.optional(),
  itlMs: distributionSchema.optional(),
  tpotMs: distributionSchema.optional(),
  e2eMs: distributionSchema.optional(),
  inputTokensPerSecond: z.number(),
  outputTokensPerSecond: z.number(),
  requestsPerSecond: z.number(),
  goodputPerSecond: z.number().optional(),
});

const rooflineSchema = z.object({
  memoryBytesPerSecond: z.number(),
  bytesPerToken: z.number(),
  limitTokensPerSecond: z.number(),
  measuredTokensPerSecond: z.number(),
  share: z.number(),
});

/** A job's input is kept, so a key is never part of it. */
const keyVariable = 'FTS_BENCHMARK_API_KEY';
const { apiKey: _secret, ...settingsShape } = benchmarkServingSchema.shape;

export const benchmark = defineOperation({
  name: 'benchmark',
  title: 'Measure a served model',
  description:
    "Loads an OpenAI-compatible server, this one unless `url` names another, and measures what users would feel: TTFT, ITL, TPOT and E2E at p50, p90 and p99, tok/s, requests per second and goodput, at each concurrency or arrival rate; for a model of this machine also how much of the memory's speed decoding reaches. Runs as a job.",
  effect: 'write',
  scope: 'serve',
  idempotent: false,
  openWorld: false,
  job: true,
  positionals: ['model'],
  example: 'fts benchmark operator --concurrency 1 8',
  input: z.object({
    ...settingsShape,
    url: addressSchema
      .optional()
      .describe(`The server (default: this one); its key, if it wants one, comes from ${keyVariable}`),
    report: fileToWriteSchema.optional().describe('Write an HTML report with plots to this file'),
    overwrite: overwriteField,
    concurrency: benchmarkServingSchema.shape.concurrency
      .unwrap()
      .default([1, 8])
      .describe('Requests in flight, one level after another'),
  }),
  output: z.object({
    url: z.string(),
    model: z.string(),
    levels: z.array(levelSchema),
    roofline: rooflineSchema.optional(),
    /** Where the HTML report is. */
    report: z.string().optional(),
  }),
  async run({ url, report: given, overwrite, ...settings }, context) {
    const server = url ?? (await ownServer(context));
    const mayHave = mayHaveKey(server, context.config.values['benchmark.url'], context);
    const apiKey = mayHave ? context.environment[keyVariable] : undefined;
    const result = await benchmarkServing(server, { ...settings, apiKey }, context);
    const bound = url === undefined ? await memoryRoofline(result, context) : undefined;
    const figures = { ...result, ...(bound === undefined ? {} : { roofline: bound }) };
    context.registry.saveMeasurement({ kind: 'benchmark', subject: settings.model, figures });
    if (given === undefined) return figures;
    const html = htmlReport(result, bound);
    const written = await context.files.write({ field: 'report', given, overwrite }, (file) => file.writeFile(html));
    return { ...figures, report: written.place };
  },
  render: ({ url, model, levels, roofline: bound }) =>
    [
      `${model} at ${url}`,
      ...levels.map(levelText),
      ...(bound === undefined
        ? []
        : [
            `roofline: ${(bound.memoryBytesPerSecond / 1e9).toFixed(1)} GB/s allow ${bound.limitTokensPerSecond.toFixed(1)} tok/s of one stream; measured ${bound.measuredTokensPerSecond.toFixed(1)} (${(bound.share * 100).toFixed(0)} %)`,
          ]),
    ].join('\n'),
});

function levelText(level: z.output<typeof levelSchema>): string {
  const spread = (values: z.output<typeof distributionSchema> | undefined) =>
    values === undefined ? '-' : [values.p50, values.p90, values.p99].map((value) => value.toFixed(1)).join(' / ');
  const load = level.load.kind === 'concurrency' ? `${level.load.value} in flight` : `${level.load.value} a second`;
  const goodput = level.goodputPerSecond === undefined ? '' : `, goodput ${level.goodputPerSecond.toFixed(2)}/s`;
  return [
    `${load}: ${level.requests} requests, ${level.failed} failed`,
    `  p50 / p90 / p99 ms: TTFT ${spread(level.ttftMs)}, ITL ${spread(level.itlMs)}, E2E ${spread(level.e2eMs)}`,
    `  ${level.inputTokensPerSecond.toFixed(1)} tok/s in, ${level.outputTokensPerSecond.toFixed(1)} tok/s out, ${level.requestsPerSecond.toFixed(2)} requests/s${goodput}`,
  ].join('\n');
}

/** For a model deployed here and measured one request at a time: the share of the memory's speed that decoding reaches. */
async function memoryRoofline(result: ServingBenchmark, context: OperationContext): Promise<Roofline | undefined> {
  const alone = result.levels.find((level) => level.load.kind === 'concurrency' && level.load.value === 1);
  const tpotMs = alone?.tpotMs?.p50;
  if (tpotMs === undefined) return undefined;
  const { registry, home, config } = context;
  const { bytes } = registry.artifact(registry.deployment(result.model).artifact);
  const machine = await measuredMachine(home.cache, context, { threads: config.values.threads, types: [] });
  return roofline(machine.bandwidthBytesPerSecond, bytes, tpotMs);
}

async function ownServer({ config, signal }: OperationContext): Promise<string> {
  const { 'server.host': host, 'server.port': port } = config.values;
  const url = addressUrl(host, port);
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
