import { stat } from 'node:fs/promises';
import { totalmem } from 'node:os';
import { FtsError } from '../../errors/fts-error.ts';
import type { TextCodec, TextDecoding } from '../../model/text-codec.ts';
import { Engine } from '../engine/engine.ts';
import type {
  EngineInfo,
  EngineLoad,
  EngineSettings,
  EngineUsage,
  GenerateRequest,
  TokenLogprobs,
} from '../engine/protocol.ts';
import { Admission } from './admission.ts';

/** A model that the pool can load, as resolved from a name by the registry. */
export interface ServableModel {
  /** The canonical name; several names may resolve to one model. */
  name: string;
  ggufPath: string;
  /** Changes when the name refers to a new file, which the next request then loads. */
  revision?: string;
  settings?: Omit<EngineSettings, 'ggufPath'>;
  textCodec?: TextCodec;
}

/** One line of `/v1/models` and `/api/tags`. */
export interface ModelListing {
  name: string;
  modifiedAt: Date;
  sizeBytes: number;
  digest?: string;
  family?: string;
  parameterSize?: string;
  quantization?: string;
}

/** Receives the events of one request, for metrics and logs. */
export interface RequestObserver {
  /** Called for each token event; `interTokenMs` as in `TokenEvent`. */
  tokens(count: number, interTokenMs: readonly number[]): void;
  finish(reason: 'stop' | 'length', usage: EngineUsage): void;
  fail(error: unknown): void;
}

/** Receives the events of the pool, for metrics and logs. */
export interface PoolObserver {
  /** Called whenever the engine reports its load: when a request ends, and a few times a second while it works. */
  load?(model: string, load: EngineLoad, queued: number): void;
  loaded?(model: string, info: EngineInfo, seconds: number): void;
  request?(model: string, caller: Caller): RequestObserver;
  unloaded?(model: string, reason: 'idle' | 'memory' | 'request' | 'shutdown'): void;
}

export interface ModelPoolOptions {
  /** Turns a name from a request into a model. Errors: `not-found`. */
  resolve(name: string): Promise<ServableModel>;
  list(): Promise<ModelListing[]>;
  /** Most memory for all loaded models together; default: three quarters of the machine's. */
  memoryBudgetBytes?: number;
  /** How long a model stays loaded after its last request; negative: forever. */
  keepAliveSeconds?: number;
  /** Most requests waiting for one model. */
  maxQueued?: number;
  observer?: PoolObserver;
}

/** An engine request, with the decoder that turns generated text into the caller's text. */
export interface PoolRequest extends GenerateRequest {
  decoding?: TextDecoding | undefined;
}

/** The origin of a request. */
export interface Caller {
  /** The API key's name or the client's address; admission lets keys take turns. */
  key: string;
  signal: AbortSignal;
  /** Identifies the request in logs: the client's `traceparent` or `x-request-id` if sent, otherwise a new id. */
  traceId: string;
}

export interface LoadedModel {
  name: string;
  engine: Engine;
  info: EngineInfo;
  admission: Admission;
  textCodec: TextCodec | undefined;
  loadSeconds: number;
  expiresAt: Date | undefined;
  memoryBytes: number;
}

/** A model that is loaded or being loaded. */
class Entry {
  readonly servable: ServableModel;
  readonly loading: Promise<LoadedModel>;
  /** Undefined while loading. */
  model: LoadedModel | undefined;
  inFlight = 0;
  lastUsedMs = performance.now();
  /** Counts against the memory budget as soon as it is known, before the model is loaded. */
  memoryBytes = 0;
  timer: NodeJS.Timeout | undefined;

  constructor(servable: ServableModel, load: (entry: Entry) => Promise<LoadedModel>) {
    this.servable = servable;
    this.loading = load(this);
  }
}

const DEFAULT_KEEP_ALIVE_SECONDS = 300;
const DEFAULT_MAX_QUEUED = 256;
/** Requests sent to the engine beyond its batch size, so that a freed slot is filled in the next step. */
const LOOKAHEAD = 2;

/**
 * The loaded models, each in its own engine process. A model is loaded on its first request and unloaded when idle or
 * when another one needs the memory.
 */
export class ModelPool {
  readonly options: ModelPoolOptions;
  private readonly entries = new Map<string, Entry>();
  private draining = false;

  constructor(options: ModelPoolOptions) {
    this.options = options;
  }

  list(): Promise<ModelListing[]> {
    return this.options.list();
  }

  /** The models in memory, for `/api/ps`. */
  loaded(): LoadedModel[] {
    return [...this.entries.values()].flatMap((entry) => (entry.model === undefined ? [] : [entry.model]));
  }

  get accepting(): boolean {
    return !this.draining;
  }

  /** Loads a model if necessary and keeps it loaded until the caller calls `release`. */
  async acquire(name: string, keepAliveSeconds?: number): Promise<{ model: LoadedModel; release: () => void }> {
    if (this.draining) {
      throw new FtsError('unavailable', 'The server is shutting down.', {
        remedy: 'Send the request to another one.',
        retryAfterSeconds: 5,
      });
    }
    const servable = await this.options.resolve(name);
    const entry = this.current(servable) ?? this.insert(servable);
    entry.inFlight++;
    clearTimeout(entry.timer);
    let released = false;
    const release = () => {
      if (released) return;
      released = true;
      entry.inFlight--;
      entry.lastUsedMs = performance.now();
      if (entry.inFlight === 0) this.scheduleUnload(entry, keepAliveSeconds);
    };
    try {
      return { model: await entry.loading, release };
    } catch (error) {
      released = true;
      if (this.entries.get(servable.name) === entry) this.entries.delete(servable.name);
      throw error;
    }
  }

  /**
   * Generates on a loaded model after waiting for admission. Text is decoded by the model's codec. The last event is
   * `finish`. Errors: `rate-limited`, `invalid-input`, `unavailable`, `cancelled`.
   */
  async *generate(model: LoadedModel, request: PoolRequest, caller: Caller): AsyncGenerator<PoolEvent> {
    const observed = this.options.observer?.request?.(model.name, caller);
    const arrivedMs = performance.now();
    let leave: (() => void) | undefined;
    let settled = false;
    try {
      leave = await model.admission.enter(caller.key, caller.signal);
      const waitedMs = performance.now() - arrivedMs;
      const { decoding, ...engineRequest } = request;
      for await (const event of model.engine.generate(engineRequest, caller.signal)) {
        if (event.kind === 'tokens') {
          observed?.tokens(event.tokens.length, event.interTokenMs);
          const text = decoding === undefined ? event.text : decoding.write(event.text);
          yield { kind: 'tokens', text, tokens: event.tokens.length, logprobs: event.logprobs };
        } else {
          if (event.reason === 'cancelled') throw new FtsError('cancelled', 'The request was cancelled.');
          const rest = decoding?.end() ?? '';
          if (rest !== '') yield { kind: 'tokens', text: rest, tokens: 0, logprobs: undefined };
          const usage = { ...event.usage, queueMs: event.usage.queueMs + waitedMs };
          const reason = event.reason === 'stop' ? 'stop' : 'length';
          observed?.finish(reason, usage);
          settled = true;
          yield { kind: 'finish', reason, stopString: event.stopString, usage };
        }
      }
    } catch (error) {
      settled = true;
      observed?.fail(error);
      throw error;
    } finally {
      // Still unsettled if the consumer stopped reading early.
      if (!settled) observed?.fail(new FtsError('cancelled', 'The client went away.'));
      leave?.();
    }
  }

  /** Unloads a model now; false if it is not loaded. Errors: `conflict` if requests are running on it. */
  async unload(name: string): Promise<boolean> {
    const servable = await this.options.resolve(name);
    const entry = this.entries.get(servable.name);
    if (entry === undefined) return false;
    if (entry.inFlight > 0) {
      throw new FtsError('conflict', `${name} is answering ${entry.inFlight} requests.`, {
        field: 'model',
        value: name,
        remedy: 'Wait until they are done.',
      });
    }
    await this.drop(entry, 'request');
    return true;
  }

  /** Refuses new requests, waits up to `graceSeconds` for the running ones, then unloads all models. */
  async drain(graceSeconds: number): Promise<void> {
    this.draining = true;
    const until = Date.now() + graceSeconds * 1000;
    const busy = () => [...this.entries.values()].some((entry) => entry.inFlight > 0);
    while (busy() && Date.now() < until) await new Promise((resolve) => setTimeout(resolve, 50));
    await Promise.all([...this.entries.values()].map((entry) => this.drop(entry, 'shutdown')));
  }

  /** The entry to use for a model: an idle entry of another revision is dropped first, one in use is still used. */
  private current(servable: ServableModel): Entry | undefined {
    const entry = this.entries.get(servable.name);
    if (entry === undefined || entry.servable.revision === servable.revision) return entry;
    if (entry.inFlight > 0) return entry;
    void this.drop(entry, 'request');
    return undefined;
  }

  private insert(servable: ServableModel): Entry {
    const entry = new Entry(servable, (created) => this.load(created));
    this.entries.set(servable.name, entry);
    return entry;
  }

  private async load(entry: Entry): Promise<LoadedModel> {
    const { servable } = entry;
    const startedMs = performance.now();
    const fileBytes = (await stat(servable.ggufPath)).size;
    entry.memoryBytes = fileBytes;
    await this.makeRoom(entry);
    const engine = await Engine.start({ ...servable.settings, ggufPath: servable.ggufPath }, (load) =>
      this.options.observer?.load?.(servable.name, load, entry.model?.admission.queued ?? 0),
    );
    try {
      const info = await engine.ready();
      entry.memoryBytes = fileBytes + info.settings.contextTokens * info.kvBytesPerToken;
      entry.model = {
        name: servable.name,
        engine,
        info,
        admission: new Admission({
          slots: info.settings.maxRunning + LOOKAHEAD,
          maxQueued: this.options.maxQueued ?? DEFAULT_MAX_QUEUED,
        }),
        textCodec: servable.textCodec,
        loadSeconds: (performance.now() - startedMs) / 1000,
        expiresAt: undefined,
        memoryBytes: entry.memoryBytes,
      };
    } catch (error) {
      await engine.close();
      throw error;
    }
    this.options.observer?.loaded?.(servable.name, entry.model.info, entry.model.loadSeconds);
    return entry.model;
  }

  /** Unloads idle models, least recently used first, until the new one fits the budget. */
  private async makeRoom(entry: Entry): Promise<void> {
    const budget = this.options.memoryBudgetBytes ?? totalmem() * 0.75;
    const used = () => [...this.entries.values()].reduce((sum, other) => sum + other.memoryBytes, 0);
    while (used() > budget) {
      const idle = [...this.entries.values()].filter((other) => other !== entry && other.inFlight === 0 && other.model);
      const oldest = idle.sort((a, b) => a.lastUsedMs - b.lastUsedMs)[0];
      if (oldest === undefined) {
        throw new FtsError('exhausted', `There is no memory for ${entry.servable.name} beside the models in use.`, {
          field: 'model',
          value: entry.servable.name,
          remedy: 'Try again when the other models are idle, or raise the memory budget.',
          retryAfterSeconds: 5,
        });
      }
      await this.drop(oldest, 'memory');
    }
  }

  private scheduleUnload(entry: Entry, keepAliveSeconds: number | undefined): void {
    const seconds = keepAliveSeconds ?? this.options.keepAliveSeconds ?? DEFAULT_KEEP_ALIVE_SECONDS;
    if (entry.model !== undefined) {
      entry.model.expiresAt = seconds < 0 ? undefined : new Date(Date.now() + seconds * 1000);
    }
    if (seconds < 0) return;
    entry.timer = setTimeout(() => {
      if (entry.inFlight === 0) void this.drop(entry, 'idle');
    }, seconds * 1000);
    entry.timer.unref();
  }

  private async drop(entry: Entry, reason: 'idle' | 'memory' | 'request' | 'shutdown'): Promise<void> {
    clearTimeout(entry.timer);
    this.entries.delete(entry.servable.name);
    const model = await entry.loading.catch(() => undefined);
    await model?.engine.close();
    this.options.observer?.unloaded?.(entry.servable.name, reason);
  }
}

/** One event of a generation, with text already decoded by the codec. */
export type PoolEvent = PoolTokens | PoolFinish;

interface PoolTokens {
  kind: 'tokens';
  text: string;
  /** Tokens generated since the last event. */
  tokens: number;
  logprobs: TokenLogprobs[] | undefined;
}

interface PoolFinish {
  kind: 'finish';
  reason: 'stop' | 'length';
  stopString: string | undefined;
  usage: EngineUsage;
}
