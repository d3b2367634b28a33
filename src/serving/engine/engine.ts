import type { ChildProcess } from 'node:child_process';
import { setMaxListeners } from 'node:events';
import { FtsError, throwIfAborted } from '../../errors/fts-error.ts';
import { forkSibling } from '../../runtime/child-entry.ts';
import type { Work } from '../../runtime/progress.ts';
import { EventQueue } from './event-queue.ts';
import type {
  CallName,
  EngineCalls,
  EngineEvent,
  EngineInfo,
  EngineLoad,
  EngineSettings,
  EngineUsage,
  FinishEvent,
  FinishReason,
  FromEngine,
  GenerateRequest,
  ToEngine,
  TokenEvent,
} from './protocol.ts';

/** The complete result of a generation. */
export interface Completion {
  text: string;
  tokens: number[];
  reason: FinishReason;
  usage: EngineUsage;
}

export type GenerationEvent = TokenEvent | FinishEvent;

interface PendingCall {
  resolve(output: unknown): void;
  reject(error: FtsError): void;
}

/** After this many failed starts in a row, the engine restarts only when the next request arrives. */
const MOST_FAILED_STARTS = 3;
const CLOSE_GRACE_MS = 2000;

/**
 * The parent's side of one engine process: sends requests, delivers their events, and restarts the process when it
 * dies. Requests running at that moment end with `unavailable`; later ones wait for the new process.
 */
export class Engine {
  private readonly settings: EngineSettings;
  private readonly generations = new Map<number, EventQueue<GenerationEvent>>();
  private readonly calls = new Map<number, PendingCall>();
  private readonly onLoad: ((load: EngineLoad) => void) | undefined;
  private child: ChildProcess | undefined;
  private started: Promise<EngineInfo> | undefined;
  private nextId = 1;
  private closed = false;
  private failedStarts = 0;
  private lastLoad: EngineLoad | undefined;
  private restartCount = 0;
  /** Adapters to load again after a restart. */
  private readonly adapters = new Map<string, EngineCalls['loadAdapter']['input']>();

  private constructor(settings: EngineSettings, onLoad?: (load: EngineLoad) => void) {
    this.settings = settings;
    this.onLoad = onLoad;
  }

  /** Starts an engine process and loads the model. Errors: those of loading (`unavailable`, `corrupt`, `exhausted`). */
  static async start(settings: EngineSettings, onLoad?: (load: EngineLoad) => void): Promise<Engine> {
    const engine = new Engine(settings, onLoad);
    await engine.ready();
    return engine;
  }

  /** Facts about the running engine; starts the process if it is not running. */
  ready(): Promise<EngineInfo> {
    if (this.closed) return Promise.reject(new FtsError('unavailable', 'The engine has been closed.'));
    this.started ??= this.startProcess();
    return this.started;
  }

  /**
   * The last reported load: reported when a request ends, and at most a tenth of a second old while the engine works.
   */
  get load(): EngineLoad | undefined {
    return this.lastLoad;
  }

  get restarts(): number {
    return this.restartCount;
  }

  /** The process id of the engine process; undefined while none is running. */
  get pid(): number | undefined {
    return this.child?.pid;
  }

  /**
   * Generates from one prompt. The last event is `finish`. Leaving the loop early or aborting the signal cancels the
   * request at the next step. Errors: `invalid-input` for a bad request, `unavailable` if the engine process dies.
   */
  async *generate(request: GenerateRequest, signal?: AbortSignal): AsyncGenerator<GenerationEvent, void, undefined> {
    throwIfAborted(signal);
    await this.ready();
    const id = this.nextId++;
    const queue = new EventQueue<GenerationEvent>();
    this.generations.set(id, queue);
    const cancel = () => this.send({ kind: 'cancel', id });
    signal?.addEventListener('abort', cancel, { once: true });
    try {
      this.send({ kind: 'generate', id, request });
      if (signal?.aborted) cancel();
      for (;;) {
        const event = await queue.next();
        yield event;
        if (event.kind === 'finish') return;
      }
    } finally {
      signal?.removeEventListener('abort', cancel);
      if (this.generations.delete(id)) cancel();
    }
  }

  /** Generates from one prompt and waits for the complete result. */
  async complete(request: GenerateRequest, signal?: AbortSignal): Promise<Completion> {
    let text = '';
    const tokens: number[] = [];
    for await (const event of this.generate({ ...request, whole: true }, signal)) {
      if (event.kind === 'finish') return { text, tokens, reason: event.reason, usage: event.usage };
      text += event.text;
      tokens.push(...event.tokens);
    }
    throw new FtsError('internal', 'The generation ended without a finish event.');
  }

  /** Generates from many prompts, batched by the engine; completions come back in the order of the requests. */
  async completeAll(requests: readonly GenerateRequest[], work?: Work): Promise<Completion[]> {
    throwIfAborted(work?.signal);
    // All requests listen to one signal; without this, Node warns about a leak from the eleventh listener on.
    if (work !== undefined) setMaxListeners(0, work.signal);
    let done = 0;
    return Promise.all(
      requests.map(async (request) => {
        const completion = await this.complete(request, work?.signal);
        throwIfAborted(work?.signal);
        work?.report({ stage: 'generate', done: ++done, total: requests.length, unit: 'requests' });
        return completion;
      }),
    );
  }

  /** Sends a call that gets one reply: tokenize, embed, adapters. */
  async call<Name extends CallName>(
    name: Name,
    input: EngineCalls[Name]['input'],
  ): Promise<EngineCalls[Name]['output']> {
    await this.ready();
    const output = await this.request(name, input);
    if (name === 'loadAdapter') {
      const adapter = input as EngineCalls['loadAdapter']['input'];
      this.adapters.set(adapter.name, adapter);
    } else if (name === 'unloadAdapter') this.adapters.delete((input as EngineCalls['unloadAdapter']['input']).name);
    return output;
  }

  /** Ends the process and every request that is still running. */
  async close(): Promise<void> {
    this.closed = true;
    const { child } = this;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    await new Promise<void>((resolve) => {
      const force = setTimeout(() => child.kill('SIGKILL'), CLOSE_GRACE_MS);
      child.once('exit', () => {
        clearTimeout(force);
        resolve();
      });
      if (child.connected) child.disconnect();
      else child.kill('SIGKILL');
    });
  }

  private startProcess(): Promise<EngineInfo> {
    const child = forkSibling(import.meta.url, 'engine-process', [], {
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
      env: withHugePages(process.env),
    });
    this.child = child;
    let stderrTail = '';
    child.stderr?.on('data', (data: Buffer) => {
      stderrTail = (stderrTail + data.toString('utf8')).slice(-2000);
    });
    return new Promise<EngineInfo>((resolve, reject) => {
      let ready = false;
      child.on('message', (message: FromEngine) => {
        if (message.kind === 'ready') {
          this.restoreAdapters().then(() => {
            ready = true;
            this.failedStarts = 0;
            resolve(message.info);
          }, reject);
        } else if (message.kind === 'failed') {
          reject(FtsError.fromJSON(message.error));
          this.started = undefined;
          child.kill('SIGKILL');
        } else this.receive(message);
      });
      child.once('error', (error) => reject(FtsError.from(error)));
      child.once('exit', (code, signal) => {
        const error = new FtsError('unavailable', `The engine process ended (${signal ?? `code ${code}`}).`, {
          remedy: 'Send the request again; the engine is being restarted.',
          ...(stderrTail === '' ? {} : { cause: stderrTail }),
        });
        reject(error);
        if (this.child === child) this.recover(error, ready);
      });
      this.send({ kind: 'load', settings: this.settings });
    });
  }

  /** After the process died: fails all pending requests, and restarts unless the start itself failed. */
  private recover(error: FtsError, wasReady: boolean): void {
    this.child = undefined;
    this.started = undefined;
    this.lastLoad = undefined;
    for (const queue of this.generations.values()) queue.fail(error);
    for (const call of this.calls.values()) call.reject(error);
    this.generations.clear();
    this.calls.clear();
    if (!wasReady) this.failedStarts++;
    if (this.closed || this.failedStarts >= MOST_FAILED_STARTS) {
      this.failedStarts = 0;
      return;
    }
    if (!wasReady) return;
    this.restartCount++;
    // A failed restart is reported to the next request, which awaits the same promise.
    this.ready().catch(() => undefined);
  }

  private async restoreAdapters(): Promise<void> {
    for (const adapter of this.adapters.values()) await this.request('loadAdapter', adapter);
  }

  private request<Name extends CallName>(
    name: Name,
    input: EngineCalls[Name]['input'],
  ): Promise<EngineCalls[Name]['output']> {
    const id = this.nextId++;
    return new Promise((resolve, reject) => {
      this.calls.set(id, { resolve: (output) => resolve(output as EngineCalls[Name]['output']), reject });
      this.send({ kind: 'call', id, name, input } as ToEngine);
    });
  }

  private receive(message: Exclude<FromEngine, { kind: 'ready' | 'failed' }>): void {
    if (message.kind === 'step') {
      if (message.load !== undefined) {
        this.lastLoad = message.load;
        this.onLoad?.(message.load);
      }
      for (const event of message.events) this.dispatch(event);
      return;
    }
    const call = this.calls.get(message.id);
    this.calls.delete(message.id);
    if (message.kind === 'reply') call?.resolve(message.output);
    else call?.reject(FtsError.fromJSON(message.error));
  }

  private dispatch(event: EngineEvent): void {
    const queue = this.generations.get(event.id);
    if (queue === undefined) return;
    if (event.kind === 'error') queue.fail(FtsError.fromJSON(event.error));
    else queue.push(event);
    if (event.kind !== 'tokens') this.generations.delete(event.id);
  }

  private send(message: ToEngine): void {
    if (this.child?.connected) this.child.send(message);
  }
}

/**
 * Lets glibc (2.35 and later) back large allocations with huge pages. Every step reads all weights and the KV cache,
 * and with 4 KB pages address translation takes a tenth or more of that time. The user's own GLIBC_TUNABLES takes
 * precedence.
 */
function withHugePages(environment: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return { GLIBC_TUNABLES: 'glibc.malloc.hugetlb=1', ...environment };
}
