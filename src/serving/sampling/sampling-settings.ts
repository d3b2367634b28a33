import type { ConstraintSource } from '../../constraint/compile-constraint.ts';

/** How the next token is chosen. Neutral values switch a stage off; temperature 0 is greedy. */
export interface SamplingSettings {
  temperature: number;
  /** Keep the k most likely tokens; 0 keeps all. */
  topK: number;
  /** Keep the smallest set of tokens whose probabilities reach p (nucleus sampling, Holtzman et al. 2019). */
  topP: number;
  /** Keep tokens at least p times as likely as the most likely one (Nguyen et al. 2024). */
  minP: number;
  /** Divides positive and multiplies negative logits of tokens seen in prompt or output (Keskar et al. 2019). */
  repetitionPenalty: number;
  /** Subtracted once from the logit of every token already generated (OpenAI). */
  presencePenalty: number;
  /** Subtracted from a generated token's logit as often as it occurred (OpenAI). */
  frequencyPenalty: number;
  /** Token id to a value added to its logit. */
  logitBias: Record<number, number>;
  /** Makes the draws reproducible; without it each request draws its own. */
  seed?: number;
  /** How many alternatives to report beside each token's log probability; left out: none and no log probability. */
  topLogprobs?: number;
  /** What the output must be: JSON by a schema, a text by a grammar or a pattern. */
  constraint?: ConstraintSource;
}

export const GREEDY: SamplingSettings = {
  temperature: 0,
  topK: 0,
  topP: 1,
  minP: 0,
  repetitionPenalty: 1,
  presencePenalty: 0,
  frequencyPenalty: 0,
  logitBias: {},
};
