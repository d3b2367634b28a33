import { FtsError } from '../errors/fts-error.ts';
import { openModelDirectory } from '../model/model-directory.ts';
import type { Work } from '../runtime/progress.ts';
import { cutSequences } from './calibration/calibration.ts';
import { type Evaluation, evaluateTokens } from './evaluation/perplexity.ts';
import { loadFiniteParameters, type QuantizeInput, readCalibration } from './quantize.ts';
import { type QuantizedWeights, quantizeModel } from './quantize-model.ts';
import { type QuantizationSettings, quantizationMethods } from './settings.ts';

/** One tried setting and its quality on text that was not used for calibration. */
export interface Trial {
  settings: QuantizationSettings;
  /** Bits per weight of the GGUF file, scales included. */
  bitsPerWeight: number;
  perplexity: number;
  perplexityChange: number;
  meanKlDivergence: number;
  topOneAgreement: number;
  /** Within the size budget. */
  allowed: boolean;
}

export interface ChosenSettings {
  settings: QuantizationSettings;
  trials: Trial[];
  /** One sentence that explains the choice, stored in `fts.json`. */
  reason: string;
}

/** Share of the text that is held out for the comparison, taken from its end. */
const heldOutShare = 0.15;
const mostHeldOutTokens = 20_000;
const fewestTokens = 100;

/**
 * Tries round-to-nearest, GPTQ and AWQ, each with the tables at the given bits and at 8 bits. Among the settings whose
 * file stays within the budget, chooses the one whose next-token distributions diverge least from the original model's
 * on a held-out part of the text.
 */
export async function chooseSettings(
  modelPath: string,
  text: QuantizeInput['calibration'],
  base: QuantizationSettings,
  budget: { bitsPerWeight?: number },
  work: Work,
): Promise<ChosenSettings> {
  const source = await openModelDirectory(modelPath);
  try {
    const reference = await loadFiniteParameters(source);
    const { tokens, starts, counted } = await readCalibration(text, source, reference, work);
    if (tokens.length < fewestTokens) {
      throw new FtsError(
        'invalid-input',
        `The text has ${tokens.length} tokens, too few to hold out a part for the comparison.`,
        {
          field: 'calibration',
          value: tokens.length,
          remedy: `Give at least ${fewestTokens} tokens of text, or name a method.`,
        },
      );
    }
    const seenTokens = Math.floor(tokens.length * (1 - heldOutShare));
    const heldOut = tokens.subarray(seenTokens).subarray(0, mostHeldOutTokens);
    const heldOutCounted = counted?.subarray(seenTokens).subarray(0, mostHeldOutTokens);
    const seen = {
      tokens: tokens.subarray(0, seenTokens),
      starts: starts.filter((start) => start < seenTokens),
      ...(counted === undefined ? {} : { counted: counted.subarray(0, seenTokens) }),
    };
    const length = Math.min(base.sampleTokens, source.config.contextLength);
    const calibration = cutSequences(seen, { samples: base.samples, length });
    const windows = { windowTokens: length, strideTokens: Math.max(1, Math.floor(length / 2)) };
    const quiet: Work = { signal: work.signal, report: () => {} };
    const own = await evaluateTokens(source.config, reference, heldOut, windows, quiet, undefined, heldOutCounted);
    const candidates = candidateSettings(base);
    const trials: Trial[] = [];
    for (const [done, settings] of candidates.entries()) {
      work.report({ stage: `try ${settings.method}`, done, total: candidates.length, unit: 'items' });
      const model = await loadFiniteParameters(source);
      const weights = await quantizeModel(source.config, model, calibration, settings, undefined, quiet);
      const original = { config: source.config, parameters: reference };
      const evaluation = await evaluateTokens(source.config, model, heldOut, windows, quiet, original, heldOutCounted);
      const size = storedBitsPerWeight(reference.arrays, weights);
      trials.push(trialOf(settings, size, evaluation, own, budget.bitsPerWeight));
    }
    return choose(trials, budget.bitsPerWeight, heldOut.length);
  } finally {
    await source.close();
  }
}

function candidateSettings(base: QuantizationSettings): QuantizationSettings[] {
  const tables = base.embeddingBits === undefined && base.bits === 4 ? ([4, 8] as const) : [base.embeddingBits];
  return tables.flatMap((embeddingBits) =>
    quantizationMethods.map((method) => ({
      ...base,
      method,
      ...(embeddingBits === undefined ? {} : { embeddingBits }),
    })),
  );
}

function trialOf(
  settings: QuantizationSettings,
  bitsPerWeight: number,
  evaluation: Evaluation,
  own: Evaluation,
  budget: number | undefined,
): Trial {
  return {
    settings,
    bitsPerWeight,
    perplexity: evaluation.perplexity,
    perplexityChange: evaluation.perplexity / own.perplexity - 1,
    meanKlDivergence: evaluation.reference!.meanKlDivergence,
    topOneAgreement: evaluation.reference!.topOneAgreement,
    allowed: budget === undefined || bitsPerWeight <= budget,
  };
}

function choose(trials: Trial[], budget: number | undefined, heldOutTokens: number): ChosenSettings {
  const allowed = trials.filter((trial) => trial.allowed);
  const [best] = allowed.sort((a, b) => a.meanKlDivergence - b.meanKlDivergence);
  if (best === undefined) {
    const least = Math.min(...trials.map(({ bitsPerWeight }) => bitsPerWeight));
    throw new FtsError('invalid-input', `No setting stays within ${budget} bits per weight.`, {
      field: 'budget',
      value: budget,
      remedy: `Allow at least ${least.toFixed(2)} bits per weight.`,
    });
  }
  const others = allowed
    .slice(1)
    .map(({ settings, meanKlDivergence }) => `${nameOf(settings)} ${meanKlDivergence.toExponential(2)}`);
  const reason =
    `${nameOf(best.settings)} diverges least from the original model on ${heldOutTokens} held-out tokens: ` +
    `KL ${best.meanKlDivergence.toExponential(2)} nats at ${best.bitsPerWeight.toFixed(2)} bits per weight` +
    `${others.length === 0 ? '' : ` (${others.join(', ')})`}.`;
  return { settings: best.settings, trials, reason };
}

function nameOf({ method, bits, embeddingBits }: QuantizationSettings): string {
  return `${method} ${bits}-bit${embeddingBits === undefined || embeddingBits === bits ? '' : `, ${embeddingBits}-bit tables`}`;
}

/** Bits of a GGUF file per parameter: blocks with their scales, F16 for other matrices, F32 for vectors. */
function storedBitsPerWeight(arrays: ReadonlyMap<string, Float32Array>, weights: QuantizedWeights): number {
  let bits = 0;
  let parameters = 0;
  for (const [name, { length }] of arrays) {
    const matrix = weights.linear.get(name) ?? weights.tables.get(name);
    parameters += matrix === undefined ? length : matrix.codes.length;
    if (matrix === undefined) bits += length * (/norm|bias|ln_/.test(name) ? 32 : 16);
    else bits += matrix.codes.length * (matrix.bits + (matrix.symmetric ? 16 : 32) / 32);
  }
  return bits / parameters;
}
