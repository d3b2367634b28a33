import { FtsError, throwIfAborted } from '../../errors/fts-error.ts';
import { ForwardPass } from '../../model/forward-pass.ts';
import type { ModelConfig } from '../../model/model-config.ts';
import type { ModelParameters } from '../../model/model-parameters.ts';
import type { Work } from '../../runtime/progress.ts';
import type { LoadedModel } from '../blocks/layer-errors.ts';

export interface WindowSettings {
  /** Tokens in a window; at most the model's context length. */
  windowTokens: number;
  /**
   * Tokens between the starts of two windows; each token is scored once, with at least window − stride tokens before
   * it.
   */
  strideTokens: number;
}

export interface Evaluation {
  /** exp of the mean negative log-likelihood per scored token. */
  perplexity: number;
  /** Mean negative log-likelihood in nats per scored token. */
  loss: number;
  scoredTokens: number;
  /** Comparison with the reference model over the scored positions. */
  reference?: {
    /** Mean KL(reference ‖ model) of the next-token distributions in nats. */
    meanKlDivergence: number;
    /** The 99th percentile of the KL divergence. */
    klDivergence99: number;
    /** Share of positions at which both models predict the same most likely token. */
    topOneAgreement: number;
    /** Standard error of the relative change of perplexity: that of the loss difference, paired token by token. */
    perplexityChangeError: number;
  };
}

import { mean, percentile } from '../../statistics/distribution.ts';

/**
 * Perplexity by sliding windows: in each of the overlapping windows, only tokens that the previous window did not score
 * are scored, except those with `counted` 0. With a reference model, also the KL divergence and the agreement on the
 * most likely token.
 */
export async function evaluateTokens(
  config: ModelConfig,
  model: ModelParameters,
  tokens: ArrayLike<number>,
  { windowTokens, strideTokens }: WindowSettings,
  work: Work,
  reference?: LoadedModel,
  counted?: Uint8Array,
): Promise<Evaluation> {
  const longest = Math.min(config.contextLength, reference?.config.contextLength ?? Number.POSITIVE_INFINITY);
  const length = Math.min(windowTokens, longest, tokens.length);
  if (length < 2) {
    throw new FtsError('invalid-input', 'The evaluation text has fewer than two tokens.', {
      field: 'data',
      value: tokens.length,
      remedy: 'Give a longer text.',
    });
  }
  const stride = Math.min(strideTokens, length - 1);
  const pass = new ForwardPass(config, model, length);
  const referencePass =
    reference === undefined ? undefined : new ForwardPass(reference.config, reference.parameters, length);
  const comparison = referencePass === undefined ? undefined : new Comparison();
  const window = new Int32Array(length);
  const totals = { loss: 0, scored: 0 };
  const ends: number[] = [];
  for (let end = length; end < tokens.length; end += stride) ends.push(end);
  ends.push(tokens.length);
  try {
    let scoredTo = 1; // the first token has no context and is not scored
    for (const [index, end] of ends.entries()) {
      throwIfAborted(work.signal);
      const start = end - length;
      for (let i = 0; i < length; i++) window[i] = tokens[start + i]!;
      const logits = await pass.logits(window);
      const expected = await referencePass?.logits(window);
      for (let position = scoredTo; position < end; position++) {
        if (counted?.[position] === 0) continue;
        const scores = rowOf(logits, pass, position - start - 1, config);
        const token = tokens[position]!;
        const normalizer = logSumExp(scores);
        totals.loss += normalizer - scores[token]!;
        totals.scored += 1;
        if (expected === undefined) continue;
        comparison!.add(rowOf(expected, referencePass!, position - start - 1, config), scores, normalizer, token);
      }
      scoredTo = end;
      work.report({
        stage: 'evaluate',
        done: index + 1,
        total: ends.length,
        unit: 'items',
        metrics: { perplexity: Math.exp(totals.loss / totals.scored) },
      });
    }
  } finally {
    pass.close();
    referencePass?.close();
  }
  const loss = totals.loss / totals.scored;
  return {
    perplexity: Math.exp(loss),
    loss,
    scoredTokens: totals.scored,
    ...(comparison === undefined ? {} : { reference: comparison.result() }),
  };
}

function rowOf(logits: Float32Array, { logitColumns }: ForwardPass, row: number, { vocabSize }: ModelConfig) {
  return logits.subarray(row * logitColumns, row * logitColumns + vocabSize);
}

/** Collects the differences between two models' next-token distributions. */
class Comparison {
  readonly #divergences: number[] = [];
  readonly #increases = { sum: 0, squares: 0 };
  #agreeing = 0;

  /** Takes the logits of the reference and of the model, the model's log Σ exp, and the actual next token. */
  add(expected: Float32Array, scores: Float32Array, normalizer: number, token: number): void {
    const expectedNormalizer = logSumExp(expected);
    let divergence = 0;
    for (let i = 0; i < scores.length; i++) {
      const logProbability = expected[i]! - expectedNormalizer;
      divergence += Math.exp(logProbability) * (logProbability - (scores[i]! - normalizer));
    }
    this.#divergences.push(Math.max(0, divergence));
    if (argmax(expected) === argmax(scores)) this.#agreeing += 1;
    const increase = expected[token]! - expectedNormalizer - (scores[token]! - normalizer);
    this.#increases.sum += increase;
    this.#increases.squares += increase ** 2;
  }

  result(): NonNullable<Evaluation['reference']> {
    const sorted = Float64Array.from(this.#divergences).sort();
    const count = sorted.length;
    const variance = Math.max(0, this.#increases.squares / count - (this.#increases.sum / count) ** 2);
    return {
      meanKlDivergence: mean(sorted),
      klDivergence99: percentile(sorted, 0.99),
      topOneAgreement: this.#agreeing / count,
      perplexityChangeError: Math.sqrt(variance / count),
    };
  }
}

function logSumExp(values: Float32Array): number {
  let most = Number.NEGATIVE_INFINITY;
  for (const value of values) if (value > most) most = value;
  let sum = 0;
  for (const value of values) sum += Math.exp(value - most);
  return most + Math.log(sum);
}

function argmax(values: Float32Array): number {
  let best = 0;
  for (let i = 1; i < values.length; i++) if (values[i]! > values[best]!) best = i;
  return best;
}
