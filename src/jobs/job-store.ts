import { randomBytes } from 'node:crypto';
import { z } from 'zod';
import type { ErrorRecord } from '../errors/fts-error.ts';
import { FtsError } from '../errors/fts-error.ts';
import { isProcessAlive } from '../runtime/process-alive.ts';
import type { Progress } from '../runtime/progress.ts';
import { type Caller, systemCaller } from '../store/caller.ts';
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
  .transform(({ created_at, started_at, finished_at, requested_by, ...row }) =>
    jobSchema.parse({
      ...row,
      createdAt: created_at,
      startedAt: started_at,
      finishedAt: finished_at,
      requestedBy: requested_by,
    }),
  );
const idRow = z.object({ id: z.string() });
const holderRow = z.object({ pid: z.number().nullable() });
const runningRow = z.object({ id: z.string(), pid: z.number(), heartbeat_ms: z.number() });

/** A process that has not written for this long is taken for dead even if its number lives on in another process. */
const heartbeatLimitMilliseconds = 120_000;

/** The jobs of one home. Every process that shares the database sees the same jobs, whoever runs them. */
export class JobStore {
  private readonly database: Database;

  constructor(database: Database) {
    this.database = database;
  }

  /** Queues a job. With a `key` that a job already has, that job is returned instead: a stage that must run once. */
  submit(operation: string, input: Record<string, unknown>, key?: string, requestedBy: Caller = systemCaller): Job {
    return immediately(this.database, () => {
      const existing = key === undefined ? undefined : this.findByKey(key);
      if (existing !== undefined) return existing;
      const id = `job-${Date.now().toString(36)}-${randomBytes(3).toString('hex')}`;
      this.database
        .prepare(
          'INSERT INTO jobs (id, key, operation, input, state, created_at, requested_by) VALUES (?, ?, ?, ?, ?, ?, ?)',
        )
        .run(
          id,
          key ?? null,
          operation,
          JSON.stringify(input),
          'queued',
          new Date().toISOString(),
          JSON.stringify(requestedBy),
        );
      return this.get(id);
    });
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
    return rowSchema.parse(row);
  }

  findByKey(key: string): Job | undefined {
    const row = this.database.prepare('SELECT * FROM jobs WHERE key = ?').get(key);
    return row === undefined ? undefined : rowSchema.parse(row);
  }

  /** Newest first. */
  list(filter: { state?: JobState; limit: number }): Job[] {
    const rows =
      filter.state === undefined
        ? this.database.prepare('SELECT * FROM jobs ORDER BY created_at DESC, rowid DESC LIMIT ?').all(filter.limit)
        : this.database
            .prepare('SELECT * FROM jobs WHERE state = ? ORDER BY created_at DESC, rowid DESC LIMIT ?')
            .all(filter.state, filter.limit);
    return rows.map((row) => rowSchema.parse(row));
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
    const row = this.database
      .prepare("SELECT id FROM jobs WHERE state = 'queued' ORDER BY created_at, rowid LIMIT 1")
      .get();
    return row === undefined ? undefined : idRow.parse(row).id;
  }

  /** A worker takes the job over from the queue that claimed it: from now on it lives and dies with this process. */
  takeOver(id: string): Job {
    const { changes } = this.database
      .prepare("UPDATE jobs SET pid = ?, heartbeat_ms = ? WHERE id = ? AND state = 'running'")
      .run(process.pid, Date.now(), id);
    if (changes === 0) throw new FtsError('conflict', `Job ${id} is not waiting for a worker.`);
    return this.get(id);
  }

  /** The process that has the job; null while it waits or when it has ended. */
  holder(id: string): number | null {
    return holderRow.parse(this.database.prepare('SELECT pid FROM jobs WHERE id = ?').get(id)).pid;
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
      const now = new Date();
      this.database
        .prepare(
          `UPDATE jobs SET state = 'running', attempts = attempts + 1, cancel_requested = 0, error = NULL, finished_at = NULL,
             pid = ?, heartbeat_ms = ?, started_at = COALESCE(started_at, ?) WHERE id = ?`,
        )
        .run(process.pid, now.getTime(), now.toISOString(), id);
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
      this.database.prepare("UPDATE jobs SET state = 'queued', cancel_requested = 0 WHERE id = ?").run(id);
      return this.get(id);
    });
  }

  /** Writes what the running process reports, and returns whether somebody asked it to stop. */
  heartbeat(id: string, progress: Progress | undefined): { cancelRequested: boolean } {
    this.database
      .prepare('UPDATE jobs SET heartbeat_ms = ?, progress = COALESCE(?, progress) WHERE id = ?')
      .run(Date.now(), progress === undefined ? null : JSON.stringify(progress), id);
    const row = this.database.prepare('SELECT cancel_requested FROM jobs WHERE id = ?').get(id);
    return { cancelRequested: z.object({ cancel_requested: z.number() }).parse(row).cancel_requested === 1 };
  }

  finish(
    id: string,
    end:
      | { state: 'succeeded'; result: unknown }
      | { state: 'failed' | 'cancelled' | 'interrupted'; error: ErrorRecord },
  ): Job {
    this.database
      .prepare('UPDATE jobs SET state = ?, result = ?, error = ?, pid = NULL, finished_at = ? WHERE id = ?')
      .run(
        end.state,
        'result' in end ? JSON.stringify(end.result) : null,
        'error' in end ? JSON.stringify(end.error) : null,
        new Date().toISOString(),
        id,
      );
    return this.get(id);
  }

  /** Asks for a stop: a queued job ends at once, a running one at its next heartbeat. */
  requestCancel(id: string): Job {
    return immediately(this.database, () => {
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
    const rows = this.database.prepare("SELECT id, pid, heartbeat_ms FROM jobs WHERE state = 'running'").all();
    return rows
      .map((row) => runningRow.parse(row))
      .filter(({ pid, heartbeat_ms }) => !isProcessAlive(pid) || Date.now() - heartbeat_ms > heartbeatLimitMilliseconds)
      .map(({ id }) => id);
  }
}

export function interruptedError(id: string): ErrorRecord {
  return {
    kind: 'cancelled',
    message: 'Interrupted before it was done.',
    remedy: `Go on with \`fts jobs resume ${id}\`.`,
  };
}
