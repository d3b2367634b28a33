import type { ApiKeys } from '../access/api-keys.ts';
import type { Caller } from '../access/caller.ts';
import type { AuditAnchors } from '../audit/anchors/audit-anchors.ts';
import type { AuditLog } from '../audit/audit-log.ts';
import type { RefusalLog } from '../audit/refusal-log.ts';
import type { LoadedConfig } from '../config/load-config.ts';
import type { CallerFiles } from '../inputs/caller-files.ts';
import type { JobStore } from '../jobs/job-store.ts';
import type { Registry } from '../registry/registry.ts';
import type { Work } from '../runtime/progress.ts';
import type { Database } from '../store/database.ts';
import type { Home } from '../store/home.ts';
import type { AskPerson } from './ask-person.ts';
import type { TerminalPerson } from './terminal-person.ts';

/** What every operation may use, opened once per process. */
export interface Services {
  home: Home;
  config: LoadedConfig;
  environment: NodeJS.ProcessEnv;
  database: Database;
  jobs: JobStore;
  registry: Registry;
  keys: ApiKeys;
  audit: AuditLog;
  anchors: AuditAnchors;
  /** Refusals go into the audit log through this, which keeps a flood of them small. */
  refusals: RefusalLog;
}

/** What an operation's handler is given besides its input. */
export interface OperationContext extends Services, Work {
  /** The job that this call runs as; the same id again after a resume, so that the handler finds its own files. */
  jobId: string | undefined;
  /** Who asked; for a job, whoever submitted it. */
  caller: Caller;
  /** The files that this caller may name: the only way from an input to a path. */
  files: CallerFiles;
  /** Undefined where no person can be asked. What it returns can come from nowhere else, least of all from the input. */
  askPerson: AskPerson | undefined;
  /** The person at the terminal that called; undefined on every other face, and where there is no terminal. */
  terminal: TerminalPerson | undefined;
}
