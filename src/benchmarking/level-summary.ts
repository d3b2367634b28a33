import { type Distribution, distribution } from '../statistics/distribution.ts';
import { type BenchmarkServingSettings, goodputPresets } from './settings.ts';
import type { RequestRecord } from './streaming-client.ts';

/**
 * The measurements of one load level. Definitions follow NVIDIA AIPerf:
 * - TTFT: request sent to first content received.
 * - ITL: time between successive content chunks, over all chunks of all requests (AIPerf's inter-chunk latency if a
 *   chunk holds several tokens).
 * - TPOT: (E2E - TTFT) / (output tokens - 1), one value per request; the first token is excluded.
 * - E2E: request sent to last byte received.
 * - Throughput and QPS: over the time from the first request sent to the last answer received.
 * - Goodput: requests per second that meet every target of the SLO.
 */
export interface LevelSummary {
  load: { kind: 'concurrency'; value: number } | { kind: 'rate-per-second'; value: number };
  requests: number;
  failed: number;
  errors: Record<string, number>;
  durationSeconds: number;
  ttftMs: Distribution | undefined;
  itlMs: Distribution | undefined;
  tpotMs: Distribution | undefined;
  e2eMs: Distribution | undefined;
  promptTokens: Distribution | undefined;
  outputTokens: Distribution | undefined;
  cachedShare: number;
  inputTokensPerSecond: number;
  outputTokensPerSecond: number;
  requestsPerSecond: number;
  goodputPerSecond: number | undefined;
}

type Targets = { ttftMs?: number | undefined; tpotMs?: number | undefined; e2eMs?: number | undefined };

export function summarizeLevel(
  load: LevelSummary['load'],
  records: readonly RequestRecord[],
  slo: BenchmarkServingSettings['slo'],
): LevelSummary {
  const good = records.filter((record) => record.error === undefined && record.chunkMs.length > 0);
  const start = Math.min(...records.map((record) => record.startMs));
  const end = Math.max(...records.map((record) => record.endMs));
  const seconds = Math.max(1e-9, (end - start) / 1000);
  const prompt = sum(good.map((record) => record.promptTokens));
  const output = sum(good.map((record) => record.outputTokens));
  const targets = typeof slo === 'string' ? goodputPresets[slo] : slo;
  const errors: Record<string, number> = {};
  for (const record of records) {
    if (record.error !== undefined) errors[record.error] = (errors[record.error] ?? 0) + 1;
  }
  return {
    load,
    requests: records.length,
    failed: records.length - good.length,
    errors,
    durationSeconds: seconds,
    ttftMs: distribution(good.map(timeToFirstToken)),
    itlMs: distribution(good.flatMap(gaps)),
    tpotMs: distribution(good.filter((record) => record.outputTokens > 1).map(timePerOutputToken)),
    e2eMs: distribution(good.map((record) => record.endMs - record.startMs)),
    promptTokens: distribution(good.map((record) => record.promptTokens)),
    outputTokens: distribution(good.map((record) => record.outputTokens)),
    cachedShare: prompt === 0 ? 0 : sum(good.map((record) => record.cachedTokens)) / prompt,
    inputTokensPerSecond: prompt / seconds,
    outputTokensPerSecond: output / seconds,
    requestsPerSecond: good.length / seconds,
    goodputPerSecond:
      targets === undefined ? undefined : good.filter((record) => meets(record, targets)).length / seconds,
  };
}

function meets(record: RequestRecord, targets: Targets): boolean {
  const within = (value: number, target: number | undefined) => target === undefined || value <= target;
  return (
    within(timeToFirstToken(record), targets.ttftMs) &&
    (record.outputTokens <= 1 || within(timePerOutputToken(record), targets.tpotMs)) &&
    within(record.endMs - record.startMs, targets.e2eMs)
  );
}

function timeToFirstToken(record: RequestRecord): number {
  return record.chunkMs[0]! - record.startMs;
}

function timePerOutputToken(record: RequestRecord): number {
  return (record.chunkMs.at(-1)! - record.chunkMs[0]!) / (record.outputTokens - 1);
}

function gaps(record: RequestRecord): number[] {
  return record.chunkMs.slice(1).map((time, index) => time - record.chunkMs[index]!);
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
