import { FtsError } from '../errors/fts-error.ts';
import { compileGbnf } from './gbnf/compile-gbnf.ts';
import { compileSchema } from './json-schema/compile-schema.ts';
import { LIMITS } from './limits.ts';
import { END_FRAME, Pushdown } from './pushdown.ts';
import { wholeLanguage } from './regular/pattern-language.ts';
import type { Workshop } from './workshop.ts';

/** What a text must be, as a caller says it. */
export type ConstraintSource =
  | { kind: 'json-schema'; schema: unknown }
  | { kind: 'gbnf'; grammar: string }
  | { kind: 'pattern'; pattern: string };

/** The automaton of a constraint. Errors: `invalid-input` for one that is malformed, unsupported or too complex. */
export function compileConstraint(source: ConstraintSource, workshop: Workshop): Pushdown {
  switch (source.kind) {
    case 'json-schema':
      return compileSchema(source.schema, workshop);
    case 'gbnf':
      return compileGbnf(source.grammar, workshop);
    case 'pattern':
      return compilePattern(source.pattern, workshop);
  }
}

/** The texts that an ECMAScript pattern matches as a whole. */
function compilePattern(pattern: string, { lexer }: Workshop): Pushdown {
  const { languages } = lexer;
  languages.allow(LIMITS.compileWork);
  const language = wholeLanguage(languages, pattern);
  if (!languages.isLive(language)) {
    throw new FtsError('invalid-input', 'The pattern contradicts itself: it matches nothing.', {
      field: 'pattern',
      value: pattern.slice(0, 100),
      remedy: 'Look for a lookahead that excludes what follows it.',
    });
  }
  return new Pushdown(lexer, (emit, parents) => {
    if (language.nullable) emit.ended(parents);
    emit.lexeme(lexer.text(language), END_FRAME, parents);
  });
}
