import type { Catalogue } from '../catalogue/catalogue.ts';
import type { ChangeKind } from './change-kind.ts';

/** An operation that a kind of change has rules for, and that the catalogue in use does not have. */
export interface LostRule {
  kind: string;
  /** `papi-v1 post-property-activations`. */
  operation: string;
}

/**
 * The rules that cannot apply, because a catalogue made from newer documents has another name for their operation. A
 * call by the new name is judged by the general rules alone.
 */
export function lostRules(kinds: readonly ChangeKind[], catalogue: Catalogue): LostRule[] {
  return kinds.flatMap(({ name, operations }) =>
    operations.filter((operation) => !catalogue.has(operation)).map((operation) => ({ kind: name, operation })),
  );
}

/** One sentence for people: in the result of a sync, in `fts doctor` and on plans that it may concern. */
export function lostRuleText({ kind, operation }: LostRule): string {
  return `The catalogue has no operation ${operation}, so the rules for ${kind} do not apply to a call that took its place.`;
}
