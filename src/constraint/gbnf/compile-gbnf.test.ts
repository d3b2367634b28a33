import { describe, expect, it } from 'vitest';
import { acceptsText } from '../matcher.ts';
import { newWorkshop } from '../workshop.ts';
import { compileGbnf } from './compile-gbnf.ts';

function accepts(grammar: string, ...texts: string[]): boolean[] {
  const machine = compileGbnf(grammar, newWorkshop());
  return texts.map((text) => acceptsText(machine, text));
}

describe('compileGbnf', () => {
  it('reads literals, classes, repetitions and alternatives', () => {
    const grammar = 'root ::= greeting " " [A-Z] [a-z]{2,4} ("!" | "?")*\ngreeting ::= "hi" | "hello" # either';
    expect(accepts(grammar, 'hi Bob', 'hello Alice!?', 'hi Bo!', 'hi bob', 'hi Roberto')).toEqual([
      true,
      true,
      false,
      false,
      false,
    ]);
  });

  it('follows rules that lead back to themselves', () => {
    const grammar = [
      'root ::= value',
      'value ::= object | array | [0-9]+ | "\\"" [^"\\\\]* "\\""',
      'object ::= "{" (pair ("," pair)*)? "}"',
      'pair ::= "\\"" [a-z]+ "\\":" value',
      'array ::= "[" (value ("," value)*)? "]"',
    ].join('\n');
    expect(accepts(grammar, '{"a":[1,{"b":"x"}],"c":{}}', '[[[]]]', '[1,]', '{"a":}', '"é"')).toEqual([
      true,
      true,
      false,
      false,
      true,
    ]);
  });

  it('counts repetitions of a recursive part', () => {
    const grammar = 'root ::= pair{2,3}\npair ::= "(" pair? ")"';
    expect(accepts(grammar, '()', '()()', '(())()()', '()()()()')).toEqual([false, true, true, false]);
  });

  it('reads newlines, escapes and code points beyond the basic plane', () => {
    const grammar = 'root ::= "\\x41\\u00e9\\U0001F600" "\\n" |\n  "b"';
    expect(accepts(grammar, 'Aé😀\n', 'b', 'A')).toEqual([true, true, false]);
  });

  it('refuses left recursion, undefined rules, a missing root and reversed bounds', () => {
    const refused = (grammar: string): string => {
      try {
        compileGbnf(grammar, newWorkshop());
        return '';
      } catch (error) {
        return (error as Error).message;
      }
    };
    expect(refused('root ::= root "a" | "b"')).toContain('left recursive');
    expect(refused('root ::= empty root "a"\nempty ::= "x"?')).toContain('left recursive');
    expect(refused('root ::= a')).toContain('rule a');
    expect(refused('start ::= "a"')).toContain('root');
    expect(refused('root ::= "a"{5,2}')).toContain('at most 2');
    expect(refused('root ::= (')).toContain('without its )');
  });
});
