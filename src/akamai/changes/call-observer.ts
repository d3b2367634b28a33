import type { AuditLog } from '../../audit/audit-log.ts';
import type { Catalogue } from '../catalogue/catalogue.ts';
import type { CallValidator } from '../catalogue/validate-call.ts';
import type { AkamaiCaller } from '../client/akamai-request.ts';
import { type Actor, accountReader, ReadOnlyCaller } from './akamai-reader.ts';
import type { ChangeKind, Observation, Reader } from './change-kind.ts';
import { genericChange } from './generic-change.ts';
import { type LostRule, lostRules, lostRuleText } from './lost-rules.ts';
import type { PlannedCall } from './planned-call.ts';

interface CallObserverOptions {
  caller: AkamaiCaller;
  catalogue: Catalogue;
  validator: CallValidator;
  audit: AuditLog;
  kinds: readonly ChangeKind[];
}

/** Knows the kind of each call, and reads the state that it depends on. It cannot change anything. */
export class CallObserver {
  private readonly options: CallObserverOptions;
  private readonly kinds = new Map<string, ChangeKind>();
  private readonly generic: ChangeKind;
  private readonly lost: readonly LostRule[];

  constructor(options: CallObserverOptions) {
    this.options = options;
    this.generic = genericChange(options.catalogue, options.validator);
    this.lost = lostRules(options.kinds, options.catalogue);
    for (const kind of options.kinds) for (const operation of kind.operations) this.kinds.set(operation, kind);
  }

  kindOf(call: PlannedCall): ChangeKind {
    return this.kinds.get(`${call.api} ${call.operationId}`) ?? this.generic;
  }

  /** What an approver has to know about the rules that a call was judged by: those of a kind may be missing. */
  ruleWarnings(call: PlannedCall): string[] {
    if (this.kindOf(call) !== this.generic) return [];
    return this.lost
      .filter(({ operation }) => operation.startsWith(`${call.api} `))
      .map((rule) => `General rules alone judged this call. ${lostRuleText(rule)}`);
  }

  observe(call: PlannedCall, who: Actor, signal?: AbortSignal): Promise<Observation> {
    return this.kindOf(call).observe(call, this.reader(call, who, signal));
  }

  reader(call: PlannedCall, who: Actor, signal?: AbortSignal): Reader {
    const { caller, catalogue, audit } = this.options;
    return accountReader(new ReadOnlyCaller(caller, catalogue, audit, who), {
      account: call.account,
      accountSwitchKey: call.accountSwitchKey,
      server: call.server,
      signal,
    });
  }
}
