import { SeededRandom } from '../random/seeded-random.ts';
import type { BenchmarkServingSettings, Length } from './settings.ts';

/** One planned conversation: the user's text and the length of the answer for each turn. */
export interface PlannedConversation {
  turns: { prompt: PromptPart; outputTokens: number }[];
}

/** Words or token ids, depending on the setting `promptForm`. */
export type PromptPart = string[] | number[];

const SYLLABLES = 'ba be bi bo da de di do fa fe fi fo ga ge go ka ke ki ko la le li lo ma me mi mo na ne ni no'.split(
  ' ',
);
/** A range of token ids that exists in every vocabulary of usual size and contains no control tokens. */
const FIRST_TOKEN_ID = 300;
const TOKEN_ID_SPAN = 20_000;

/** Conversations drawn from a seed: the same settings give the same conversations for every server. */
export class Workload {
  private readonly settings: BenchmarkServingSettings;
  private readonly draws: SeededRandom;
  private readonly sharedPrefix: PromptPart;
  private readonly wordsPerToken: number;

  /** `wordsPerToken` converts token counts to word counts; it is measured with the server's tokenizer. */
  constructor(settings: BenchmarkServingSettings, wordsPerToken: number, salt: number) {
    this.settings = settings;
    this.wordsPerToken = wordsPerToken;
    this.sharedPrefix = this.part(new SeededRandom(settings.seed), settings.sharedPrefixTokens);
    this.draws = new SeededRandom(settings.seed * 7919 + salt);
  }

  next(): PlannedConversation {
    const { turns, promptTokens, outputTokens, sharedPrefixTokens } = this.settings;
    return {
      turns: Array.from({ length: turns }, (_, turn) => {
        const length = draw(this.draws, promptTokens);
        const prefix = turn === 0 ? this.sharedPrefix : [];
        const own = this.part(this.draws, turn === 0 ? Math.max(1, length - sharedPrefixTokens) : length);
        return { prompt: [...prefix, ...own] as PromptPart, outputTokens: draw(this.draws, outputTokens) };
      }),
    };
  }

  private part(draws: SeededRandom, tokens: number): PromptPart {
    if (this.settings.promptForm === 'tokens') {
      return Array.from({ length: tokens }, () => FIRST_TOKEN_ID + draws.between(0, TOKEN_ID_SPAN - 1));
    }
    return Array.from({ length: Math.round(tokens * this.wordsPerToken) }, () => randomWord(draws));
  }
}

export function randomWord(draws: SeededRandom): string {
  const count = draws.between(1, 3);
  return Array.from({ length: count }, () => SYLLABLES[draws.between(0, SYLLABLES.length - 1)]!).join('');
}

/** One length from its distribution, at least 1. */
function draw(draws: SeededRandom, length: Length): number {
  if (typeof length === 'number') return length;
  switch (length.distribution) {
    case 'uniform':
      return draws.between(length.low, length.high);
    case 'normal':
      return Math.max(1, Math.round(length.mean + length.deviation * draws.normal()));
    case 'lognormal':
      return Math.max(1, Math.round(length.median * Math.exp(length.sigma * draws.normal())));
  }
}
