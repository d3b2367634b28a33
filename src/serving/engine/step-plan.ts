import { TILED_ROWS } from '../llama/context.ts';
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

/** Rows that llama.cpp's x86 kernels for repacked weights compute at once; they take what is left over in fours and ones. */
const BLOCK_ROWS = 16;
/** A block that lacks at most this many rows takes less time whole: 15 rows of a Q4_0 model took 1.11 times as long as 16. */
const MOST_FILLERS = 2;

/** Every generation that decodes, with what is guessed for it. */
export function planDecoding(
  running: readonly Generation[],
  drafts: ReadonlyMap<Generation, readonly number[]>,
): PlannedRows[] {
  const decoding = running.filter(({ remaining }) => remaining === 1);
  return decoding.map((generation) => ({ generation, count: 1, draft: drafts.get(generation) ?? [] }));
}

/** How many rows without meaning make `rows` a whole number of blocks, where that is worth while. */
export function fillersOf(rows: number): number {
  const missing = (BLOCK_ROWS - (rows % BLOCK_ROWS)) % BLOCK_ROWS;
  return missing <= MOST_FILLERS ? missing : 0;
}

/**
 * Chooses at most `tokens` of prompts, the one closest to its first token first. A prompt that is short, measured by a
 * whole chunk, goes through in a small step of its own, so that its first token waits for the running chunk only, not
 * for another one.
 */
export function planPrompts(running: readonly Generation[], tokens: number, chunkTokens: number): PlannedRows[] {
  const prompts = running.filter(({ remaining }) => remaining > 1);
  prompts.sort((a, b) => urgency(b) - urgency(a) || a.remaining - b.remaining || a.arrivedMs - b.arrivedMs);
  const rows: PlannedRows[] = [];
  let left = tokens;
  let finishesShort = false;
  for (const generation of prompts) {
    const isLong = generation.remaining > chunkTokens * SHORT_PROMPT_SHARE;
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

/**
 * With a stream for each sequence llama.cpp computes together only equal numbers of tokens, and others fall apart into
 * several passes, most of them small: each long prompt goes alone, which is what tiled attention asks for, short ones
 * together. Of `mostRows` in a pass a long prompt takes half at a time and the last piece what is left over, so that no
 * piece is too small for tiles.
 */
export function passesOfPrompts(prompts: PlannedRows[], mostRows = Infinity): PlannedRows[][] {
  const short = prompts.filter(({ count }) => count < TILED_ROWS);
  const passes: PlannedRows[][] = short.length > 0 ? [short] : [];
  const half = Math.floor(mostRows / 2);
  for (const planned of prompts) {
    if (planned.count < TILED_ROWS) continue;
    let { count } = planned;
    for (; count >= mostRows; count -= half) passes.push([{ ...planned, count: half }]);
    passes.push([{ ...planned, count }]);
  }
  return passes;
}

function urgency(generation: Generation): number {
  return generation.stepsWaited > MOST_STEPS_PASSED ? 1 : 0;
}
