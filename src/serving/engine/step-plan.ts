import { choosePrompts } from '../../scheduling/prompt-order.ts';
import type { Generation } from './generation.ts';

/** The tokens of one generation in one step: the next `count` known tokens, then the `draft` tokens. */
export interface PlannedRows {
  generation: Generation;
  count: number;
  draft: readonly number[];
}

/** Every generation whose prompt is in the cache, with its draft tokens. */
export function planDecoding(
  running: readonly Generation[],
  drafts: ReadonlyMap<Generation, readonly number[]>,
): PlannedRows[] {
  const decoding = running.filter(({ remaining }) => remaining === 1);
  return decoding.map((generation) => ({ generation, count: 1, draft: drafts.get(generation) ?? [] }));
}

/** At most `tokens` of the prompts that are still to be prefilled. */
export function planPrompts(running: readonly Generation[], tokens: number, chunkTokens: number): PlannedRows[] {
  const prompts = running.filter(({ remaining }) => remaining > 1);
  return choosePrompts(prompts, tokens, chunkTokens).map(({ prompt, count }) => ({
    generation: prompt,
    count,
    draft: [],
  }));
}
