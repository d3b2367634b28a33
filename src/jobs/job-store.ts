import { randomBytes } from 'node:crypto';
import { z } from 'zod';
import { type Caller, systemCaller } from '../access/caller.ts';
import type { ErrorRecord } from '../errors/fts-error.ts';
import { FtsError } from '../errors/fts-error.ts';
import { continueProcess, ownProcess, type ProcessMark, stateOfProcess } from '../runtime/process-mark.ts';
import type { Progress } from '../runtime/progress.ts';
import { type Database, immediately, type Schema } from '../store/database.ts';
import { type Job, type JobState, jobSchema, jobStates } from './job.ts';

export const jobTables: Schema = {
  owner: 'jobs',
  steps: [
    `CREATE TABLE jobs (
      id TEXT PRIMARY KEY,
      key TEXT UNIQUE,
      operation TEXT NOT NULL,
      input TEXT NOT NULL,
      state TEXT NOT NULL,
      progress TEXT,
      result TEXT,
      error TEXT,
      attempts INTEGER NOT NULL DEFAULT 0,
      cancel_requested INTEGER NOT NULL DEFAULT 0,
      pid INTEGER,
      heartbeat_ms INTEGER,
      created_at TEXT NOT NULL,
      started_at TEXT,
      finished_at TEXT
    );
    CREATE INDEX jobs_by_state ON jobs (state, created_at);`,
    `ALTER TABLE jobs ADD COLUMN requested_by TEXT NOT NULL DEFAULT '{"name":"system","channel":"system"}';`,
    // heartbeat_ms was what liveness was judged by, and is not read any more.
    `ALTER TABLE jobs ADD COLUMN pid_started TEXT;
    ALTER TABLE jobs ADD COLUMN writes TEXT NOT NULL DEFAULT '[]';`,
  ],
};

const json = z.string().transform((text): unknown => JSON.parse(text));
const rowSchema = z
  .object({
    id: z.string(),
    operation: z.string(),
    input: json,
    state: z.enum(jobStates),
    progress: json.nullable(),
    result: json.nullable(),
    error: json.nullable(),
    attempts: z.number(),
    created_at: z.string(),
    started_at: z.string().nullable(),
    finished_at: z.string().nullable(),
    requested_by: json,
  })
  .transform(({ created_at, started_at, finished_at, requested_by, ...row }) => ({
    ...row,
    createdAt: created_at,
    startedAt: started_at,
    finishedAt: finished_at,
    requestedBy: requested_by,
  }));
const idRow = z.object({ id: z.string() });
const holderRow = z.object({ pid: z.number().nullable(), pid_started: z.string().nullable() });
const runningRow = z
  .object({ id: z.string(), pid: z.number(), pid_started: z.string().nullable() })
  .transform(({ id, pid, pid_started }) => ({ id, process: { pid, started: pid_started } }));
const writesColumn = json.pipe(z.array(z.string()));
const writerRow = z.object({ id: z.string(), operation: z.string(), state: z.enum(jobStates), writes: writesColumn });

/** The jobs of one home. Every process that shares the database sees the same jobs, whoever runs them. */
export class JobStore {
  private readonly database: Database;

  constructor(database: Database) {
    this.database = database;
  }

  /**
   * Queues a job. With a `key` that a job already has, that job is returned instead: a stage that must run once. `writes`
   * are the names (`model:notes`) that the job will write, reserved for it until it ends. With `here` this process takes
   * the job at once, so that nothing is left in the queue where it dies. Errors: `conflict` naming the job that has a name.
   */
  submit(
    operation: string,
    input: Record<string, unknown>,
    options: { key?: string | undefined; requestedBy?: Caller; writes?: readonly string[]; here?: boolean } = {},
  ): Job {
    const { key, requestedBy = systemCaller, writes = [], here = false } = options;
    return immediately(this.database, () => {
      const existing = key === undefined ? undefined : this.findByKey(key);
      if (existing !== undefined) return existing;
      this.refuseReserved(writes);
      const id = `job-${Date.now().toString(36)}-${randomBytes(3).toString('hex')}`;
      this.database
        .prepare(
          'INSERT INTO jobs (id, key, operation, input, state, created_at, requested_by, writes) VALUES (?, ?, ?, ?, ?, ?, ?, ?)',
        )
        .run(
          id,
          key ?? null,
          operation,
          JSON.stringify(input),
          'queued',
          new Date().toISOString(),
          JSON.stringify(requestedBy),
          JSON.stringify(writes),
        );
      return here ? this.claim(id) : this.get(id);
    });
  }

  /**
   * Throws `conflict` where a job that waits or runs will write one of these names; `except` is the job that asks. A name
   * of a job whose process is gone is free.
   */
  refuseReserved(names: readonly string[], except?: string): void {
    const taken = this.writersOf((name) => names.includes(name)).find(({ id }) => id !== except);
    if (taken === undefined) return;
    const name = taken.writes.find((written) => names.includes(written))!;
    throw reservedError(name, taken);
  }

  /** The same for whatever belongs to a model: the model itself and its artifacts. */
  refuseModelInUse(model: string): void {
    const belongs = (name: string): boolean => name === modelName(model) || name.startsWith(artifactName(model, ''));
    const [taken] = this.writersOf(belongs);
    if (taken !== undefined) throw reservedError(taken.writes.find(belongs)!, taken);
  }

  private writersOf(matches: (name: string) => boolean): z.output<typeof writerRow>[] {
    this.settleDeadJobs();
    return this.database
      .prepare("SELECT id, operation, state, writes FROM jobs WHERE state IN ('queued', 'running') AND writes <> '[]'")
      .all()
      .map((row) => writerRow.parse(row))
      .filter(({ writes }) => writes.some(matches));
  }

  get(id: string): Job {
    const row = this.database.prepare('SELECT * FROM jobs WHERE id = ?').get(id);
    if (row === undefined) {
      throw new FtsError('not-found', `No job "${id}".`, {
        field: 'id',
        value: id,
        remedy: 'List the jobs with `fts jobs list`.',
      });
    }
    return this.present([row])[0]!;
  }

  findByKey(key: string): Job | undefined {
    const row = this.database.prepare('SELECT * FROM jobs WHERE key = ?').get(key);
    return row === undefined ? undefined : this.present([row])[0];
  }

  /** Newest first. */
  list(filter: { state?: JobState; limit: number }): Job[] {
    const rows =
      filter.state === undefined
        ? this.database.prepare('SELECT * FROM jobs ORDER BY rowid DESC LIMIT ?').all(filter.limit)
        : this.database
            .prepare('SELECT * FROM jobs WHERE state = ? ORDER BY rowid DESC LIMIT ?')
            .all(filter.state, filter.limit);
    return this.present(rows);
  }

  /** Rows as jobs, with a warning where a stopped process holds them up. */
  private present(rows: readonly unknown[]): Job[] {
    const parsed = rows.map((row) => rowSchema.parse(row));
    const isOpen = parsed.some(({ state }) => state === 'running' || state === 'queued');
    const stopped = isOpen ? this.running().filter(({ process }) => stateOfProcess(process) === 'stopped') : [];
    return parsed.map((row) => {
      const own = stopped.find(({ id }) => id === row.id);
      const ahead = row.state === 'queued' ? stopped[0] : undefined;
      const warning = own !== undefined ? stoppedWarning(own) : ahead !== undefined ? waitsWarning(ahead) : null;
      return jobSchema.parse({ ...row, warning });
    });
  }

  /** Takes the job that has waited longest, for a queue to start; several queues of one home never take the same. */
  claimNext(): Job | undefined {
    // Most looks find nothing, and should not hold up those who write.
    if (this.nextQueued() === undefined) return undefined;
    return immediately(this.database, () => {
      const id = this.nextQueued();
      return id === undefined ? undefined : this.claim(id);
    });
  }

  private nextQueued(): string | undefined {
    const row = this.database.prepare("SELECT id FROM jobs WHERE state = 'queued' ORDER BY rowid LIMIT 1").get();
    return row === undefined ? undefined : idRow.parse(row).id;
  }

  /**
   * A worker takes the job over from the queue, its parent, that claimed it: from now on it lives and dies with this
   * process. Refused where the queue has died meanwhile, since the job is then another process's to take up.
   */
  takeOver(id: string): Job {
    const { pid, started } = ownProcess();
    const { changes } = this.database
      .prepare("UPDATE jobs SET pid = ?, pid_started = ? WHERE id = ? AND state = 'running' AND pid IN (?, ?)")
      .run(pid, started, id, process.ppid, pid);
    if (changes === 0) throw new FtsError('conflict', `Job ${id} is not waiting for a worker.`);
    return this.get(id);
  }

  /** The process that has the job; null while it waits or when it has ended. */
  holder(id: string): number | null {
    return this.holderOf(id)?.pid ?? null;
  }

  private holderOf(id: string): ProcessMark | undefined {
    const { pid, pid_started } = holderRow.parse(
      this.database.prepare('SELECT pid, pid_started FROM jobs WHERE id = ?').get(id),
    );
    return pid === null ? undefined : { pid, started: pid_started };
  }

  /** Takes a job for this process, unless another process has it. Everything but a success can be taken up again. */
  claim(id: string): Job {
    return immediately(this.database, () => {
      const job = this.get(id);
      if (job.state === 'running' || job.state === 'succeeded') {
        throw new FtsError(
          'conflict',
          `Job ${id} ${job.state === 'running' ? 'is running already' : 'has succeeded already'}.`,
          {
            field: 'id',
            value: id,
            remedy: job.state === 'running' ? `Follow it with \`fts jobs show ${id}\`.` : 'Start a new one.',
          },
        );
      }
      this.refuseReserved(this.writesOf(id), id);
      const { pid, started } = ownProcess();
      this.database
        .prepare(
          `UPDATE jobs SET state = 'running', attempts = attempts + 1, cancel_requested = 0, error = NULL, finished_at = NULL,
             pid = ?, pid_started = ?, started_at = COALESCE(started_at, ?) WHERE id = ?`,
        )
        .run(pid, started, new Date().toISOString(), id);
      return this.get(id);
    });
  }

  /** Makes a stopped job wait for a queue again. */
  requeue(id: string): Job {
    return immediately(this.database, () => {
      const job = this.get(id);
      if (job.state === 'running' || job.state === 'queued') return job;
      if (job.state === 'succeeded') {
        throw new FtsError('conflict', `Job ${id} has succeeded already.`, { remedy: 'Start a new one.' });
      }
      this.refuseReserved(this.writesOf(id), id);
      this.database.prepare("UPDATE jobs SET state = 'queued', cancel_requested = 0 WHERE id = ?").run(id);
      return this.get(id);
    });
  }

  private writesOf(id: string): string[] {
    const row = this.database.prepare('SELECT writes FROM jobs WHERE id = ?').get(id);
    return z.object({ writes: writesColumn }).parse(row).writes;
  }

  /**
   * Writes what this process, which runs the job, reports, and returns whether somebody asked it to stop. `isOurs` is
   * false where the job is no longer this process's: its work must end, since another process may do it now.
   */
  report(id: string, progress: Progress | undefined): { cancelRequested: boolean; isOurs: boolean } {
    if (progress !== undefined) {
      const { pid, started } = ownProcess();
      this.database
        .prepare("UPDATE jobs SET progress = ? WHERE id = ? AND state = 'running' AND pid = ? AND pid_started IS ?")
        .run(JSON.stringify(progress), id, pid, started);
    }
    const row = this.database.prepare('SELECT state, cancel_requested FROM jobs WHERE id = ?').get(id);
    const { state, cancel_requested } = z.object({ state: z.string(), cancel_requested: z.number() }).parse(row);
    const { pid } = ownProcess();
    return { cancelRequested: cancel_requested === 1, isOurs: state === 'running' && this.holder(id) === pid };
  }

  finish(
    id: string,
    end:
      | { state: 'succeeded'; result: unknown }
      | { state: 'failed' | 'cancelled' | 'interrupted'; error: ErrorRecord },
  ): Job {
    this.database
      .prepare(
        'UPDATE jobs SET state = ?, result = ?, error = ?, pid = NULL, pid_started = NULL, finished_at = ? WHERE id = ?',
      )
      .run(
        end.state,
        'result' in end ? JSON.stringify(end.result) : null,
        'error' in end ? JSON.stringify(end.error) : null,
        new Date().toISOString(),
        id,
      );
    return this.get(id);
  }

  /**
   * Asks for a stop: a queued job ends at once, a running one when it next reports. A stopped process is continued, so
   * that it can save what it has and end.
   */
  requestCancel(id: string): Job {
    const job = immediately(this.database, () => {
      const job = this.get(id);
      if (job.state === 'queued') {
        return this.finish(id, {
          state: 'cancelled',
          error: { kind: 'cancelled', message: 'Cancelled before it started.' },
        });
      }
      if (job.state === 'running') this.database.prepare('UPDATE jobs SET cancel_requested = 1 WHERE id = ?').run(id);
      return this.get(id);
    });
    const holder = job.state === 'running' ? this.holderOf(id) : undefined;
    if (holder !== undefined) continueProcess(holder);
    return job;
  }

  /** Marks jobs whose process died without a word (power cut, `kill -9`) as interrupted, ready to be resumed. */
  settleDeadJobs(): Job[] {
    // Most looks find nobody dead, and should not hold up those who write.
    if (this.deadJobs().length === 0) return [];
    return immediately(this.database, () =>
      this.deadJobs().map((id) => this.finish(id, { state: 'interrupted', error: interruptedError(id) })),
    );
  }

  private deadJobs(): string[] {
    return this.running()
      .filter(({ process }) => stateOfProcess(process) === 'gone')
      .map(({ id }) => id);
  }

  private running(): z.output<typeof runningRow>[] {
    return this.database
      .prepare("SELECT id, pid, pid_started FROM jobs WHERE state = 'running' ORDER BY rowid")
      .all()
      .map((row) => runningRow.parse(row));
  }
}

/** How a job reserves a model. Names that differ in case alone are one folder on some systems. */
export function modelName(model: string): string {
  return `model:${model.toLowerCase()}`;
}

/** How a job reserves one format of a model. */
export function artifactName(model: string, format: string): string {
  return `artifact:${model.toLowerCase()}:${format}`;
}

function reservedError(name: string, { id, operation, state }: z.output<typeof writerRow>): FtsError {
  const [kind, ...rest] = name.split(':');
  return new FtsError(
    'conflict',
    `Job ${id} (${operation}, ${state}) is going to write the ${kind} "${rest.join(':')}".`,
    {
      field: 'name',
      value: rest.join(':'),
      remedy: `Wait for it (\`fts jobs show ${id}\`), cancel it (\`fts jobs cancel ${id}\`), or choose another name.`,
    },
  );
}

type RunningJob = z.output<typeof runningRow>;

function stoppedWarning({ id, process: { pid } }: RunningJob): string {
  return `Its process ${pid} is stopped by a signal. Let it go on with \`kill -CONT ${pid}\`, or cancel the job with \`fts jobs cancel ${id}\`.`;
}

function waitsWarning({ id, process: { pid } }: RunningJob): string {
  return `It waits behind job ${id}, whose process ${pid} is stopped by a signal. Let that go on with \`kill -CONT ${pid}\`, or cancel it with \`fts jobs cancel ${id}\`.`;
}

export function interruptedError(id: string): ErrorRecord {
  return {
    kind: 'cancelled',
    message: 'Interrupted before it was done.',
    remedy: `Go on with \`fts jobs resume ${id}\`.`,
  };
}
