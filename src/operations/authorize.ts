import { type Caller, mayUse } from '../access/caller.ts';
import { FtsError } from '../errors/fts-error.ts';
import type { Operation } from './operation.ts';

/**
 * Refuses a caller who may not call an operation: the one rule, whatever the face. A face may look earlier, to answer
 * in its own protocol's words, but nothing depends on that.
 */
export function authorize(operation: Operation, caller: Caller): void {
  const { name, scope, personOnly, effect } = operation;
  const refuse = (message: string, remedy: string): never => {
    throw new FtsError('forbidden', message, { field: 'operation', value: name, remedy });
  };
  if (personOnly === true && caller.channel === 'mcp') {
    refuse(`${name} is for a person, so no assistant can call it.`, 'Ask the person to do it, in a terminal.');
  }
  // Any program and any page on this machine can be without a credential: such a caller must not make itself one.
  if (effect === 'access' && caller.credential === 'none') {
    refuse(`${name} changes who may do what, so it needs a credential.`, 'Do it in a terminal, or send a key.');
  }
  if (!mayUse(caller, scope)) {
    throw new FtsError('forbidden', `${name} needs the scope "${scope}".`, {
      field: 'scope',
      value: scope,
      remedy: 'Use a key or token that has it.',
    });
  }
}
