import { Lexer } from './lexer.ts';
import { Languages } from './regular/language.ts';
import { NumberLanguages } from './regular/number-language.ts';

/** What compilations share, so that what many constraints have in common is built once; replaced when it has grown. */
export interface Workshop {
  lexer: Lexer;
  numbers: NumberLanguages;
  compiled: number;
}

const MOST_LEXER_STATES = 12_000;
const MOST_TERMS = 150_000;

export function newWorkshop(): Workshop {
  const languages = new Languages();
  return { lexer: new Lexer(languages), numbers: new NumberLanguages(languages), compiled: 0 };
}

/** Whether it holds so much that the next constraint should begin with a new one. */
export function isWornOut({ lexer }: Workshop): boolean {
  return lexer.size > MOST_LEXER_STATES || lexer.languages.size > MOST_TERMS;
}
