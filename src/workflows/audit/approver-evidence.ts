import type { AuditVerdict } from '../../audit/audit-verification.ts';
import { FtsError } from '../../errors/fts-error.ts';
import type { Services } from '../../services/context.ts';
import { akamaiOf } from '../akamai/akamai-services.ts';

/** A log whose rows all fit is still broken where the records of approvers are not those that it vouches for. */
export function withApprovers(verdict: AuditVerdict, services: Services): AuditVerdict {
  const reason = approverProblem(services);
  if (reason === undefined || verdict.verdict === 'broken') return verdict;
  return { ...verdict, verdict: 'broken', intact: false, reason, proves: [] };
}

function approverProblem(services: Services): string | undefined {
  try {
    const { problem } = akamaiOf(services).approvers.list();
    return problem === undefined ? undefined : `among the approvers, ${problem}`;
  } catch (error) {
    const { kind, message } = FtsError.from(error);
    if (kind !== 'corrupt') throw error;
    return message.replace(/\.$/, '');
  }
}
