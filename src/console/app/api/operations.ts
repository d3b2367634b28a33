import type {
  OperationName as AnyName,
  InputOfNamed,
  JobName,
  OutputOfNamed,
} from '../../../operations/find-operation.ts';

/** The operations that the console calls and starts, by name. Types only, no code. */
export type OperationName = Exclude<AnyName, JobName>;
export type { JobName };
export type InputOf<Name extends AnyName> = InputOfNamed<Name> & object;
export type OutputOf<Name extends AnyName> = OutputOfNamed<Name>;

/** What a benchmark leaves in the registry, and a verification as the result of its job. */
export type StoredBenchmark = OutputOf<'benchmark'>;
export type VerifyResult = OutputOf<'reference.verify'>;

/** A change plan as its page shows it. */
export type ShownPlan = OutputOf<'akamai.plans.show'>;
