import { FtsError } from '../../errors/fts-error.ts';
import { paddingRows } from '../../scheduling/block-padding.ts';
import { promptPasses } from '../../scheduling/prompt-passes.ts';
import type { LlamaContext } from '../llama/context.ts';
import type { Generation } from './generation.ts';
import { type IdlePlace, KvCache } from './kv-cache.ts';
import { type PackedRows, packBatch } from './packed-batch.ts';
import type { EngineEvent, EngineLoad } from './protocol.ts';
import type { Speculation } from './speculation.ts';
import { type PlannedRows, planDecoding, planPrompts } from './step-plan.ts';

export interface BatchingOptions {
  maxRunning: number;
  prefillChunkTokens: number;
  prefixCache: boolean;
  /** Least milliseconds between two events of one stream's tokens. */
  streamIntervalMs: number;
}

/** Prompts that will share at least this many tokens with one that is being read wait for it instead of reading too. */
const WORTH_WAITING_TOKENS = 32;

/** Streams that are told of as often as the setting says; with more the interval grows in proportion. */
const FREELY_TOLD_STREAMS = 2;
/** What readers take for at once (Nielsen 1993). */
const READERS_INSTANT_MS = 100;

/** What is computed together: planned rows, and idle places that fill up a block. */
interface Pass {
  rows: PlannedRows[];
  fillers: IdlePlace[];
}

/**
 * Continuous batching (Orca, Yu et al. 2022) over one context. Each step is a transaction: admit, plan, reserve cells,
 * pack one batch, decode, sample, commit. What fails before the commit leaves the cache as it was.
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
  /** Planned and not yet computed. */
  private passes: Pass[] = [];
  /** Whose turn it was last, where prompts and decoding rows take turns. */
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

  /** Forgets an adapter that no request uses: what its finished requests left in the cache, and its place in the context. */
  releaseAdapter(name: string): void {
    this.cache.dropKept(name);
    if (this.adapter !== name) return;
    this.useAdapter('');
    this.adapter = '';
  }

  usesAdapter(adapter: string): boolean {
    return [...this.waiting, ...this.running].some((generation) => generation.adapter === adapter);
  }

  /** One step; returns what it brought about. */
  step(): EngineEvent[] {
    this.expire();
    if (this.passes.length === 0) this.plan();
    const pass = this.passes.shift();
    if (pass !== undefined) this.run(pass);
    return this.takeEvents();
  }

  private run({ rows, fillers }: Pass): void {
    // What was cancelled or preempted since it was planned has lost its sequence.
    const present = rows.filter(({ generation }) => generation.sequence !== undefined);
    if (present.length === 0) return;
    const packed = packBatch(this.context, present, fillers);
    const computed = this.decode(packed);
    for (const { id, length } of fillers) this.context.truncate(id, length);
    if (computed) this.sampleAndCommit(packed);
  }

  private plan(): void {
    this.admit();
    this.passes = this.context.options.kvLayout === 'streams' ? this.planTurn() : this.planMixed();
  }

  /** One pool: decoding rows first, then prompts with what is left of the chunk, all in one pass. */
  private planMixed(): Pass[] {
    this.nextAdapter();
    const { prefillChunkTokens } = this.options;
    const decoding = this.planDecoding();
    const left = decoding.reduce((tokens, { count, draft }) => tokens - count - draft.length, prefillChunkTokens);
    const rows = this.reserve([...decoding, ...planPrompts(this.group, left, prefillChunkTokens)]);
    return [{ rows, fillers: [] }];
  }

  /**
   * A stream for each sequence: prompts and decoding rows do not mix in one pass, so they take turns. Prompts, which
   * have the whole chunk (a size that matrix kernels like), go first: who has read decodes along at once.
   */
  private planTurn(): Pass[] {
    this.decodes = !this.decodes;
    if (!this.decodes) {
      this.nextAdapter();
      const { prefillChunkTokens } = this.options;
      const prompts = planPrompts(this.group, prefillChunkTokens, prefillChunkTokens);
      if (prompts.length > 0) {
        const passes = promptPasses(this.reserve(prompts), this.context.options.passRows);
        return passes.map((rows) => ({ rows, fillers: [] }));
      }
      this.decodes = true;
    }
    const rows = this.reserve(this.planDecoding());
    const fillers = this.fillers(rows);
    if (fillers.length === 0) this.cache.closeGaps();
    return [{ rows, fillers }];
  }

  /** Idle places that make a whole block of the rows, where all that run decode and none guesses. */
  private fillers(rows: PlannedRows[]): IdlePlace[] {
    const alike = rows.length === this.running.length && rows.every(({ draft }) => draft.length === 0);
    return alike ? this.cache.idlePlaces(paddingRows(rows.length)) : [];
  }

  private planDecoding(): PlannedRows[] {
    return planDecoding(this.group, this.speculation?.draft(this.group) ?? new Map());
  }

  private takeEvents(): EngineEvent[] {
    const now = performance.now();
    const interval = streamInterval(this.options.streamIntervalMs, this.running.length);
    for (const generation of this.running) if (generation.isDue(now, interval)) this.tell(generation, now);
    const { events } = this;
    this.events = [];
    return events;
  }

  private tell(generation: Generation, nowMs = performance.now()): void {
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

  /** Moves waiting generations into the batch, oldest first, as long as there is a place. */
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

  /** Whether a prompt that is being read right now is about to leave a prefix worth waiting for. */
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

  /** A batch runs under one adapter; adapters with running requests take turns. */
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
   * Finds a free cell for every planned token: finished sequences go first, then the youngest running requests are
   * preempted and read again later. A request that fills the cache alone ends for its length.
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
    this.tell(generation);
    this.cache.close(generation.sequence!, false);
    generation.sequence = undefined;
    this.running = this.running.filter((other) => other !== generation);
    this.waiting.unshift(generation);
  }

  /** Runs the batch. Where llama.cpp fails, cells are put back and the batch's requests get the error. */
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
      // The books say that there is room, llama.cpp finds none: give up what is only kept, or one request.
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
      this.tell(generation);
      this.events.push({ kind: 'error', id: generation.id, error: error.toJSON() });
      this.remove(generation, false);
    }
  }

  /** Samples every output row in order, then makes computed tokens part of the cache's books and the text. */
  private sampleAndCommit(packed: PackedRows[]): void {
    const now = performance.now();
    for (const rows of packed) {
      try {
        this.commit(rows, now);
      } catch (error) {
        // A constraint that fails ends its own request only.
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

  /** Takes a finished generation out of the batch and tells its last text and usage. */
  private retire(generation: Generation): void {
    this.tell(generation);
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
    const place = this.waiting.indexOf(generation);
    if (place >= 0) this.waiting.splice(place, 1);
    if (generation.sequence !== undefined) this.cache.close(generation.sequence, keep);
    generation.sequence = undefined;
    this.speculation?.forget(generation);
  }
}

/** More streams are told of less often, so that telling takes the same share of the processor, but at once to a reader. */
function streamInterval(settingMs: number, streams: number): number {
  const shared = (settingMs * streams) / FREELY_TOLD_STREAMS;
  return Math.max(settingMs, Math.min(shared, READERS_INSTANT_MS));
}

function commonPrefix(a: readonly number[], b: readonly number[]): number {
  const most = Math.min(a.length, b.length);
  let length = 0;
  while (length < most && a[length] === b[length]) length++;
  return length;
}
