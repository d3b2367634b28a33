import { Counter, Gauge, Histogram, Registry } from 'prom-client';
import { FtsError } from '../../errors/fts-error.ts';
import type { EngineLoad, EngineUsage } from '../engine/protocol.ts';
import type { Caller, PoolObserver, RequestObserver } from '../pool/model-pool.ts';
import { BUCKETS } from './buckets.ts';

/** The logger for request lines: pino, or anything with its `info` method. */
export interface RequestLogger {
  info(line: object, message: string): void;
}

export interface TelemetryOptions {
  /** Prefix of the metric names; `vllm:` lets dashboards made for vLLM work unchanged. */
  prefix: string;
  logger?: RequestLogger;
}

const LABELS = ['model_name'] as const;

/** Counters kept by the engine process, which start from zero in every new process. */
const ENGINE_COUNTERS = {
  prefixQueriedTokens: ['prefix_cache_queries', 'Prompt tokens looked up in the prefix cache.'],
  prefixHitTokens: ['prefix_cache_hits', 'Prompt tokens found in the prefix cache.'],
  preemptions: ['num_preemptions', 'Requests preempted for lack of cache.'],
  draftedTokens: ['spec_decode_num_draft_tokens', 'Tokens drafted by speculation.'],
  acceptedTokens: ['spec_decode_num_accepted_tokens', 'Drafted tokens that were accepted.'],
  forcedTokens: ['structured_output_forced_tokens', 'Tokens that a constraint left no choice about.'],
} as const;

type EngineCounter = keyof typeof ENGINE_COUNTERS;
const ENGINE_COUNTER_FIELDS = Object.keys(ENGINE_COUNTERS) as EngineCounter[];

/** The last reported load of one model's engine, and the counters summed over all engine processes of that model. */
interface EngineState {
  load: EngineLoad | undefined;
  queued: number;
  totals: Record<EngineCounter, number>;
}

/**
 * Prometheus metrics with vLLM's names, labels and buckets, and one log line per request. Engine loads are stored as
 * they are reported and read on each scrape. An engine's counters restart with its process; the totals here only grow.
 */
export class ServingTelemetry implements PoolObserver {
  readonly registry = new Registry();
  private readonly logger: RequestLogger | undefined;
  private readonly engines = new Map<string, EngineState>();
  private readonly histograms;
  private readonly counters;
  private readonly loadedModels;

  constructor(options: TelemetryOptions) {
    this.logger = options.logger;
    const { prefix } = options;
    const registers = [this.registry];
    const histogram = (name: string, help: string, buckets: readonly number[]) =>
      new Histogram({ name: prefix + name, help, labelNames: LABELS, buckets: [...buckets], registers });
    const counter = (name: string, help: string) =>
      new Counter({ name: `${prefix}${name}_total`, help, labelNames: LABELS, registers });
    this.histograms = {
      timeToFirstToken: histogram('time_to_first_token_seconds', 'Time to first token.', BUCKETS.timeToFirstToken),
      interToken: histogram('inter_token_latency_seconds', 'Time between output tokens.', BUCKETS.interToken),
      // The same metric under the name that vLLM used until 0.11, which most dashboards still query.
      interTokenOldName: histogram('time_per_output_token_seconds', 'Time between output tokens.', BUCKETS.interToken),
      timePerOutputToken: histogram(
        'request_time_per_output_token_seconds',
        'Mean time per output token of a request, first excluded.',
        BUCKETS.interToken,
      ),
      endToEnd: histogram('e2e_request_latency_seconds', 'End-to-end request latency.', BUCKETS.request),
      queue: histogram('request_queue_time_seconds', 'Time spent waiting.', BUCKETS.request),
      prefill: histogram('request_prefill_time_seconds', 'Time spent in prefill.', BUCKETS.request),
      decode: histogram('request_decode_time_seconds', 'Time spent in decode.', BUCKETS.request),
      inference: histogram('request_inference_time_seconds', 'Time spent running.', BUCKETS.request),
      promptTokens: histogram('request_prompt_tokens', 'Prompt tokens per request.', BUCKETS.tokens),
      generationTokens: histogram('request_generation_tokens', 'Generated tokens per request.', BUCKETS.tokens),
      maxGenerationTokens: histogram(
        'request_max_num_generation_tokens',
        'Most tokens generated for one choice of a request.',
        BUCKETS.tokens,
      ),
    };
    this.counters = {
      promptTokens: counter('prompt_tokens', 'Prompt tokens processed.'),
      generationTokens: counter('generation_tokens', 'Tokens generated.'),
      success: new Counter({
        name: `${prefix}request_success_total`,
        help: 'Requests answered.',
        labelNames: [...LABELS, 'finished_reason'],
        registers,
      }),
      failure: new Counter({
        name: `${prefix}request_failure_total`,
        help: 'Requests refused or failed, by kind.',
        labelNames: [...LABELS, 'kind'],
        registers,
      }),
    };
    this.loadedModels = new Gauge({
      name: `${prefix}model_loaded`,
      help: '1 while the model is in memory.',
      labelNames: LABELS,
      registers,
    });
    this.registerEngineMetrics(prefix);
  }

  load(model: string, load: EngineLoad, queued: number): void {
    const { load: before, totals } = this.engine(model);
    const counted = before === undefined || load.steps < before.steps ? undefined : before;
    for (const field of ENGINE_COUNTER_FIELDS) totals[field] += load[field] - (counted?.[field] ?? 0);
    this.engines.set(model, { load, queued, totals });
  }

  loaded(model: string): void {
    this.loadedModels.set({ model_name: model }, 1);
  }

  unloaded(model: string): void {
    this.loadedModels.set({ model_name: model }, 0);
    this.engines.set(model, { ...this.engine(model), load: undefined, queued: 0 });
  }

  request(model: string, caller: Pick<Caller, 'key' | 'traceId'>): RequestObserver {
    const labels = { model_name: model };
    const startMs = performance.now();
    let firstMs: number | undefined;
    let ended = false;
    const secondsSince = (ms: number) => (performance.now() - ms) / 1000;
    const line = (outcome: object) =>
      this.logger?.info(
        {
          traceId: caller.traceId,
          model,
          key: caller.key,
          ttftMs: firstMs === undefined ? undefined : Math.round(firstMs - startMs),
          totalMs: Math.round(performance.now() - startMs),
          ...outcome,
        },
        'request',
      );
    return {
      tokens: (count, interTokenMs) => {
        if (count === 0) return;
        if (firstMs === undefined) {
          firstMs = performance.now();
          this.histograms.timeToFirstToken.observe(labels, secondsSince(startMs));
        }
        for (const milliseconds of interTokenMs) {
          this.histograms.interToken.observe(labels, milliseconds / 1000);
          this.histograms.interTokenOldName.observe(labels, milliseconds / 1000);
        }
        this.counters.generationTokens.inc(labels, count);
      },
      finish: (reason, usage) => {
        if (ended) return;
        ended = true;
        this.observeUsage(labels, usage, secondsSince(startMs));
        this.counters.success.inc({ ...labels, finished_reason: reason });
        line({ status: 'finished', reason, ...roundTimes(usage) });
      },
      fail: (thrown) => {
        if (ended) return;
        ended = true;
        const { kind, message } = FtsError.from(thrown);
        if (kind === 'cancelled') this.counters.success.inc({ ...labels, finished_reason: 'abort' });
        else this.counters.failure.inc({ ...labels, kind });
        line({ status: kind, message });
      },
    };
  }

  private engine(model: string): EngineState {
    const none = {
      prefixQueriedTokens: 0,
      prefixHitTokens: 0,
      preemptions: 0,
      draftedTokens: 0,
      acceptedTokens: 0,
      forcedTokens: 0,
    };
    return this.engines.get(model) ?? { load: undefined, queued: 0, totals: none };
  }

  private registerEngineMetrics(prefix: string): void {
    const { engines, registry } = this;
    const gauge = (name: string, help: string, read: (engine: EngineState) => number) =>
      new Gauge({
        name: prefix + name,
        help,
        labelNames: LABELS,
        registers: [registry],
        collect() {
          for (const [model, engine] of engines) this.set({ model_name: model }, read(engine));
        },
      });
    gauge('num_requests_running', 'Requests in the batch.', ({ load }) => load?.running ?? 0);
    gauge('num_requests_waiting', 'Requests waiting.', ({ load, queued }) => (load?.waiting ?? 0) + queued);
    gauge('kv_cache_usage_perc', 'Share of the KV cache in use, 1 is all.', ({ load }) =>
      load === undefined ? 0 : load.usedCells / load.cells,
    );
    for (const field of ENGINE_COUNTER_FIELDS) {
      const [name, help] = ENGINE_COUNTERS[field];
      new Counter({
        name: `${prefix}${name}_total`,
        help,
        labelNames: LABELS,
        registers: [registry],
        collect() {
          this.reset();
          for (const [model, { totals }] of engines) this.inc({ model_name: model }, totals[field]);
        },
      });
    }
  }

  private observeUsage(labels: { model_name: string }, usage: EngineUsage, seconds: number): void {
    const { histograms, counters } = this;
    histograms.endToEnd.observe(labels, seconds);
    histograms.queue.observe(labels, usage.queueMs / 1000);
    histograms.prefill.observe(labels, usage.prefillMs / 1000);
    histograms.decode.observe(labels, usage.decodeMs / 1000);
    histograms.inference.observe(labels, (usage.prefillMs + usage.decodeMs) / 1000);
    histograms.promptTokens.observe(labels, usage.promptTokens);
    histograms.generationTokens.observe(labels, usage.completionTokens);
    histograms.maxGenerationTokens.observe(labels, usage.completionTokens);
    if (usage.completionTokens > 1) {
      histograms.timePerOutputToken.observe(labels, usage.decodeMs / 1000 / (usage.completionTokens - 1));
    }
    counters.promptTokens.inc(labels, usage.promptTokens);
  }
}

function roundTimes(usage: EngineUsage): EngineUsage {
  const round = (ms: number) => Math.round(ms * 10) / 10;
  return {
    ...usage,
    queueMs: round(usage.queueMs),
    prefillMs: round(usage.prefillMs),
    decodeMs: round(usage.decodeMs),
  };
}
