import { FtsError } from '../errors/fts-error.ts';
import { akamaiApply } from './akamai/apply.ts';
import { akamaiApproveBegin } from './akamai/approve/begin.ts';
import { akamaiApprove } from './akamai/approve.ts';
import { akamaiCertificates } from './akamai/certificates.ts';
import { akamaiCloud } from './akamai/cloud.ts';
import { akamaiDeny } from './akamai/deny.ts';
import { akamaiDescribe } from './akamai/describe.ts';
import { akamaiDnsChange } from './akamai/dns/change.ts';
import { akamaiDns } from './akamai/dns.ts';
import { akamaiEdgeKvChange } from './akamai/edgekv/change.ts';
import { akamaiEdgeKv } from './akamai/edgekv.ts';
import { akamaiEdgeWorkerChange } from './akamai/edgeworker/change.ts';
import { akamaiEdgeWorker } from './akamai/edgeworker.ts';
import { akamaiExplain } from './akamai/explain.ts';
import { akamaiPlan } from './akamai/plan.ts';
import { akamaiPlansDifferences } from './akamai/plans/differences.ts';
import { akamaiPlansList } from './akamai/plans/list.ts';
import { akamaiPlansProof } from './akamai/plans/proof.ts';
import { akamaiPlansShow } from './akamai/plans/show.ts';
import { akamaiPropertyChange } from './akamai/property/change.ts';
import { akamaiPropertyCompare } from './akamai/property/compare.ts';
import { akamaiPropertyFind } from './akamai/property/find.ts';
import { akamaiPropertyShow } from './akamai/property/show.ts';
import { akamaiPropertyWatch } from './akamai/property/watch.ts';
import { akamaiPurge } from './akamai/purge.ts';
import { akamaiRead } from './akamai/read.ts';
import { akamaiRollback } from './akamai/rollback.ts';
import { akamaiScript } from './akamai/script.ts';
import { akamaiSearch } from './akamai/search.ts';
import { akamaiSync } from './akamai/sync.ts';
import { akamaiUrl } from './akamai/url.ts';
import { akamaiWhoami } from './akamai/whoami.ts';
import { approversAdd } from './approvers/add.ts';
import { approversList } from './approvers/list.ts';
import { approversPasskeyAdd } from './approvers/passkey/add.ts';
import { approversPasskeyBegin } from './approvers/passkey/begin.ts';
import { approversPasskeyRemove } from './approvers/passkey/remove.ts';
import { approversPassphrase } from './approvers/passphrase.ts';
import { approversRemove } from './approvers/remove.ts';
import { auditExport } from './audit/export.ts';
import { auditList } from './audit/list.ts';
import { auditVerify } from './audit/verify.ts';
import { backup } from './backup.ts';
import { benchmark } from './benchmark.ts';
import { configShow } from './config.ts';
import { deploy } from './deploy.ts';
import { deploymentsRemove } from './deployments/remove.ts';
import { doctor } from './doctor.ts';
import { evaluate } from './evaluate.ts';
import { jobsCancel } from './jobs/cancel.ts';
import { jobsList } from './jobs/list.ts';
import { jobsResume } from './jobs/resume.ts';
import { jobsShow } from './jobs/show.ts';
import { keysCreate } from './keys/create.ts';
import { keysList } from './keys/list.ts';
import { keysRevoke } from './keys/revoke.ts';
import { modelsAsk } from './models/ask.ts';
import { modelsImport } from './models/import.ts';
import { modelsList } from './models/list.ts';
import { modelsMerge } from './models/merge.ts';
import { modelsRemove } from './models/remove.ts';
import { modelsShow } from './models/show.ts';
import type { Operation } from './operation.ts';
import { planCapacity } from './plan/capacity.ts';
import { planCost } from './plan/cost.ts';
import { plan } from './plan.ts';
import { quantize } from './quantize.ts';
import { referenceVerify } from './reference/verify.ts';
import { reference } from './reference.ts';
import { runsCompare } from './runs/compare.ts';
import { runsList } from './runs/list.ts';
import { runsShow } from './runs/show.ts';
import { train } from './train.ts';

/** Everything the program can do, in the order of `fts --help`. */
export const operations: readonly Operation[] = [
  plan,
  train,
  quantize,
  evaluate,
  planCapacity,
  planCost,
  reference,
  referenceVerify,
  deploy,
  benchmark,
  akamaiWhoami,
  akamaiSearch,
  akamaiDescribe,
  akamaiRead,
  akamaiSync,
  akamaiPlan,
  akamaiApply,
  akamaiApprove,
  akamaiApproveBegin,
  akamaiDeny,
  akamaiPlansList,
  akamaiPlansShow,
  akamaiPlansDifferences,
  akamaiPlansProof,
  akamaiRollback,
  akamaiPropertyFind,
  akamaiPropertyShow,
  akamaiPropertyCompare,
  akamaiPropertyChange,
  akamaiPropertyWatch,
  akamaiPurge,
  akamaiEdgeWorker,
  akamaiEdgeWorkerChange,
  akamaiEdgeKv,
  akamaiEdgeKvChange,
  akamaiDns,
  akamaiDnsChange,
  akamaiCertificates,
  akamaiExplain,
  akamaiUrl,
  akamaiCloud,
  akamaiScript,
  modelsList,
  modelsShow,
  modelsAsk,
  modelsImport,
  modelsMerge,
  modelsRemove,
  deploymentsRemove,
  runsCompare,
  runsList,
  runsShow,
  jobsList,
  jobsShow,
  jobsCancel,
  jobsResume,
  auditList,
  auditVerify,
  auditExport,
  configShow,
  approversAdd,
  approversList,
  approversRemove,
  approversPassphrase,
  approversPasskeyBegin,
  approversPasskeyAdd,
  approversPasskeyRemove,
  keysCreate,
  keysList,
  keysRevoke,
  backup,
  doctor,
];

const byName = new Map(operations.map((operation) => [operation.name, operation]));

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
