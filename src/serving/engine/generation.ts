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

/** The part of the model's vocabulary that a generation uses. */
export interface Vocabulary {
  piece(token: number, special?: boolean): Buffer;
  isEndOfGeneration(token: number): boolean;
  /** The tokens of a text in the middle of a generation; empty if no tokens spell it exactly. */
  split(bytes: Uint8Array): number[];
}

/** Forced text shorter than this is sampled as usual, because a prefill step would cost more than it saves. */
const LEAST_FORCED_BYTES = 4;

/** Interval between token events of a `whole` request: only the metrics counters need them. */
const WHOLE_INTERVAL_MS = 1000;

/** The state of one request in the engine: its tokens so far, sampler, text and times. */
export class Generation {
  readonly id: number;
  readonly adapter: string;
  readonly tokens: number[];
  readonly promptTokens: number;
  readonly sampler: Sampler;
  readonly arrivedMs: number;
  readonly deadlineMs: number;
  /** Its sequence in the KV cache; undefined while it waits. */
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
  /** End time of the last step that added tokens, and the number of generated tokens at that time. */
  private stepMs: number | undefined;
  private stepTokens = 0;
  /** Time of the last token event. */
  private emittedMs: number | undefined;
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

  /** Adds a sampled token to the output; returns whether the generation continues. */
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
   * Appends the tokens of the text that the constraint forces, as the tokenizer splits it. The next step prefills them
   * together instead of sampling them one by one. Returns the number of appended tokens.
   */
  appendForced(): number {
    const bytes = this.reportsLogprobs ? undefined : this.sampler.forced();
    if (bytes === undefined || bytes.length < LEAST_FORCED_BYTES) return 0;
    // The last token is sampled as usual, because it may also contain text beyond the forced part.
    const tokens = this.vocabulary.split(bytes).slice(0, -1);
    let appended = 0;
    for (const token of tokens) {
      if (this.allowance <= 1 || this.reason !== undefined || !this.sampler.allows(token)) break;
      this.accept({ token });
      appended++;
    }
    return appended;
  }

  /** Records the end of a step, to measure the time between tokens. */
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
   * Whether a token event is due: at once for the first token, then once per interval. Intervals start at the same
   * times for all requests, so that requests which decode together emit their events in one message.
   */
  isDue(nowMs: number, streamIntervalMs: number): boolean {
    const interval = this.whole ? WHOLE_INTERVAL_MS : streamIntervalMs;
    if (this.emittedMs === undefined || interval === 0) return true;
    return Math.floor(nowMs / interval) > Math.floor(this.emittedMs / interval);
  }

  /** Returns and clears the output added since the last event; undefined if there is none. */
  takeEvent(nowMs: number): TokenEvent | undefined {
    const { text, tokens, interTokenMs, logprobs } = this.pending;
    if (text === '' && tokens.length === 0) return undefined;
    this.pending = nothingPending();
    this.emittedMs = nowMs;
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
