import { Counter, Histogram, Registry } from 'prom-client';
import { apiOf } from './rate-limits.ts';

/** One attempt of one call: `path` is without the query, so that no value of a search is logged. */
export interface Attempt {
  account: string;
  /** In upper case. */
  method: string;
  path: string;
  /** The first is 1. */
  attempt: number;
  /** Held back by the rate limit before sending. */
  waitedMs: number;
  /** From sending to the last byte. */
  durationMs: number;
  status?: number;
  /** The kind of error where there was no answer. */
  failure?: string;
}

export interface AttemptObserver {
  attempted(attempt: Attempt): void;
}

/** Where the lines go: pino, or anything with its `info`. */
interface LineLogger {
  info(line: object, message: string): void;
}

const labelNames = ['api', 'method'] as const;
const durationBuckets = [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20, 30, 60];

/** Prometheus metrics and one log line per attempt of a call to Akamai. Neither holds headers, bodies or queries. */
export class AkamaiTelemetry implements AttemptObserver {
  readonly registry = new Registry();
  private readonly logger: LineLogger | undefined;
  private readonly calls;
  private readonly durations;
  private readonly retries;
  private readonly waits;
  private readonly waitSeconds;

  constructor(logger?: LineLogger) {
    this.logger = logger;
    const registers = [this.registry];
    this.calls = new Counter({
      name: 'fts_akamai_requests_total',
      help: 'Requests sent to Akamai, by class of status; "none" had no answer.',
      labelNames: [...labelNames, 'status'],
      registers,
    });
    this.durations = new Histogram({
      name: 'fts_akamai_request_duration_seconds',
      help: 'From sending a request to the last byte of its answer.',
      labelNames,
      buckets: durationBuckets,
      registers,
    });
    this.retries = new Counter({
      name: 'fts_akamai_retries_total',
      help: 'Requests that repeated an earlier one.',
      labelNames,
      registers,
    });
    this.waits = new Counter({
      name: 'fts_akamai_rate_limit_waits_total',
      help: 'Requests that the rate limit held back.',
      labelNames: ['api'],
      registers,
    });
    this.waitSeconds = new Counter({
      name: 'fts_akamai_rate_limit_wait_seconds_total',
      help: 'Time that requests were held back by the rate limit.',
      labelNames: ['api'],
      registers,
    });
  }

  attempted({ account, method, path, attempt, waitedMs, durationMs, status, failure }: Attempt): void {
    const api = apiOf(path);
    const labels = { api, method };
    this.calls.inc({ ...labels, status: status === undefined ? 'none' : `${Math.floor(status / 100)}xx` });
    this.durations.observe(labels, durationMs / 1000);
    if (attempt > 1) this.retries.inc(labels);
    if (waitedMs > 0) {
      this.waits.inc({ api });
      this.waitSeconds.inc({ api }, waitedMs / 1000);
    }
    this.logger?.info(
      {
        account,
        method,
        path,
        attempt,
        waitedMs: Math.round(waitedMs),
        durationMs: Math.round(durationMs),
        ...(status === undefined ? { failure } : { status }),
      },
      'akamai call',
    );
  }
}
