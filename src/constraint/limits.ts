import { FtsError } from '../errors/fts-error.ts';

/**
 * What one constraint may cost. Work is counted in steps of the engine (a term built, a derivative taken, a state of a
 * schema opened), so that the same input is always refused at the same place, on any machine.
 */
export const LIMITS = {
  /** Steps while compiling: about 100 ms. */
  compileWork: 40_000,
  /** The same, for each token while generating. */
  tokenWork: 40_000,
  /** Milliseconds after which either is given up, whatever the count of steps says. */
  mostMs: 2_000,
  /** States of the lexer; each takes 1 KiB. */
  lexerStates: 40_000,
  /** Schemas reached from the root, combined ones counted on their own. */
  schemaStates: 20_000,
  /** Alternatives of one object or array after `anyOf`, `oneOf`, `not` and `if` are multiplied out. */
  alternatives: 512,
  /** Ways to read the text so far that are followed at once. */
  threads: 2_000,
  /** Characters of a grammar, of a regular expression, of a schema's JSON text. */
  grammarChars: 1_000_000,
  patternChars: 20_000,
  schemaChars: 4_000_000,
  /** Depth of nested groups in a pattern or a grammar and of nested schemas. */
  depth: 200,
  /** Masks of lexer states kept for one vocabulary. */
  keptMasks: 1_500,
} as const;

/** The refusal of an input that would take too much time or memory. */
export function tooComplex(what: string): FtsError {
  return new FtsError('invalid-input', `The constraint is too complex: ${what}.`, {
    remedy: 'Make the schema or the grammar smaller: fewer alternatives, shorter patterns, smaller counts.',
  });
}
