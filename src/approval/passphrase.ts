import { FtsError } from '../errors/fts-error.ts';

const shortest = 10;
const longest = 1024;
const fewestDifferent = 5;

/** A passphrase in one Unicode form, so that two keyboards make the same key. Errors never repeat it. */
export function typedPassphrase(text: string): string {
  const typed = text.normalize('NFKC');
  if (typed.length <= longest) return typed;
  throw refused(`Use ${longest} characters at the most.`);
}

/** A passphrase that is being chosen. Whoever has the database may try at leisure, so that a short one is refused. */
export function chosenPassphrase(text: string): string {
  const typed = typedPassphrase(text);
  if ([...typed].length < shortest) throw refused(`Use ${shortest} characters or more, such as four words.`);
  if (new Set(typed).size < fewestDifferent) throw refused(`Use at least ${fewestDifferent} different characters.`);
  return typed;
}

function refused(remedy: string): FtsError {
  return new FtsError('invalid-input', 'That passphrase is not accepted.', { field: 'passphrase', remedy });
}
