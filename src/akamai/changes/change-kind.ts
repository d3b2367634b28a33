import type { AkamaiRequest, AkamaiResponse } from '../client/akamai-request.ts';
import type { Network } from '../network.ts';
import type { Difference } from './difference.ts';
import type { PlannedCall } from './planned-call.ts';

/** Reads with the plan's own account. Fails with an FtsError on every status of 400 and above but those in `allow`. */
export interface Reader {
  get(
    path: string,
    options?: Pick<AkamaiRequest, 'query' | 'headers'> & { allow?: readonly number[] },
  ): Promise<AkamaiResponse>;
}

/** What a change depends on, read before it. */
export interface Observation {
  /** Compared by digest: a plan applies only while this is unchanged. `null` where nothing can be read. */
  state: unknown;
  /** Shown, but free to move: a zone's version, hostnames. */
  context?: Readonly<Record<string, unknown>>;
}

/** A condition that an approver must override in words when it is not met. */
export interface Gate {
  name: 'same-version-active-on-staging';
  met: boolean;
  explanation: string;
}

/** What an approver reads. */
export interface Description {
  title: string;
  network?: Network;
  /** Hostnames, records, objects: what is touched, and how far it reaches. */
  affects: string[];
  blastRadius: string;
  differences: Difference[];
  /** How to undo it. */
  wayBack: string;
  warnings: string[];
  gate?: Gate;
}

/** A call before it is checked: what the catalogue's `validateCall` takes, by the operation's own names. */
export interface ChangeRequest {
  /** `papi-v1` and the operation's id. */
  api: string;
  operationId: string;
  path?: Readonly<Record<string, unknown>>;
  query?: Readonly<Record<string, unknown>>;
  headers?: Readonly<Record<string, string>>;
  body?: unknown;
  /** Section of the credentials; the default one without. */
  account?: string | undefined;
  accountSwitchKey?: string | undefined;
}

interface CallOutcome {
  status: number;
  body: unknown;
}

/** What we know about one kind of write: how to see it coming, see it done, and undo it. */
export interface ChangeKind {
  name: string;
  /** `papi-v1 post-property-activations`: a kind is found by the call, so that no door leads around its rules. */
  operations: readonly string[];
  observe(call: PlannedCall, reader: Reader): Promise<Observation>;
  /** Throws for a call that must not be made as it is. */
  describe(call: PlannedCall, seen: Observation): Description;
  /** After a lost answer: has the call taken effect? */
  wasApplied(call: PlannedCall, before: Observation, now: Observation): 'yes' | 'no' | 'unknown';
  /** The call that undoes an applied one, or undefined where there is none. */
  undo(
    call: PlannedCall,
    before: Observation,
    outcome: CallOutcome,
    reader: Reader,
  ): Promise<ChangeRequest | undefined>;
}
