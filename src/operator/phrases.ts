import { FtsError } from '../errors/fts-error.ts';

/**
 * The notation of the grammar:
 * `[a|b|]` one of these (the last one is nothing), `{set}` an entry of a synonym set, `{set?}` the same or nothing,
 * `$argument` the value of an argument, `$argument.form` one of its other forms ("purged" for "purge").
 */
export type PhraseNode =
  | { text: string }
  | { set: string; optional: boolean }
  | { argument: string; form: string | undefined }
  | { alternatives: PhraseNode[][] };

const parsed = new Map<string, PhraseNode[]>();

/** Parses one phrase; throws if a bracket is open. */
export function parsePhrase(source: string): PhraseNode[] {
  const known = parsed.get(source);
  if (known) return known;
  const [sequence, end] = parseSequence(source, 0);
  if (end !== source.length) {
    throw new FtsError('internal', `Unbalanced bracket in a phrase of the operator grammar: ${source}`);
  }
  parsed.set(source, sequence);
  return sequence;
}

function parseSequence(source: string, start: number): [PhraseNode[], number] {
  const nodes: PhraseNode[] = [];
  let at = start;
  while (at < source.length && source[at] !== '|' && source[at] !== ']') {
    const rest = source.slice(at);
    const set = /^\{([\w-]+)(\?)?\}/.exec(rest);
    const argument = /^\$([a-zA-Z]+)(?:\.([a-z]+))?/.exec(rest);
    if (set) {
      nodes.push({ set: set[1]!, optional: set[2] !== undefined });
      at += set[0].length;
    } else if (argument) {
      nodes.push({ argument: argument[1]!, form: argument[2] });
      at += argument[0].length;
    } else if (rest[0] === '[') {
      const alternatives: PhraseNode[][] = [];
      do {
        const [sequence, end] = parseSequence(source, at + 1);
        alternatives.push(sequence);
        at = end;
      } while (source[at] === '|');
      if (source[at] !== ']') throw new FtsError('internal', `"[" is never closed in: ${source}`);
      nodes.push({ alternatives });
      at++;
    } else {
      const text = /^[^[\]|{$]+|^[{$]/.exec(rest)![0];
      nodes.push({ text });
      at += text.length;
    }
  }
  return [nodes, at];
}

/** The words that a phrase itself can say, without those of its synonym sets and values. */
export function phraseWords(source: string): string[] {
  const wordsOf = (nodes: readonly PhraseNode[]): string[] =>
    nodes.flatMap((node) => {
      if ('text' in node) return node.text.toLowerCase().match(/[\p{L}][\p{L}'-]*/gu) ?? [];
      return 'alternatives' in node ? node.alternatives.flatMap(wordsOf) : [];
    });
  return wordsOf(parsePhrase(source));
}
