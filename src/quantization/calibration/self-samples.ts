import { throwIfAborted } from '../../errors/fts-error.ts';
import { ForwardPass } from '../../model/forward-pass.ts';
import type { ModelConfig } from '../../model/model-config.ts';
import type { ModelParameters } from '../../model/model-parameters.ts';
import { mulberry32 } from '../../random/mulberry32.ts';
import type { Work } from '../../runtime/progress.ts';

/** Every step computes the whole sequence again, so few and short samples: enough for the Hessians of small models. */
const samples = 16;
const sampleTokens = 96;

/**
 * Texts that the model itself writes, as token ids: for calibration where no text is at hand. Sampled at temperature 1
 * from a fixed seed, so they are the same every time.
 */
export async function selfSamples(config: ModelConfig, model: ModelParameters, work: Work): Promise<Int32Array> {
  const length = Math.min(sampleTokens, config.contextLength);
  const pass = new ForwardPass(config, model, length);
  const out = new Int32Array(samples * length);
  const random = mulberry32(1);
  try {
    for (let sample = 0; sample < samples; sample++) {
      const tokens = out.subarray(sample * length, (sample + 1) * length);
      tokens[0] = config.bosTokenId ?? Math.floor(random() * config.vocabSize);
      for (let position = 1; position < length; position++) {
        throwIfAborted(work.signal);
        const logits = await pass.logits(tokens);
        const row = (position - 1) * pass.logitColumns;
        tokens[position] = draw(logits.subarray(row, row + config.vocabSize), random());
      }
      work.report({ stage: 'sample texts', done: sample + 1, total: samples, unit: 'items' });
    }
  } finally {
    pass.close();
  }
  return out;
}

/** A token with the probability that its logit gives it. */
function draw(logits: Float32Array, uniform: number): number {
  let most = Number.NEGATIVE_INFINITY;
  for (const logit of logits) most = Math.max(most, logit);
  let total = 0;
  for (const logit of logits) total += Math.exp(logit - most);
  let left = uniform * total;
  for (let token = 0; token < logits.length; token++) {
    left -= Math.exp(logits[token]! - most);
    if (left <= 0) return token;
  }
  return logits.length - 1;
}
