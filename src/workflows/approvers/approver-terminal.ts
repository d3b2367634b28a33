import { FtsError } from '../../errors/fts-error.ts';
import type { OperationContext } from '../../services/context.ts';
import type { TerminalPerson } from '../../services/terminal-person.ts';

/** The person at the terminal, where approvers are enrolled and removed; a refusal with the way to one elsewhere. */
export function requirePersonAtTerminal(context: OperationContext, command: string): TerminalPerson {
  const { terminal } = context;
  if (terminal !== undefined && context.caller.channel === 'terminal') return terminal;
  throw new FtsError('forbidden', 'Approvers are changed by a person in an interactive terminal.', {
    field: 'approver',
    remedy: `Run \`${command}\` in a terminal, not through a pipe.`,
  });
}

/** A new passphrase, typed twice. */
export async function askNewPassphrase(person: TerminalPerson, name: string): Promise<string> {
  const first = await person.askHidden(`New passphrase of ${name} (10 characters or more): `);
  const again = await person.askHidden('The same again: ');
  if (first === again) return first;
  throw new FtsError('invalid-input', 'The two passphrases are not the same.', {
    field: 'passphrase',
    remedy: 'Run the command again.',
  });
}
