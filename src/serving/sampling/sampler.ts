import { Xoshiro128 } from '../../random/xoshiro128.ts';
import { argmax, type Candidates, largest, logSumExp, plausible } from './candidates.ts';
import type { SamplingSettings } from './sampling-settings.ts';

/** What constrains a sampler to a language, walked token by token. */
export interface Constraint {
  allows(token: number): boolean;
  /** Sets the logits of all tokens that may not come next to -Infinity. */
  mask(logits: Float32Array): void;
  accept(token: number): void;
  /** Whether nothing may come any more. */
  readonly isComplete: boolean;
  /** The bytes that must come next, as far as only one way is open. */
  forced(): Uint8Array;
}

export interface TokenLogprob {
  token: number;
  logprob: number;
}

/** One choice; the log probabilities are those of the model itself, before penalties, temperature and truncation. */
export interface Choice {
  token: number;
  logprob?: number;
  topLogprobs?: TokenLogprob[];
}

/**
 * Chooses one request's tokens: penalties and bias, then greedy or temperature → top-k → top-p → min-p → draw, in the
 * order of Hugging Face and vLLM. Holds the request's own history, random stream and constraint.
 */
export class Sampler {
  private readonly settings: SamplingSettings;
  private readonly random: Xoshiro128;
  private readonly constraint: Constraint | undefined;
  private readonly generated = new Map<number, number>();
  private readonly seen: Set<number> | undefined;
  private readonly bias: [number, number][];

  constructor(settings: SamplingSettings, promptTokens: readonly number[], constraint?: Constraint) {
    this.settings = settings;
    this.constraint = constraint;
    this.random = new Xoshiro128(settings.seed ?? Math.floor(Math.random() * 2 ** 32));
    this.seen = settings.repetitionPenalty === 1 ? undefined : new Set(promptTokens);
    this.bias = Object.entries(settings.logitBias).map(([token, bias]) => [Number(token), bias]);
  }

  /** Chooses the next token from `logits` `[vocabSize]`, which it may overwrite. `accept` then makes it history. */
  sample(logits: Float32Array): Choice {
    const { topLogprobs } = this.settings;
    const model = topLogprobs === undefined ? undefined : modelLogprobs(logits, topLogprobs);
    this.penalize(logits);
    const token = this.choose(logits);
    if (model === undefined) return { token };
    return { token, logprob: model.of(token), topLogprobs: model.top };
  }

  accept(token: number): void {
    this.generated.set(token, (this.generated.get(token) ?? 0) + 1);
    this.seen?.add(token);
    this.constraint?.accept(token);
  }

  /** Whether the constraint lets nothing come any more. */
  get isComplete(): boolean {
    return this.constraint?.isComplete ?? false;
  }

  /** The bytes that the constraint leaves no choice about. */
  forced(): Uint8Array | undefined {
    return this.constraint?.forced();
  }

  /** Whether a token may come next. */
  allows(token: number): boolean {
    return this.constraint?.allows(token) ?? true;
  }

  private choose(logits: Float32Array): number {
    const first = this.draw(logits);
    if (this.constraint === undefined || this.constraint.allows(first)) return first;
    // Masking the whole vocabulary is dear, so it is done only where the free choice breaks the constraint.
    this.constraint.mask(logits);
    return this.draw(logits);
  }

  private draw(logits: Float32Array): number {
    const { temperature, topK, topP, minP } = this.settings;
    if (temperature <= 0 || topK === 1) return argmax(logits);
    if (topP >= 1 && minP <= 0 && topK === 0) {
      const candidates = plausible(logits, temperature);
      return candidates.tokens[this.pick(weights(candidates, temperature))] ?? argmax(logits);
    }
    const candidates = topK > 0 ? largest(logits, topK) : sorted(plausible(logits, temperature));
    const shares = weights(candidates, temperature);
    truncate(shares, topP, minP);
    return candidates.tokens[this.pick(shares)] ?? argmax(logits);
  }

  /** Draws an index in proportion to its weight. */
  private pick(shares: number[]): number {
    let total = 0;
    for (const share of shares) total += share;
    let left = this.random.next() * total;
    for (let index = 0; index < shares.length; index++) {
      left -= shares[index]!;
      if (left < 0) return index;
    }
    return shares.length - 1;
  }

  private penalize(logits: Float32Array): void {
    const { repetitionPenalty, presencePenalty, frequencyPenalty } = this.settings;
    if (this.seen !== undefined) {
      for (const token of this.seen) {
        const value = logits[token]!;
        logits[token] = value > 0 ? value / repetitionPenalty : value * repetitionPenalty;
      }
    }
    if (presencePenalty !== 0 || frequencyPenalty !== 0) {
      for (const [token, count] of this.generated) logits[token]! -= presencePenalty + frequencyPenalty * count;
    }
    for (const [token, bias] of this.bias) logits[token]! += bias;
  }
}

function sorted(candidates: Candidates): Candidates {
  const order = candidates.tokens.map((_, index) => index);
  order.sort((a, b) => candidates.logits[b]! - candidates.logits[a]!);
  return {
    tokens: order.map((index) => candidates.tokens[index]!),
    logits: order.map((index) => candidates.logits[index]!),
  };
}

/** Unnormalised probabilities at a temperature, the most likely token at 1. */
function weights(candidates: Candidates, temperature: number): number[] {
  let maximum = -Infinity;
  for (const logit of candidates.logits) if (logit > maximum) maximum = logit;
  return candidates.logits.map((logit) => Math.exp((logit - maximum) / temperature));
}

/** Cuts falling weights to the nucleus and to min-p, keeping at least the first. */
function truncate(shares: number[], topP: number, minP: number): void {
  let total = 0;
  for (const share of shares) total += share;
  let cumulative = 0;
  let kept = 0;
  while (kept < shares.length) {
    if (kept > 0 && (cumulative >= topP * total || shares[kept]! < minP * shares[0]!)) break;
    cumulative += shares[kept]!;
    kept++;
  }
  shares.length = kept;
}

function modelLogprobs(logits: Float32Array, count: number) {
  const normalizer = logSumExp(logits);
  const { tokens, logits: values } = largest(logits, count);
  // The row is overwritten by the penalties, so the logit of a token outside the top is read from a copy.
  const original = logits.slice();
  return {
    top: tokens.map((token, index) => ({ token, logprob: values[index]! - normalizer })),
    of: (token: number) => original[token]! - normalizer,
  };
}
