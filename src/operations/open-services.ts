import { changePlanTables } from '../akamai/changes/plan-store.ts';
import { approverTables } from '../approval/approver-tables.ts';
import { loadConfig } from '../config/load-config.ts';
import type { SettingKey } from '../config/settings.ts';
import { JobStore, jobTables } from '../jobs/job-store.ts';
import { Registry, registryTables } from '../jobs/registry.ts';
import { ApiKeys, apiKeyTables } from '../store/api-keys.ts';
import { auditTables } from '../store/audit-log.ts';
import { openDatabase } from '../store/database.ts';
import { openHome } from '../store/home.ts';
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
    changePlanTables,
    approverTables,
  ]);
  return {
    home,
    config,
    environment,
    database,
    jobs: new JobStore(database),
    registry: new Registry(database),
    keys: new ApiKeys(database),
  };
}
