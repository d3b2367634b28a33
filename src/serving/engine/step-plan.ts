import type { Generation } from './generation.ts';

/** The tokens of one generation in one step: the next `count` known ones and the `draft` guessed behind them. */
export interface PlannedRows {
  generation: Generation;
  count: number;
  draft: readonly number[];
}

/** A prompt that needs at most this share of a chunk goes ahead alone instead of waiting for a full chunk. */
const SHORT_PROMPT_SHARE = 1 / 4;
/** A long prompt lets short ones pass it at most this many steps in a row. */
const MOST_STEPS_PASSED = 1;

/**
 * Chooses the rows of the next step: every decoding generation first, then prompts with what is left of the chunk, the
 * one closest to its first token first. A prompt that is short goes through in a small step of its own, so that its
 * first token waits for the running chunk only, not for another one. Where decoding rows and prompts do not mix in one
 * pass, prompts have the whole chunk: its size is then one that matrix kernels like.
 */
export function planStep(
  running: readonly Generation[],
  chunkTokens: number,
  drafts: ReadonlyMap<Generation, readonly number[]>,
  mixes = true,
): PlannedRows[] {
  const rows: PlannedRows[] = [];
  let left = chunkTokens;
  for (const generation of running) {
    if (generation.remaining !== 1) continue;
    const draft = drafts.get(generation) ?? [];
    rows.push({ generation, count: 1, draft });
    if (mixes) left -= 1 + draft.length;
  }
  const prompts = running.filter((generation) => generation.remaining > 1);
  prompts.sort((a, b) => urgency(b) - urgency(a) || a.remaining - b.remaining || a.arrivedMs - b.arrivedMs);
  const short = chunkTokens * SHORT_PROMPT_SHARE;
  let finishesShort = false;
  for (const generation of prompts) {
    const isLong = generation.remaining > short;
    if (left <= 0 || (finishesShort && isLong)) {
      generation.stepsWaited++;
      continue;
    }
    const count = Math.min(left, generation.remaining);
    rows.push({ generation, count, draft: [] });
    generation.stepsWaited = 0;
    left -= count;
    finishesShort ||= !isLong;
  }
  return rows;
}

function urgency(generation: Generation): number {
  return generation.stepsWaited > MOST_STEPS_PASSED ? 1 : 0;
}
