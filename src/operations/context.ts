import type { LoadedConfig } from '../config/load-config.ts';
import type { JobStore } from '../jobs/job-store.ts';
import type { Registry } from '../jobs/registry.ts';
import type { Work } from '../runtime/progress.ts';
import type { Database } from '../store/database.ts';
import type { Home } from '../store/home.ts';

/** What every operation may use, opened once per process. */
export interface Services {
  home: Home;
  config: LoadedConfig;
  environment: NodeJS.ProcessEnv;
  database: Database;
  jobs: JobStore;
  registry: Registry;
}

/** What an operation's handler is given besides its input. */
export interface OperationContext extends Services, Work {
  /** The job that this call runs as; the same id again after a resume, so that the handler finds its own files. */
  jobId: string | undefined;
}
