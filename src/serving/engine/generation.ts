import type { Choice, Sampler, TokenLogprob } from '../sampling/sampler.ts';
import type { KvSequence } from './kv-cache.ts';
import type {
  EngineUsage,
  FinishReason,
  GenerateRequest,
  LogprobEntry,
  TokenEvent,
  TokenLogprobs,
} from './protocol.ts';
import { TextStream } from './text-stream.ts';

/** What a generation needs of the model's vocabulary. */
export interface Vocabulary {
  piece(token: number, special?: boolean): Buffer;
  isEndOfGeneration(token: number): boolean;
  /** The tokens of a text in the middle of a generation; none where they would not spell exactly it. */
  split(bytes: Uint8Array): number[];
}

/** Shorter forced texts are not worth a turn of reading. */
const LEAST_FORCED_BYTES = 4;

/** How often an answer that nobody reads before its end is told of, for the counters of the metrics. */
const WHOLE_INTERVAL_MS = 1000;

/** One request inside the engine: its tokens so far, its sampler, its text, its times. */
export class Generation {
  readonly id: number;
  readonly adapter: string;
  readonly tokens: number[];
  readonly promptTokens: number;
  readonly sampler: Sampler;
  readonly arrivedMs: number;
  readonly deadlineMs: number;
  /** Its place in the KV cache while it runs. */
  sequence: KvSequence | undefined;
  cachedTokens = 0;
  draftedTokens = 0;
  acceptedTokens = 0;
  preemptions = 0;
  /** Steps since its prefill last moved, so that none starves behind shorter ones. */
  stepsWaited = 0;
  private readonly vocabulary: Vocabulary;
  private readonly text: TextStream;
  private readonly maxTokens: number;
  private readonly stopTokens: Set<number>;
  private readonly ignoreEos: boolean;
  private readonly whole: boolean;
  private readonly reportsLogprobs: boolean;
  private startedMs: number | undefined;
  private firstTokenMs: number | undefined;
  /** When the last step that added tokens ended, and how many there were then. */
  private stepMs: number | undefined;
  private stepTokens = 0;
  /** When its tokens were last told. */
  private toldMs: number | undefined;
  private reason: FinishReason | undefined;
  private pending = nothingPending();

  constructor(
    id: number,
    request: GenerateRequest,
    tokens: number[],
    sampler: Sampler,
    vocabulary: Vocabulary,
    maxTokens: number,
  ) {
    this.id = id;
    this.adapter = request.adapter ?? '';
    this.tokens = tokens;
    this.promptTokens = tokens.length;
    this.sampler = sampler;
    this.vocabulary = vocabulary;
    this.maxTokens = maxTokens;
    this.text = new TextStream(request.stop ?? []);
    this.stopTokens = new Set(request.stopTokens ?? []);
    this.ignoreEos = request.ignoreEos ?? false;
    this.whole = request.whole ?? false;
    this.reportsLogprobs = request.sampling.topLogprobs !== undefined;
    this.arrivedMs = performance.now();
    this.deadlineMs = request.deadlineMs === undefined ? Infinity : this.arrivedMs + request.deadlineMs;
  }

  get generatedTokens(): number {
    return this.tokens.length - this.promptTokens;
  }

  /** Tokens known but not yet in the KV cache: 1 while decoding, more while prefilling. */
  get remaining(): number {
    return this.tokens.length - (this.sequence?.length ?? 0);
  }

  get finished(): FinishReason | undefined {
    return this.reason;
  }

  /** Tokens that may still be generated. */
  get allowance(): number {
    return this.maxTokens - this.generatedTokens;
  }

  start(sequence: KvSequence): void {
    this.sequence = sequence;
    if (this.startedMs === undefined) this.cachedTokens = sequence.length;
    this.startedMs ??= performance.now();
  }

  /** Makes a sampled token part of the output; returns whether the generation goes on. */
  accept(choice: Choice): boolean {
    this.firstTokenMs ??= performance.now();
    const { token } = choice;
    this.tokens.push(token);
    this.sampler.accept(token);
    this.pending.tokens.push(token);
    const ends = (!this.ignoreEos && this.vocabulary.isEndOfGeneration(token)) || this.stopTokens.has(token);
    if (ends) {
      this.finish('stop');
      return false;
    }
    if (choice.logprob !== undefined) this.pending.logprobs.push(this.describe(choice));
    this.pending.text += this.text.push(this.vocabulary.piece(token));
    if (this.text.stoppedBy !== undefined || this.sampler.isComplete) this.finish('stop');
    else if (this.allowance <= 0) this.finish('length');
    return this.reason === undefined;
  }

  /**
   * Appends the tokens that the constraint leaves no choice about, in the tokenizer's own split; they are read together in
   * the next step instead of being sampled one by one. Returns how many.
   */
  appendForced(): number {
    const bytes = this.reportsLogprobs ? undefined : this.sampler.forced();
    if (bytes === undefined || bytes.length < LEAST_FORCED_BYTES) return 0;
    // The last token is left to be sampled: what follows the forced text may belong to it.
    const tokens = this.vocabulary.split(bytes).slice(0, -1);
    let appended = 0;
    for (const token of tokens) {
      if (this.allowance <= 1 || this.reason !== undefined || !this.sampler.allows(token)) break;
      this.accept({ token });
      appended++;
    }
    return appended;
  }

  /** Takes note of the end of a step, for the time between tokens. */
  endStep(nowMs: number): void {
    const added = this.generatedTokens - this.stepTokens;
    if (added === 0) return;
    if (this.stepMs !== undefined) this.pending.interTokenMs.push((nowMs - this.stepMs) / added);
    this.stepMs = nowMs;
    this.stepTokens = this.generatedTokens;
  }

  finish(reason: FinishReason): void {
    if (this.reason !== undefined) return;
    this.reason = reason;
    this.pending.text += this.text.flush();
  }

  get stopString(): string | undefined {
    return this.text.stoppedBy;
  }

  /**
   * Whether its tokens should be told now: the first at once, later ones once in an interval. Intervals begin at the same
   * times for all requests, so that those which decode together are told of together.
   */
  isDue(nowMs: number, streamIntervalMs: number): boolean {
    const interval = this.whole ? WHOLE_INTERVAL_MS : streamIntervalMs;
    if (this.toldMs === undefined || interval === 0) return true;
    return Math.floor(nowMs / interval) > Math.floor(this.toldMs / interval);
  }

  /** What was added since the last event, once; undefined where there is nothing to tell. */
  takeEvent(nowMs: number): TokenEvent | undefined {
    const { text, tokens, interTokenMs, logprobs } = this.pending;
    if (text === '' && tokens.length === 0) return undefined;
    this.pending = nothingPending();
    this.toldMs = nowMs;
    return { kind: 'tokens', id: this.id, text, tokens, interTokenMs, ...(logprobs.length === 0 ? {} : { logprobs }) };
  }

  usage(): EngineUsage {
    const now = performance.now();
    const started = this.startedMs ?? now;
    const first = this.firstTokenMs ?? now;
    return {
      promptTokens: this.promptTokens,
      cachedTokens: this.cachedTokens,
      completionTokens: this.generatedTokens,
      queueMs: started - this.arrivedMs,
      prefillMs: first - started,
      decodeMs: now - first,
      draftedTokens: this.draftedTokens,
      acceptedTokens: this.acceptedTokens,
      preemptions: this.preemptions,
    };
  }

  private describe(choice: Choice): TokenLogprobs {
    const chosen = this.entry({ token: choice.token, logprob: choice.logprob ?? 0 });
    return { ...chosen, top: (choice.topLogprobs ?? []).map((entry) => this.entry(entry)) };
  }

  private entry({ token, logprob }: TokenLogprob): LogprobEntry {
    const piece = this.vocabulary.piece(token, true);
    return { token, text: piece.toString('utf8'), bytes: [...piece], logprob };
  }
}

function nothingPending(): { text: string; tokens: number[]; interTokenMs: number[]; logprobs: TokenLogprobs[] } {
  return { text: '', tokens: [], interTokenMs: [], logprobs: [] };
}
