/** A prompt that is waiting for prefill or partly prefilled. */
export interface PendingPrompt {
  /** Prompt tokens still to prefill. */
  readonly remaining: number;
  /** Milliseconds on any clock that all prompts share. */
  readonly arrivedMs: number;
  /** Steps since this prompt was last chosen; `choosePrompts` counts them. */
  stepsWaited: number;
}

/** The tokens of one prompt that one step prefills. */
export interface PromptPiece<Prompt> {
  prompt: Prompt;
  count: number;
}

/** A prompt that needs at most this share of a chunk is short: it goes ahead without waiting for a full chunk. */
const SHORT_PROMPT_SHARE = 1 / 4;
/** A long prompt lets short ones pass it at most this many steps in a row. */
const MOST_STEPS_PASSED = 1;

/**
 * Chooses at most `budgetTokens` of prompts for one step, the one closest to its first token first. A short prompt gets
 * a small step of its own, so that its first token waits only for the chunk that is running, not for another one.
 * Updates `stepsWaited` of every prompt given.
 */
export function choosePrompts<Prompt extends PendingPrompt>(
  prompts: readonly Prompt[],
  budgetTokens: number,
  chunkTokens: number,
): PromptPiece<Prompt>[] {
  const ordered = [...prompts].sort(
    (a, b) => urgency(b) - urgency(a) || a.remaining - b.remaining || a.arrivedMs - b.arrivedMs,
  );
  const chosen: PromptPiece<Prompt>[] = [];
  let left = budgetTokens;
  let finishesShort = false;
  for (const prompt of ordered) {
    const isLong = prompt.remaining > chunkTokens * SHORT_PROMPT_SHARE;
    if (left <= 0 || (finishesShort && isLong)) {
      prompt.stepsWaited++;
      continue;
    }
    const count = Math.min(left, prompt.remaining);
    chosen.push({ prompt, count });
    prompt.stepsWaited = 0;
    left -= count;
    finishesShort ||= !isLong;
  }
  return chosen;
}

function urgency({ stepsWaited }: PendingPrompt): number {
  return stepsWaited > MOST_STEPS_PASSED ? 1 : 0;
}
