import { type ArgumentForm, operatorOperations } from './operations.ts';

/**
 * The fixed parts of every answer, each a single token of the vocabulary, such as `{"operation":"purge.tag","arguments":{`
 * and `],"action":"DELETE"`: an answer is then a handful of decisions, and no training goes into spelling JSON.
 */
export const operatorAnswerTokens: readonly string[] = [...new Set(answerParts())];

function* answerParts(): Generator<string> {
  yield '}}';
  yield ']}}';
  for (const [name, operation] of Object.entries(operatorOperations)) {
    yield `{"operation":"${name}","arguments":{`;
    const args = Object.entries(operation.arguments as Record<string, AnswerArgument>);
    for (const [index, [argument, { form, schema }]] of args.entries()) {
      const before = args.slice(0, index).map(([, earlier]) => earlier);
      for (const opening of openings(before)) {
        yield `${opening}"${argument}":${isList(form) ? '[' : ''}`;
        if (form === 'choice') for (const value of choicesOf(schema)) yield `${opening}"${argument}":"${value}"`;
      }
    }
  }
}

function isList(form: ArgumentForm): boolean {
  return form === 'texts' || form === 'numbers';
}

interface AnswerArgument {
  form: ArgumentForm;
  schema: { isOptional(): boolean };
}

/** What can stand before an argument: nothing where it can be the first, else the end of an earlier one. */
function openings(before: readonly AnswerArgument[]): string[] {
  return [
    ...(before.every(({ schema }) => schema.isOptional()) ? [''] : []),
    ...(before.some(({ form }) => !isList(form)) ? [','] : []),
    ...(before.some(({ form }) => isList(form)) ? ['],'] : []),
  ];
}

/** The words of an enum, optional or not. */
function choicesOf(schema: unknown): readonly string[] {
  const { options, unwrap } = schema as { options?: readonly string[]; unwrap?: () => unknown };
  return options ?? (unwrap === undefined ? [] : choicesOf(unwrap.call(schema)));
}
