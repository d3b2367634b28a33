import { FtsError } from '../errors/fts-error.ts';
import * as index from './index.ts';
import type { InputOf, Operation, OutputOf } from './operation.ts';

type Known = (typeof index)[keyof typeof index];

/** The names of all operations, as types. */
export type OperationName = Known['name'];
type OperationNamed<Name extends OperationName> = Extract<Known, { name: Name }>;
/** The names of those that run as jobs. */
export type JobName = Extract<Known, { job: true }>['name'];
export type InputOfNamed<Name extends OperationName> = InputOf<OperationNamed<Name>>;
export type OutputOfNamed<Name extends OperationName> = OutputOf<OperationNamed<Name>>;

/** Everything the program can do, in alphabetical order, so that `plan` comes before `plan.cost`. */
export const operations: readonly Operation[] = Object.values<Operation>(index).sort((one, other) =>
  one.name < other.name ? -1 : 1,
);

const byName = new Map(operations.map((operation) => [operation.name, operation]));

export function findOperation<Name extends OperationName>(name: Name): OperationNamed<Name>;
export function findOperation(name: string): Operation;
export function findOperation(name: string): Operation {
  const operation = byName.get(name);
  if (operation === undefined) {
    throw new FtsError('not-found', `No operation "${name}".`, {
      field: 'operation',
      value: name,
      remedy: `Choose one of: ${[...byName.keys()].join(', ')}.`,
    });
  }
  return operation;
}
