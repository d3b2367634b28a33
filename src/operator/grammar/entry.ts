import type { SeededRandom } from '../../random/seeded-random.ts';
import type { OperatorOperationName } from '../operations.ts';
import { asWritten, type DrawnValue } from './values.ts';

/** The ways to ask for one operation. */
export interface GrammarEntry {
  operation: OperatorOperationName;
  /** Everything that a phrase may mention, drawn together because values can depend on each other (type and target). */
  values(random: SeededRandom): Record<string, DrawnValue>;
  /** Arguments that belong to the proposal even where the phrase does not say them. */
  implied?: readonly string[];
  /** Imperatives: politeness and "can you" can go around them. */
  commands: readonly string[];
  /** Questions, passives, noun phrases: they stand as they are. */
  others?: readonly string[];
}

export const drawNetwork = (random: SeededRandom): DrawnValue =>
  asWritten(random.chance(0.5) ? 'STAGING' : 'PRODUCTION');

export const drawAction = (random: SeededRandom): DrawnValue =>
  asWritten(random.chance(0.62) ? 'INVALIDATE' : 'DELETE');

export const noValues = (): Record<string, DrawnValue> => ({});
