import { z } from 'zod';
import { FtsError } from '../../errors/fts-error.ts';
import { countText, durationText, usdText } from '../../planning/answer/quantity-text.ts';
import { largestLoad } from '../../planning/fleet/capacity.ts';
import { hourlyCost, usualOwnership } from '../../planning/fleet/cost.ts';
import { fleetSensitivity, planFleet } from '../../planning/fleet/fleet.ts';
import { runtimeBytes, usableBytes } from '../../planning/machines/machine.ts';
import { cacheBytesPerToken } from '../../planning/serving/inference-memory.ts';
import { parseWeightFormat, weightBytes } from '../../planning/shapes/weight-formats.ts';
import { speedModel } from '../../planning/time/forward-time.ts';
import { rowsPerPass } from '../../scheduling/prompt-passes.ts';
import { chooseMachine, chooseShape, positiveInteger, servingFields } from '../inputs/planning.ts';
import { defineOperation } from '../operation.ts';

const percentiles = z.object({ mean: z.number(), p50: z.number(), p95: z.number(), p99: z.number() });

export const planCapacity = defineOperation({
  name: 'plan.capacity',
  title: 'Plan serving capacity',
  description:
    'Finds the heaviest load one replica answers within its targets (time to first token, time per output token) by ' +
    'simulating continuous batching request by request, then the replicas, cost and sensitivity for a number of users ' +
    'over many edge sites. Use it for "how many requests per second" and "how many machines for N users".',
  effect: 'read',
  scope: 'read',
  idempotent: true,
  openWorld: true,
  job: false,
  positionals: ['model'],
  example: 'fts plan capacity Llama-3.1-8B --machine akamai-rtx-pro-6000-x1 --users 5000000 --sites 200',
  input: z.object({
    model: servingFields.model,
    machine: z.string().default('this-machine').describe('One machine of the catalogue'),
    format: servingFields.format,
    cacheType: servingFields.cacheType,
    prompt: positiveInteger.default(512).describe('Mean prompt tokens'),
    completion: positiveInteger.default(128).describe('Mean completion tokens'),
    spread: z.number().min(0).max(3).default(0.8).describe('Spread of the lengths (sigma of their logarithm)'),
    context: servingFields.context.describe('Longest prompt and completion together'),
    batch: positiveInteger.default(64).describe('Most sequences in a batch'),
    chunk: positiveInteger.default(512).describe('Most tokens in one forward pass'),
    ttftMs: z.number().positive().default(500).describe('Target for the first token'),
    tpotMs: z.number().positive().default(100).describe('Target for each further token'),
    attainment: z.number().min(0.5).max(0.999).default(0.95).describe('Share of requests that must meet both'),
    requests: positiveInteger.max(2_000_000).default(5000).describe('Requests in each simulation'),
    users: z.number().positive().optional().describe('Users of the service, to size a fleet'),
    queriesPerDay: z.number().positive().default(10).describe('Queries of one user in a day'),
    sites: positiveInteger.default(1).describe('Edge sites that share the users'),
    skew: z.number().min(0).max(3).default(1).describe('How unequal the sites are (Zipf exponent; 0: equal)'),
    peak: z.number().min(1).default(2).describe('Busiest hour over the average'),
    curve: z
      .string()
      .optional()
      .describe('Load by hour of the day, as 24 numbers with commas; replaces peak, and replicas follow it'),
    utilization: z.number().min(0.05).max(1).default(0.7).describe('Share of the capacity planned for'),
    leastPerSite: positiveInteger.default(2).describe('Replicas kept at each site at the least'),
    seed: z.number().int().default(1).describe('Seed of the simulated requests'),
  }),
  output: z.object({
    model: z.string(),
    machine: z.string(),
    requestsPerSecond: z.number(),
    completionTokensPerSecond: z.number(),
    ttftSeconds: percentiles,
    tpotSeconds: percentiles,
    attainment: z.number(),
    utilization: z.number(),
    meanBatch: z.number(),
    fleet: z
      .object({
        peakRequestsPerSecond: z.number(),
        replicas: z.number(),
        largestSite: z.number(),
        replicasCentral: z.number(),
        meanUtilization: z.number(),
        usdPerMonth: z.number().nullable(),
        usdPerQuery: z.number().nullable(),
        hourly: z.object({ replicas: z.array(z.number()), usdPerMonth: z.number().nullable() }).nullable(),
        sensitivity: z.array(z.object({ input: z.string(), lower: z.number(), higher: z.number() })),
      })
      .nullable(),
  }),
  async run(input, context) {
    const { name, shape } = await chooseShape(input.model, context);
    const machine = await chooseMachine(input.machine, context);
    const format = parseWeightFormat(input.format);
    const free = usableBytes(machine) - weightBytes(shape, format).total - runtimeBytes(machine, 'serve');
    const cacheTokens = Math.floor(free / cacheBytesPerToken(shape, input.cacheType));
    if (cacheTokens < input.context) {
      throw new FtsError(
        'invalid-input',
        `${name} in ${format} leaves no room for a cache of ${input.context} tokens.`,
        {
          field: 'machine',
          value: input.machine,
          remedy: 'Choose a machine that holds it (`fts plan` lists them), fewer bits, or a smaller context.',
        },
      );
    }
    // What our own engine chooses by itself; those of data centers mix prompts and decoding in one pass.
    const isOurs = machine.measured !== undefined;
    const kvLayout = isOurs && cacheTokens >= input.batch * shape.contextLength ? 'streams' : 'unified';
    const capacity = largestLoad(
      speedModel(shape, format, input.cacheType, machine),
      {
        maxRunning: input.batch,
        cacheTokens,
        chunkTokens: input.chunk,
        kvLayout,
        ...(isOurs ? { passRows: rowsPerPass(shape.width, input.batch) } : {}),
      },
      {
        promptTokens: input.prompt,
        completionTokens: input.completion,
        lengthSpread: input.spread,
        contextTokens: input.context,
      },
      { ttftSeconds: input.ttftMs / 1000, tpotSeconds: input.tpotMs / 1000 },
      { attainment: input.attainment, requestsPerRun: input.requests, seed: input.seed, signal: context.signal },
    );
    const { at } = capacity;
    const traffic = {
      users: input.users ?? 0,
      queriesPerUserPerDay: input.queriesPerDay,
      sites: input.sites,
      siteSkew: input.skew,
      peakToAverage: input.peak,
      curve: input.curve === undefined ? undefined : parseCurve(input.curve),
    };
    const rules = {
      replicaRequestsPerSecond: capacity.requestsPerSecond,
      targetUtilization: input.utilization,
      leastPerSite: input.leastPerSite,
      usdPerReplicaHour: hourlyCost(machine, usualOwnership)?.usdPerHour ?? null,
    };
    return {
      model: name,
      machine: machine.id,
      requestsPerSecond: capacity.requestsPerSecond,
      completionTokensPerSecond: at.completionTokensPerSecond,
      ttftSeconds: at.ttftSeconds,
      tpotSeconds: at.tpotSeconds,
      attainment: at.attainment,
      utilization: at.utilization,
      meanBatch: at.meanBatch,
      fleet:
        input.users === undefined
          ? null
          : { ...planFleet(traffic, rules), sensitivity: fleetSensitivity(traffic, rules) },
    };
  },
  render(output) {
    const { fleet } = output;
    const lines = [
      `${output.model} on ${output.machine}`,
      output.requestsPerSecond === 0
        ? `It misses the targets even with one request at a time: first token ${durationText(output.ttftSeconds.p95)} (p95), then ${durationText(output.tpotSeconds.p95)} a token.`
        : `One replica answers ${output.requestsPerSecond.toPrecision(3)} requests/s within its targets (${countText(output.completionTokensPerSecond)} tok/s, batch ${output.meanBatch.toFixed(1)}, busy ${(100 * output.utilization).toFixed(0)} %).`,
      `First token: ${durationText(output.ttftSeconds.p50)} median, ${durationText(output.ttftSeconds.p95)} p95. Per token: ${durationText(output.tpotSeconds.p50)} median, ${durationText(output.tpotSeconds.p95)} p95.`,
    ];
    if (fleet !== null) {
      lines.push(
        '',
        `Fleet: ${fleet.replicas.toLocaleString('en-US')} replicas for ${countText(fleet.peakRequestsPerSecond)} requests/s at the peak (${fleet.largestSite} at the largest site; ${fleet.replicasCentral} if all were in one place).`,
        fleet.usdPerMonth === null
          ? 'The machine has no price in the catalogue.'
          : `Cost: ${usdText(fleet.usdPerMonth)} a month, ${usdText(fleet.usdPerQuery ?? 0)} a query; the fleet is ${(100 * fleet.meanUtilization).toFixed(0)} % busy on average.`,
        ...(fleet.hourly === null ? [] : hourlyText(fleet.hourly)),
        '',
        'Replicas when one input is 20 % lower / higher:',
        ...fleet.sensitivity.map(({ input, lower, higher }) => `  ${input.padEnd(26)} ${lower} / ${higher}`),
      );
    }
    return lines.join('\n');
  },
});

function parseCurve(text: string): number[] {
  const loads = text.split(',').map(Number);
  if (loads.length === 24 && loads.every((load) => Number.isFinite(load) && load >= 0) && Math.max(...loads) > 0) {
    return loads;
  }
  throw new FtsError('invalid-input', `"${text}" is no load by hour.`, {
    field: 'curve',
    value: text,
    remedy: 'Write 24 numbers from midnight on, in any unit, with commas between: 2,1,1,1,1,2,4,8,…',
  });
}

function hourlyText({ replicas, usdPerMonth }: { replicas: number[]; usdPerMonth: number | null }): string[] {
  const saved = usdPerMonth === null ? '' : `, ${usdText(usdPerMonth)} a month`;
  return [`By the hour, started and stopped as needed: ${replicas.join(' ')}${saved}`];
}
