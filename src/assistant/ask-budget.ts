import type { Config } from '../config/settings.ts';
import { FtsError } from '../errors/fts-error.ts';

/** What answering one request may take at the most; the settings `ask.max-…` and `ask.answer-seconds`. */
export interface AskLimits {
  /** Written by the model, in all its answers together. */
  tokens: number;
  /** Of all its answers as they come over the network. */
  bytes: number;
  rounds: number;
  callsPerRound: number;
  calls: number;
  /** From the request to its answer, calls and people's decisions included. */
  seconds: number;
  /** For one answer of the model. */
  answerSeconds: number;
}

export function askLimitsOf(values: Config): AskLimits {
  return {
    tokens: values['ask.max-tokens'],
    bytes: values['ask.max-bytes'],
    rounds: values['ask.max-rounds'],
    callsPerRound: values['ask.max-calls-per-round'],
    calls: values['ask.max-calls'],
    seconds: values['ask.max-seconds'],
    answerSeconds: values['ask.answer-seconds'],
  };
}

/** Asked for in one answer: servers refuse more than the context of their model has room for. */
const answerTokens = 8192;

/** The same call with the same answer, more often than this, brings nothing new. */
const sameAnswers = 3;

/** What is left of the limits while a request is answered. Each method throws `exhausted` where nothing is. */
export class AskBudget {
  readonly limits: AskLimits;
  private tokens = 0;
  private bytes = 0;
  private rounds = 0;
  private calls = 0;
  private readonly answers = new Map<string, number>();

  constructor(limits: AskLimits) {
    this.limits = limits;
  }

  /** Begins a round; what its answer may have. */
  nextAnswer(): { tokens: number; bytes: number; seconds: number } {
    const { tokens, bytes, rounds, answerSeconds } = this.limits;
    if (this.rounds++ >= rounds) throw spent(`${rounds} rounds of tool calls`, 'ask.max-rounds');
    if (this.tokens >= tokens) throw spent(`${tokens} tokens of the model`, 'ask.max-tokens');
    if (this.bytes >= bytes) throw spent(`${bytes} bytes of the model`, 'ask.max-bytes');
    return { tokens: Math.min(answerTokens, tokens - this.tokens), bytes: bytes - this.bytes, seconds: answerSeconds };
  }

  /** Counts an answer: its bytes, and the tokens that the server says it has, else a guess from its text. */
  took(answer: { bytes: number; tokens: number }): void {
    this.bytes += answer.bytes;
    this.tokens += answer.tokens;
  }

  nextCall(): void {
    if (this.calls++ >= this.limits.calls) throw spent(`${this.limits.calls} tool calls`, 'ask.max-calls');
  }

  /** Ends a model that goes round in a circle. */
  answered(tool: string, args: string, answer: string): void {
    const key = JSON.stringify([tool, args, answer]);
    const times = (this.answers.get(key) ?? 0) + 1;
    this.answers.set(key, times);
    if (times <= sameAnswers) return;
    throw new FtsError(
      'exhausted',
      `The model goes round in a circle: it made the same call ${times} times (${tool} ${args.slice(0, 200)}) and got the same answer.`,
      { field: 'model', remedy: 'Ask in other words, or use a stronger model (--model).' },
    );
  }
}

function spent(what: string, setting: string): FtsError {
  return new FtsError('exhausted', `No answer after ${what}.`, {
    field: setting,
    remedy: `Ask for less at once, use a stronger model (--model), or raise the setting ${setting}.`,
  });
}
