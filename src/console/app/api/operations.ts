import type { akamaiApply } from '../../../operations/akamai/apply.ts';
import type { akamaiApproveBegin } from '../../../operations/akamai/approve/begin.ts';
import type { akamaiApprove } from '../../../operations/akamai/approve.ts';
import type { akamaiDeny } from '../../../operations/akamai/deny.ts';
import type { akamaiPlansDifferences } from '../../../operations/akamai/plans/differences.ts';
import type { akamaiPlansList } from '../../../operations/akamai/plans/list.ts';
import type { akamaiPlansShow } from '../../../operations/akamai/plans/show.ts';
import type { akamaiRollback } from '../../../operations/akamai/rollback.ts';
import type { approversList } from '../../../operations/approvers/list.ts';
import type { approversPasskeyAdd } from '../../../operations/approvers/passkey/add.ts';
import type { approversPasskeyBegin } from '../../../operations/approvers/passkey/begin.ts';
import type { auditList } from '../../../operations/audit/list.ts';
import type { auditVerify } from '../../../operations/audit/verify.ts';
import type { benchmark } from '../../../operations/benchmark.ts';
import type { jobsCancel } from '../../../operations/jobs/cancel.ts';
import type { jobsList } from '../../../operations/jobs/list.ts';
import type { jobsResume } from '../../../operations/jobs/resume.ts';
import type { jobsShow } from '../../../operations/jobs/show.ts';
import type { modelsList } from '../../../operations/models/list.ts';
import type { modelsShow } from '../../../operations/models/show.ts';
import type { referenceVerify } from '../../../operations/reference/verify.ts';
import type { reference } from '../../../operations/reference.ts';
import type { runsList } from '../../../operations/runs/list.ts';
import type { runsShow } from '../../../operations/runs/show.ts';

/** The operations that the console calls, by name: their schemas are the types of the calls. Types only, no code. */
interface Called {
  'akamai.apply': typeof akamaiApply;
  'akamai.approve': typeof akamaiApprove;
  'akamai.approve.begin': typeof akamaiApproveBegin;
  'akamai.deny': typeof akamaiDeny;
  'akamai.plans.differences': typeof akamaiPlansDifferences;
  'akamai.plans.list': typeof akamaiPlansList;
  'akamai.plans.show': typeof akamaiPlansShow;
  'akamai.rollback': typeof akamaiRollback;
  'approvers.list': typeof approversList;
  'approvers.passkey.add': typeof approversPasskeyAdd;
  'approvers.passkey.begin': typeof approversPasskeyBegin;
  'audit.list': typeof auditList;
  'audit.verify': typeof auditVerify;
  'jobs.cancel': typeof jobsCancel;
  'jobs.list': typeof jobsList;
  'jobs.resume': typeof jobsResume;
  'jobs.show': typeof jobsShow;
  'models.list': typeof modelsList;
  'models.show': typeof modelsShow;
  reference: typeof reference;
  'runs.list': typeof runsList;
  'runs.show': typeof runsShow;
}

export type OperationName = keyof Called;
export type InputOf<Name extends OperationName> = NonNullable<Called[Name]['types']>['input'];
export type OutputOf<Name extends OperationName> = NonNullable<Called[Name]['types']>['output'];

/** What a benchmark leaves in the registry, and a verification as the result of its job. */
export type StoredBenchmark = NonNullable<(typeof benchmark)['types']>['output'];

export type VerifyResult = NonNullable<(typeof referenceVerify)['types']>['output'];

/** A change plan as its page shows it. */
export type ShownPlan = OutputOf<'akamai.plans.show'>;
