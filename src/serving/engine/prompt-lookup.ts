import type { Generation } from './generation.ts';
import type { Drafter } from './speculation.ts';

/** Length of the token run that has to occur earlier in the text before its continuation is drafted. */
const GRAM_TOKENS = 3;

interface GramIndex {
  /** The position after the last occurrence of each run of `GRAM_TOKENS` tokens, keyed by the token ids. */
  ends: Map<string, number>;
  indexed: number;
}

/**
 * Prompt lookup decoding (Saxena 2023): drafts the tokens that followed the same run earlier in the prompt or the
 * output. A draft costs one map lookup, so it pays whenever text is quoted, edited or repeated.
 */
export class PromptLookup implements Drafter {
  private readonly indexes = new Map<Generation, GramIndex>();

  draft(generation: Generation, most: number): readonly number[] {
    const { tokens } = generation;
    const index = this.extend(generation);
    const end = index.ends.get(gram(tokens, tokens.length));
    return end === undefined ? [] : tokens.slice(end, end + most);
  }

  forget(generation: Generation): void {
    this.indexes.delete(generation);
  }

  /** Indexes every run but the newest, so that the newest run does not match itself. */
  private extend(generation: Generation): GramIndex {
    let index = this.indexes.get(generation);
    if (index === undefined) {
      index = { ends: new Map(), indexed: GRAM_TOKENS };
      this.indexes.set(generation, index);
    }
    const { tokens } = generation;
    for (; index.indexed < tokens.length; index.indexed++) index.ends.set(gram(tokens, index.indexed), index.indexed);
    return index;
  }
}

function gram(tokens: readonly number[], end: number): string {
  return tokens.slice(end - GRAM_TOKENS, end).join(',');
}
