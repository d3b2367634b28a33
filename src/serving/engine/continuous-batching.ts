import { FtsError } from '../../errors/fts-error.ts';
import { paddingRows } from '../../scheduling/block-padding.ts';
import { promptPasses } from '../../scheduling/prompt-passes.ts';
import type { LlamaContext } from '../llama/context.ts';
import type { Generation } from './generation.ts';
import { type IdleSlot, KvCache } from './kv-cache.ts';
import { type PackedRows, packBatch } from './packed-batch.ts';
import type { EngineEvent, EngineLoad } from './protocol.ts';
import type { Speculation } from './speculation.ts';
import { type PlannedRows, planDecoding, planPrompts } from './step-plan.ts';

export interface BatchingOptions {
  maxRunning: number;
  prefillChunkTokens: number;
  prefixCache: boolean;
  /** Least milliseconds between two token events of one stream. */
  streamIntervalMs: number;
}

/**
 * A prompt waits for another one in prefill if it can then share at least this many tokens more than are cached now.
 */
const WORTH_WAITING_TOKENS = 32;

/** Up to this many streams emit at the configured interval; with more, the interval grows in proportion. */
const STREAMS_AT_SET_INTERVAL = 2;
/** A delay up to this long feels instant to a reader (Nielsen 1993). */
const FEELS_INSTANT_MS = 100;

/** One forward pass: planned rows, and idle slots that get dummy rows to fill a kernel block. */
interface Pass {
  rows: PlannedRows[];
  padding: IdleSlot[];
}

/**
 * Continuous batching (Orca, Yu et al. 2022) over one context. Each step is a transaction: admit, plan, reserve cells,
 * pack one batch, decode, sample, commit. A failure before the commit leaves the cache unchanged.
 */
export class ContinuousBatching {
  private readonly context: LlamaContext;
  private readonly options: BatchingOptions;
  private readonly speculation: Speculation | undefined;
  private readonly useAdapter: (name: string) => void;
  private readonly cache: KvCache;
  private readonly waiting: Generation[] = [];
  private running: Generation[] = [];
  private events: EngineEvent[] = [];
  /** Planned passes that have not been computed yet. */
  private passes: Pass[] = [];
  /** With a stream per sequence: whether the last step decoded, so that the next one prefills. */
  private decodes = true;
  private adapter = '';
  private readonly counters = {
    steps: 0,
    decodedTokens: 0,
    prefilledTokens: 0,
    prefixQueriedTokens: 0,
    prefixHitTokens: 0,
    preemptions: 0,
    draftedTokens: 0,
    acceptedTokens: 0,
    forcedTokens: 0,
    forwardMs: 0,
  };

  constructor(
    context: LlamaContext,
    options: BatchingOptions,
    useAdapter: (name: string) => void,
    speculation?: Speculation,
  ) {
    this.context = context;
    this.options = options;
    this.useAdapter = useAdapter;
    this.speculation = speculation;
    this.cache = new KvCache(context, context.options.cells, context.options.sequences, {
      adjacent: context.options.kvLayout === 'streams',
    });
  }

  get busy(): boolean {
    return this.running.length > 0 || this.waiting.length > 0 || this.events.length > 0;
  }

  get load(): EngineLoad {
    return {
      running: this.running.length,
      waiting: this.waiting.length,
      cells: this.cache.cells,
      usedCells: this.cache.usedCells,
      ...this.counters,
    };
  }

  submit(generation: Generation): void {
    this.waiting.push(generation);
  }

  cancel(id: number): void {
    const generation = [...this.waiting, ...this.running].find((candidate) => candidate.id === id);
    if (generation === undefined) return;
    generation.finish('cancelled');
    this.retire(generation);
  }

  /** Evicts the cached sequences of an adapter that no request uses, and detaches it from the context. */
  releaseAdapter(name: string): void {
    this.cache.dropKept(name);
    if (this.adapter !== name) return;
    this.useAdapter('');
    this.adapter = '';
  }

  usesAdapter(adapter: string): boolean {
    return [...this.waiting, ...this.running].some((generation) => generation.adapter === adapter);
  }

  /** Runs one step and returns its events. */
  step(): EngineEvent[] {
    this.expire();
    if (this.passes.length === 0) this.plan();
    const pass = this.passes.shift();
    if (pass !== undefined) this.run(pass);
    return this.takeEvents();
  }

  private run({ rows, padding }: Pass): void {
    // A request cancelled or preempted since the pass was planned no longer has a sequence.
    const present = rows.filter(({ generation }) => generation.sequence !== undefined);
    if (present.length === 0) return;
    const packed = packBatch(this.context, present, padding);
    const computed = this.decode(packed);
    for (const { id, length } of padding) this.context.truncate(id, length);
    if (computed) this.sampleAndCommit(packed);
  }

  private plan(): void {
    this.admit();
    this.passes = this.context.options.kvLayout === 'streams' ? this.planTurn() : this.planMixed();
  }

  /** Unified cache: decoding rows and prompt chunks share one pass; prompts get the rest of the token budget. */
  private planMixed(): Pass[] {
    this.nextAdapter();
    const { prefillChunkTokens } = this.options;
    const decoding = this.planDecoding();
    const left = decoding.reduce((tokens, { count, draft }) => tokens - count - draft.length, prefillChunkTokens);
    const rows = this.reserve([...decoding, ...planPrompts(this.group, left, prefillChunkTokens)]);
    return [{ rows, padding: [] }];
  }

  /**
   * A stream per sequence: prefill and decode cannot share a pass, so they alternate. Prefill goes first and gets the
   * whole chunk, a size that suits matrix kernels; a request whose prompt just finished joins the next decode pass.
   */
  private planTurn(): Pass[] {
    this.decodes = !this.decodes;
    if (!this.decodes) {
      this.nextAdapter();
      const { prefillChunkTokens } = this.options;
      const prompts = planPrompts(this.group, prefillChunkTokens, prefillChunkTokens);
      if (prompts.length > 0) {
        const passes = promptPasses(this.reserve(prompts), this.context.options.passRows);
        return passes.map((rows) => ({ rows, padding: [] }));
      }
      this.decodes = true;
    }
    const rows = this.reserve(this.planDecoding());
    const padding = this.padding(rows);
    if (padding.length === 0) this.cache.closeGaps();
    return [{ rows, padding }];
  }

  /**
   * The idle slots that pad the rows to a kernel block; only if all running requests decode one token without a draft.
   */
  private padding(rows: PlannedRows[]): IdleSlot[] {
    const uniform = rows.length === this.running.length && rows.every(({ draft }) => draft.length === 0);
    return uniform ? this.cache.idleSlots(paddingRows(rows.length)) : [];
  }

  private planDecoding(): PlannedRows[] {
    return planDecoding(this.group, this.speculation?.draft(this.group) ?? new Map());
  }

  private takeEvents(): EngineEvent[] {
    const now = performance.now();
    const interval = emitInterval(this.options.streamIntervalMs, this.running.length);
    for (const generation of this.running) if (generation.isDue(now, interval)) this.emit(generation, now);
    const { events } = this;
    this.events = [];
    return events;
  }

  private emit(generation: Generation, nowMs = performance.now()): void {
    const event = generation.takeEvent(nowMs);
    if (event !== undefined) this.events.push(event);
  }

  private expire(): void {
    const now = performance.now();
    for (const generation of [...this.waiting, ...this.running]) {
      if (now < generation.deadlineMs) continue;
      generation.finish('deadline');
      this.retire(generation);
    }
  }

  /** Moves waiting generations into the batch, oldest first, while slots are free. */
  private admit(): void {
    for (const generation of [...this.waiting]) {
      if (this.running.length >= this.options.maxRunning) return;
      if (this.willShareMore(generation)) continue;
      const limit = this.options.prefixCache ? generation.tokens.length - 1 : 0;
      const sequence = this.cache.open(generation.adapter, generation.tokens, limit);
      if (sequence === undefined) return;
      this.counters.prefixQueriedTokens += generation.tokens.length;
      this.counters.prefixHitTokens += sequence.length;
      generation.start(sequence);
      this.waiting.splice(this.waiting.indexOf(generation), 1);
      this.running.push(generation);
    }
  }

  /** Whether a prompt in prefill will soon add a cached prefix that is worth waiting for. */
  private willShareMore(generation: Generation): boolean {
    if (!this.options.prefixCache) return false;
    let known: number | undefined;
    for (const other of this.running) {
      if (other.remaining <= 1 || other.adapter !== generation.adapter) continue;
      known ??= this.cache.match(generation.adapter, generation.tokens);
      const common = commonPrefix(other.tokens, generation.tokens);
      if (common - known >= WORTH_WAITING_TOKENS) return true;
    }
    return false;
  }

  /** A batch uses one adapter, so the adapters of running requests take turns. */
  private nextAdapter(): void {
    const adapters = [...new Set(this.running.map((generation) => generation.adapter))];
    const next = adapters[(adapters.indexOf(this.adapter) + 1) % adapters.length];
    if (next === undefined || next === this.adapter) return;
    this.useAdapter(next);
    this.adapter = next;
  }

  /** The running requests of the adapter whose turn it is. */
  private get group(): Generation[] {
    return this.running.filter(({ adapter }) => adapter === this.adapter);
  }

  /**
   * Frees a cell for every planned token: evicts finished sequences first, then drops drafts, then preempts the
   * youngest running requests, which are prefilled again later. A request that fills the whole cache alone finishes
   * with `length`.
   */
  private reserve(plan: PlannedRows[]): PlannedRows[] {
    let rows = plan;
    const needed = () => rows.reduce((sum, planned) => sum + planned.count + planned.draft.length, 0);
    while (!this.cache.reclaim(needed())) {
      if (rows.some((planned) => planned.draft.length > 0)) {
        rows = rows.map((planned) => ({ ...planned, draft: [] }));
        continue;
      }
      const victim = this.running.at(-1)!;
      if (this.running.length === 1) {
        const fits = rows[0] === undefined ? 0 : Math.min(rows[0].count, this.cache.freeCells);
        if (fits > 0) return [{ generation: victim, count: fits, draft: [] }];
        victim.finish('length');
        this.retire(victim);
        return [];
      }
      this.preempt(victim);
      rows = rows.filter((planned) => planned.generation !== victim);
    }
    return rows;
  }

  private preempt(generation: Generation): void {
    this.counters.preemptions++;
    generation.preemptions++;
    this.emit(generation);
    this.cache.close(generation.sequence!, false);
    generation.sequence = undefined;
    this.running = this.running.filter((other) => other !== generation);
    this.waiting.unshift(generation);
  }

  /** Runs the batch. If llama.cpp fails, the batch's cells are freed and its requests get the error. */
  private decode(packed: PackedRows[]): boolean {
    const started = performance.now();
    const outcome = this.context.decode();
    const elapsed = performance.now() - started;
    this.counters.forwardMs += elapsed;
    this.counters.steps++;
    if (outcome === 'done') {
      this.speculation?.observe(packed, elapsed);
      return true;
    }
    for (const { generation } of packed) this.context.truncate(generation.sequence!.id, generation.sequence!.length);
    if (outcome === 'full') {
      // By our accounting there is room, but llama.cpp found none: evict all kept sequences and preempt one request.
      this.cache.dropKept();
      if (this.running.length > 1) this.preempt(this.running.at(-1)!);
      else this.fail(packed, new FtsError('exhausted', 'The KV cache is full.', { field: 'contextTokens' }));
    } else {
      this.fail(packed, new FtsError('internal', 'llama.cpp failed to compute this step.'));
    }
    return false;
  }

  private fail(packed: PackedRows[], error: FtsError): void {
    for (const { generation } of packed) {
      this.emit(generation);
      this.events.push({ kind: 'error', id: generation.id, error: error.toJSON() });
      this.remove(generation, false);
    }
  }

  /** Samples the output rows in order, then adds the computed tokens to the cache and the sampled ones to the text. */
  private sampleAndCommit(packed: PackedRows[]): void {
    const now = performance.now();
    for (const rows of packed) {
      try {
        this.commit(rows, now);
      } catch (error) {
        // A failing constraint ends only its own request.
        this.fail([rows], FtsError.from(error));
      }
    }
  }

  private commit({ generation, count, draft, outputs }: PackedRows, now: number): void {
    const sequence = generation.sequence!;
    const computed = generation.tokens.slice(sequence.length, sequence.length + count);
    if (generation.generatedTokens === 0) this.counters.prefilledTokens += count;
    let accepted = 0;
    for (const { row, expected } of outputs) {
      const choice = generation.sampler.sample(this.context.logits(row));
      this.counters.decodedTokens++;
      const goesOn = generation.accept(choice);
      if (choice.token !== expected || !goesOn) break;
      computed.push(choice.token);
      accepted++;
    }
    if (outputs.length > 0 && generation.finished === undefined) {
      this.counters.forcedTokens += generation.appendForced();
    }
    generation.endStep(now);
    this.cache.append(sequence, computed);
    if (draft.length > 0) {
      this.context.truncate(sequence.id, sequence.length);
      generation.draftedTokens += draft.length;
      generation.acceptedTokens += accepted;
      this.counters.draftedTokens += draft.length;
      this.counters.acceptedTokens += accepted;
      this.speculation?.learn(generation, draft.length, accepted);
    }
    if (generation.finished !== undefined) this.retire(generation);
  }

  /** Removes a finished generation from the batch and emits its last text and its usage. */
  private retire(generation: Generation): void {
    this.emit(generation);
    const { stopString } = generation;
    this.events.push({
      kind: 'finish',
      id: generation.id,
      reason: generation.finished ?? 'stop',
      ...(stopString === undefined ? {} : { stopString }),
      usage: generation.usage(),
    });
    this.remove(generation, this.options.prefixCache);
  }

  private remove(generation: Generation, keep: boolean): void {
    this.running = this.running.filter((other) => other !== generation);
    const index = this.waiting.indexOf(generation);
    if (index >= 0) this.waiting.splice(index, 1);
    if (generation.sequence !== undefined) this.cache.close(generation.sequence, keep);
    generation.sequence = undefined;
    this.speculation?.forget(generation);
  }
}

/**
 * Milliseconds between token events of one stream. The interval grows with the number of streams, so that emitting
 * takes a constant share of the CPU, but only up to the time that feels instant to a reader.
 */
function emitInterval(settingMs: number, streams: number): number {
  const scaled = (settingMs * streams) / STREAMS_AT_SET_INTERVAL;
  return Math.max(settingMs, Math.min(scaled, FEELS_INSTANT_MS));
}

function commonPrefix(a: readonly number[], b: readonly number[]): number {
  const most = Math.min(a.length, b.length);
  let length = 0;
  while (length < most && a[length] === b[length]) length++;
  return length;
}
