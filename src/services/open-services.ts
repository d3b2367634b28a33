import { setTimeout } from 'node:timers/promises';
import { ApiKeys, apiKeyTables } from '../access/api-keys.ts';
import { changePlanTables } from '../akamai/changes/plan-store.ts';
import { approverTables } from '../approval/approver-tables.ts';
import { AuditAnchors, auditAnchorTables } from '../audit/anchors/audit-anchors.ts';
import { AuditHeads } from '../audit/audit-heads.ts';
import { AuditLog, auditTables } from '../audit/audit-log.ts';
import { RefusalLog } from '../audit/refusal-log.ts';
import { loadConfig } from '../config/load-config.ts';
import type { SettingKey } from '../config/settings.ts';
import { JobStore, jobTables } from '../jobs/job-store.ts';
import { Registry } from '../registry/registry.ts';
import { registryTables } from '../registry/registry-tables.ts';
import { sweepUnfinishedIn } from '../store/atomic-file.ts';
import { openDatabase } from '../store/database.ts';
import { openHome } from '../store/home.ts';
import { pendingFileTables } from '../store/pending-files.ts';
import type { Services } from './context.ts';

/** Opens the home, the configuration and the database. Throws an FtsError when one of them cannot be used. */
export function openServices(environment: NodeJS.ProcessEnv, flags: Partial<Record<SettingKey, unknown>>): Services {
  const home = openHome(environment);
  const config = loadConfig({ file: home.configFile, environment, flags });
  const database = openDatabase(home.database, [
    jobTables,
    registryTables,
    apiKeyTables,
    auditTables,
    auditAnchorTables,
    changePlanTables,
    approverTables,
    pendingFileTables,
  ]);
  const audit = new AuditLog(database, { heads: new AuditHeads(home.auditHeads) });
  const anchors = new AuditAnchors(database, audit, config.values['audit.anchor']);
  audit.adoptHeads();
  const registry = new Registry(database, home.root);
  // What a crash left between a decision and its files.
  registry.files.settle();
  sweepUnfinishedIn(home.models);
  return {
    home,
    config,
    environment,
    database,
    jobs: new JobStore(database),
    registry,
    keys: new ApiKeys(database),
    audit,
    anchors,
    refusals: new RefusalLog(audit),
  };
}

/** How long a closing process waits for calls that are still to be recorded. */
const closingMilliseconds = 5000;
/** And for addresses that still have to be given its head; the next process goes on with it. */
const anchoringMilliseconds = 2000;

/**
 * Closes the database, after what is still going on has been recorded. Every command ends with this, whatever happened:
 * libsql ends the process hard when a closed database is used.
 */
export async function closeServices({ audit, anchors, refusals, database }: Services): Promise<void> {
  const patience = new AbortController();
  await Promise.race([
    audit.settled(),
    setTimeout(closingMilliseconds, undefined, { signal: patience.signal }),
  ]).finally(() => patience.abort());
  refusals.flush();
  await anchors.close(anchoringMilliseconds);
  database.close();
}
