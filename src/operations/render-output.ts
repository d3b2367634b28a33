import { visibleValue } from '../text/visible-text.ts';
import type { Operation } from './operation.ts';

/** An operation's output with every text made visible, before it is laid out for a person. */
export function visibleOutput(operation: Operation, output: unknown): unknown {
  return visibleValue(output, { manyLines: operation.manyLines ?? [] });
}

/** The output in the operation's own words, as a terminal shows it; undefined where it has none. */
export function renderOutput(operation: Operation, output: unknown): string | undefined {
  return operation.render?.(visibleOutput(operation, output));
}
