import { describe, expect, it } from 'vitest';
import { FtsError } from '../../errors/fts-error.ts';
import type { EngineLoad, EngineUsage } from '../engine/protocol.ts';
import { ServingTelemetry } from './serving-telemetry.ts';

/** The names that vLLM's own Grafana dashboard and its metrics page use. */
const VLLM_NAMES = [
  'e2e_request_latency_seconds',
  'generation_tokens_total',
  'inter_token_latency_seconds',
  'kv_cache_usage_perc',
  'num_preemptions_total',
  'num_requests_running',
  'num_requests_waiting',
  'prefix_cache_hits_total',
  'prefix_cache_queries_total',
  'prompt_tokens_total',
  'request_decode_time_seconds',
  'request_generation_tokens',
  'request_inference_time_seconds',
  'request_max_num_generation_tokens',
  'request_prefill_time_seconds',
  'request_prompt_tokens',
  'request_queue_time_seconds',
  'request_success_total',
  'request_time_per_output_token_seconds',
  'spec_decode_num_accepted_tokens_total',
  'spec_decode_num_draft_tokens_total',
  'time_per_output_token_seconds',
  'time_to_first_token_seconds',
];

const usage: EngineUsage = {
  promptTokens: 30,
  cachedTokens: 20,
  completionTokens: 5,
  queueMs: 10,
  prefillMs: 100,
  decodeMs: 400,
  draftedTokens: 2,
  acceptedTokens: 1,
  preemptions: 0,
};

const load: EngineLoad = {
  running: 2,
  waiting: 1,
  cells: 1000,
  usedCells: 250,
  steps: 10,
  decodedTokens: 20,
  prefilledTokens: 30,
  prefixQueriedTokens: 40,
  prefixHitTokens: 24,
  preemptions: 1,
  draftedTokens: 8,
  acceptedTokens: 6,
  forcedTokens: 0,
  forwardMs: 5,
};

const caller = { key: 'team', traceId: 'trace-1' };

describe('the metrics of serving', () => {
  it('have vLLM’s names under the chosen prefix', async () => {
    for (const prefix of ['fts:', 'vllm:']) {
      const names = (await new ServingTelemetry({ prefix }).registry.getMetricsAsJSON()).map(({ name }) => name);
      expect(names).toEqual(expect.arrayContaining(VLLM_NAMES.map((name) => prefix + name)));
    }
  });

  it('have vLLM’s buckets', async () => {
    const telemetry = new ServingTelemetry({ prefix: 'vllm:' });
    telemetry.request('m', caller).tokens(1, []);
    const text = await telemetry.registry.metrics();
    expect(text).toContain('vllm:time_to_first_token_seconds_bucket{le="0.001",model_name="m"}');
    expect(text).toContain('vllm:time_to_first_token_seconds_bucket{le="2560",model_name="m"} 1');
  });

  it('count a finished request once, with its times and tokens', async () => {
    const lines: object[] = [];
    const telemetry = new ServingTelemetry({ prefix: 'fts:', logger: { info: (line) => lines.push(line) } });
    const request = telemetry.request('m', caller);
    request.tokens(1, []);
    request.tokens(4, [100, 30]);
    request.finish('stop', usage);
    // The pool also reports a failure when the generator is closed after its end; that must not count.
    request.fail(new FtsError('cancelled', 'The client went away.'));
    const text = await telemetry.registry.metrics();
    expect(text).toContain('fts:generation_tokens_total{model_name="m"} 5');
    expect(text).toContain('fts:inter_token_latency_seconds_count{model_name="m"} 2');
    expect(text).toContain('fts:inter_token_latency_seconds_sum{model_name="m"} 0.13');
    expect(text).toContain('fts:prompt_tokens_total{model_name="m"} 30');
    expect(text).toContain('fts:request_success_total{model_name="m",finished_reason="stop"} 1');
    expect(text).not.toContain('finished_reason="abort"');
    expect(text).toContain('fts:request_prefill_time_seconds_sum{model_name="m"} 0.1');
    expect(text).toContain('fts:request_decode_time_seconds_sum{model_name="m"} 0.4');
    expect(text).toContain('fts:request_time_per_output_token_seconds_sum{model_name="m"} 0.1');
    expect(lines).toHaveLength(1);
    expect(lines[0]).toMatchObject({ traceId: 'trace-1', key: 'team', model: 'm', status: 'finished', reason: 'stop' });
  });

  it('count a client that left as aborted and a refusal by its kind', async () => {
    const lines: { status?: string }[] = [];
    const telemetry = new ServingTelemetry({ prefix: 'fts:', logger: { info: (line) => lines.push(line) } });
    telemetry.request('m', caller).fail(new FtsError('cancelled', 'The client went away.'));
    telemetry.request('m', caller).fail(new FtsError('rate-limited', 'Busy.'));
    const text = await telemetry.registry.metrics();
    expect(text).toContain('fts:request_success_total{model_name="m",finished_reason="abort"} 1');
    expect(text).toContain('fts:request_failure_total{model_name="m",kind="rate-limited"} 1');
    expect(lines.map(({ status }) => status)).toEqual(['cancelled', 'rate-limited']);
  });

  it('show the engine’s load, and counters that outlive an engine that restarts', async () => {
    const telemetry = new ServingTelemetry({ prefix: 'fts:' });
    telemetry.load('m', load, 3);
    let text = await telemetry.registry.metrics();
    expect(text).toContain('fts:num_requests_running{model_name="m"} 2');
    expect(text).toContain('fts:num_requests_waiting{model_name="m"} 4');
    expect(text).toContain('fts:kv_cache_usage_perc{model_name="m"} 0.25');
    expect(text).toContain('fts:prefix_cache_hits_total{model_name="m"} 24');
    // A new engine process counts from zero.
    telemetry.load('m', { ...load, steps: 3, prefixHitTokens: 5, draftedTokens: 9 }, 0);
    text = await telemetry.registry.metrics();
    expect(text).toContain('fts:prefix_cache_hits_total{model_name="m"} 29');
    expect(text).toContain('fts:spec_decode_num_draft_tokens_total{model_name="m"} 17');
    telemetry.load('m', { ...load, steps: 4, prefixHitTokens: 6 }, 0);
    telemetry.unloaded('m');
    text = await telemetry.registry.metrics();
    expect(text).toContain('fts:prefix_cache_hits_total{model_name="m"} 30');
    expect(text).toContain('fts:num_requests_running{model_name="m"} 0');
    expect(text).toContain('fts:kv_cache_usage_perc{model_name="m"} 0');
  });
});
