import type { Generation } from './generation.ts';
import type { Drafter } from './speculation.ts';

/** Tokens that have to agree with an earlier place before its continuation is taken as a guess. */
const GRAM_TOKENS = 3;

interface GramIndex {
  /** Where each run of `GRAM_TOKENS` tokens last ended, by its text. */
  ends: Map<string, number>;
  indexed: number;
}

/**
 * Prompt lookup decoding (Saxena 2023): what followed the same few tokens earlier in the prompt or the output is the
 * guess. Costs a map lookup, so it pays wherever text is quoted, edited or repeated.
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

  /** Indexes all but the newest run, so that a run never finds itself. */
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
