import Table from 'cli-table3';
import pc from 'picocolors';
import { z } from 'zod';
import { bytesText } from '../planning/answer/quantity-text.ts';
import { duration } from './progress-line.ts';
import { sparkline } from './sparkline.ts';

/** What the sample life leaves in its jobs' results, as far as the report shows it. */
export const sampleResultsSchema = z.object({
  train: z.object({
    parameters: z.number(),
    steps: z.number(),
    trainingLoss: z.number(),
    validationLoss: z.number().nullable(),
    tokensPerSecond: z.number(),
    seconds: z.number(),
  }),
  evaluate: z.object({
    rows: z.array(
      z.object({
        artifact: z.string(),
        bytes: z.number(),
        bitsPerWeight: z.number(),
        perplexity: z.number(),
        perplexityChange: z.number(),
        exactMatch: z.number(),
        examples: z.number(),
      }),
    ),
  }),
  benchmark: z.object({
    levels: z.array(
      z.object({
        load: z.object({ value: z.number() }),
        ttftMs: z.object({ p50: z.number(), p99: z.number() }).optional(),
        outputTokensPerSecond: z.number(),
        requestsPerSecond: z.number(),
      }),
    ),
  }),
});
type SampleResults = z.output<typeof sampleResultsSchema>;

const precisionNames: Record<string, string> = { f32: 'FP32', q8_0: 'INT8', q4_0: 'INT4' };

/** The table at the end of the sample life. */
export function sampleReport(results: SampleResults, losses: readonly number[], seconds: number): string {
  const { train, evaluate, benchmark } = results;
  const percent = (share: number, digits = 1): string => `${(share * 100).toFixed(digits)} %`;
  const facts: [string, string][] = [
    ['parameters', train.parameters.toLocaleString('en-US')],
    ['training loss', `${sparkline(losses)}  ${losses[0]?.toFixed(2) ?? '-'} → ${train.trainingLoss.toFixed(4)}`],
    ['validation loss', train.validationLoss?.toFixed(4) ?? '-'],
    [
      'training',
      `${train.steps} steps in ${duration(train.seconds)}, ${Math.round(train.tokensPerSecond).toLocaleString('en-US')} tok/s`,
    ],
  ];
  const quality = new Table({
    head: heads('precision', 'size', 'bits/weight', 'exact match', 'perplexity', 'change'),
    style,
  });
  for (const row of evaluate.rows) {
    quality.push([
      precisionNames[row.artifact.split(':')[1]!] ?? row.artifact,
      bytesText(row.bytes),
      row.bitsPerWeight.toFixed(2),
      percent(row.exactMatch),
      row.perplexity.toFixed(4),
      row.perplexityChange === 0 ? '' : `${row.perplexityChange > 0 ? '+' : ''}${percent(row.perplexityChange, 2)}`,
    ]);
  }
  const speed = new Table({ head: heads('requests at once', 'TTFT p50', 'TTFT p99', 'tok/s', 'requests/s'), style });
  for (const { load, ttftMs, outputTokensPerSecond, requestsPerSecond } of benchmark.levels) {
    speed.push([
      String(load.value),
      ttftMs === undefined ? '-' : `${ttftMs.p50.toFixed(1)} ms`,
      ttftMs === undefined ? '-' : `${ttftMs.p99.toFixed(1)} ms`,
      Math.round(outputTokensPerSecond).toLocaleString('en-US'),
      requestsPerSecond.toFixed(1),
    ]);
  }
  return [
    pc.bold(`The life of the operator model, in ${duration(seconds)}`),
    ...facts.map(([name, value]) => `${name.padEnd(16)}${value}`),
    quality.toString(),
    pc.dim(
      `exact match: the whole operation right, on ${evaluate.rows[0]?.examples ?? 0} requests in phrasings that training never saw`,
    ),
    speed.toString(),
  ].join('\n');
}

/** Colours come from picocolors alone, which knows NO_COLOR and pipes. */
const style = { head: [], border: [], compact: true };
const heads = (...names: string[]): string[] => names.map((name) => pc.bold(name));
