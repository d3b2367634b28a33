import type { ChangePlan } from '../src/akamai/changes/change-plan.ts';
import type { ChangePlans } from '../src/akamai/changes/change-plans.ts';
import type { Decision } from '../src/akamai/changes/decide-plan.ts';
import { Approvers, type Signer } from '../src/approval/approvers.ts';
import type { AuditLog } from '../src/audit/audit-log.ts';
import type { Database } from '../src/store/database.ts';

/** scrypt's cost in tests: enough to run, not to protect. */
export const testCost = 16;
export const passphrase = 'correct horse battery staple';

/** An enrolled approver whose key is at hand, as a person's is once they have typed their passphrase. */
export class TestApprover {
  readonly name: string;
  readonly signer: Signer;

  private constructor(name: string, signer: Signer) {
    this.name = name;
    this.signer = signer;
  }

  /** Enrols with `passphrase`; the first by itself, a further one signed by `by`. */
  static async enrol(
    { database, audit, now }: { database: Database; audit: AuditLog; now?: () => Date },
    { name = 'Ana', by }: { name?: string; by?: TestApprover } = {},
  ): Promise<TestApprover> {
    const approvers = new Approvers(database, audit, { cost: testCost, ...(now === undefined ? {} : { now }) });
    const { approver, key } = await approvers.enrol(
      name,
      passphrase,
      { name: 'tester', channel: 'terminal' },
      by?.signer,
    );
    return new TestApprover(name, { approverId: approver.id, sign: (text) => key.sign(text) });
  }

  approve(plans: ChangePlans, id: string, given: Omit<Decision, 'decision'> = {}): ChangePlan {
    return this.decide(plans, id, { decision: 'approve', ...given });
  }

  deny(plans: ChangePlans, id: string, given: Omit<Decision, 'decision'> = {}): ChangePlan {
    return this.decide(plans, id, { decision: 'deny', ...given });
  }

  private decide(plans: ChangePlans, id: string, decision: Decision): ChangePlan {
    const { approverId, sign } = this.signer;
    const approver = { id: approverId, name: this.name };
    const { text, at } = plans.draft(id, decision, approver);
    return plans.decide(id, decision, { approver, at, signature: sign(text), channel: 'terminal' });
  }
}
