import { z } from 'zod';
import { FtsError } from '../../errors/fts-error.ts';
import { ownProcess, stateOfProcess } from '../../runtime/process-mark.ts';
import { type Database, immediately, type Schema } from '../../store/database.ts';
import { redact } from '../../store/redact.ts';
import { planDigest } from './approval-text.ts';
import {
  type Approval,
  approvalSchema,
  type ChangePlan,
  type Outcome,
  outcomeSchema,
  type PlanContent,
  type PlanState,
  planContentSchema,
  planStates,
} from './change-plan.ts';

export const changePlanTables: Schema = {
  owner: 'change-plans',
  steps: [
    `CREATE TABLE change_plans (
      id TEXT PRIMARY KEY,
      digest TEXT NOT NULL,
      state TEXT NOT NULL,
      content TEXT NOT NULL,
      approval TEXT,
      outcome TEXT,
      pid INTEGER,
      created_at TEXT NOT NULL,
      updated_at TEXT NOT NULL
    );
    CREATE INDEX change_plans_by_state ON change_plans (state, created_at);`,
    'ALTER TABLE change_plans ADD COLUMN pid_started TEXT;',
    // Approvals from before they were signed stay readable, and count for nothing.
    `ALTER TABLE change_plans ADD COLUMN denial TEXT;
    UPDATE change_plans SET approval = json_set(approval, '$.kind', 'unsigned', '$.decision', 'approve')
      WHERE approval IS NOT NULL;`,
  ],
};

const json = z.string().transform((text): unknown => JSON.parse(text));
const rowSchema = z.object({
  id: z.string(),
  digest: z.string(),
  state: z.enum(planStates),
  content: json.pipe(planContentSchema),
  approval: json.pipe(approvalSchema).nullable(),
  denial: json.pipe(approvalSchema).nullable(),
  outcome: json.pipe(outcomeSchema).nullable(),
  pid: z.number().nullable(),
  updated_at: z.string(),
});

const applierRow = z.object({ pid: z.number().nullable(), pid_started: z.string().nullable() });

export interface StoredPlan extends ChangePlan {
  /** The process that is applying it. */
  pid: number | null;
}

/** Change plans in SQLite. Every transition names the state it starts from, so that of two at once one finds nothing. */
export class PlanStore {
  private readonly database: Database;
  private readonly now: () => Date;

  constructor(database: Database, now: () => Date) {
    this.database = database;
    this.now = now;
  }

  /** Runs `work` and what it records as one transaction. */
  atomically<Result>(work: () => Result): Result {
    return immediately(this.database, work);
  }

  insert(given: PlanContent): StoredPlan {
    const content = planContentSchema.parse(given);
    this.database
      .prepare(
        `INSERT INTO change_plans (id, digest, state, content, created_at, updated_at) VALUES (?, ?, 'proposed', ?, ?, ?)`,
      )
      .run(content.id, planDigest(content), JSON.stringify(content), content.createdAt, content.createdAt);
    return this.get(content.id);
  }

  get(id: string): StoredPlan {
    const row = this.database.prepare('SELECT * FROM change_plans WHERE id = ?').get(id);
    if (row === undefined) {
      throw new FtsError('not-found', `No change plan "${id}".`, {
        field: 'planId',
        value: id,
        remedy: 'List the plans with `fts akamai plans-list`.',
      });
    }
    return planOf(row);
  }

  /** Whether the process that took the plan to apply it is still there, whatever the clock says. */
  isApplierAlive(id: string): boolean {
    const row = this.database.prepare('SELECT pid, pid_started FROM change_plans WHERE id = ?').get(id);
    const { pid, pid_started } = applierRow.parse(row);
    return pid !== null && stateOfProcess({ pid, started: pid_started }) !== 'gone';
  }

  /** Newest first. A row that cannot be read is left out, so that it stands in nobody's way; `get` says what it is. */
  list(filter: { state?: PlanState | undefined; limit: number }): StoredPlan[] {
    const rows =
      filter.state === undefined
        ? this.database
            .prepare('SELECT * FROM change_plans ORDER BY created_at DESC, rowid DESC LIMIT ?')
            .all(filter.limit)
        : this.database
            .prepare('SELECT * FROM change_plans WHERE state = ? ORDER BY created_at DESC, rowid DESC LIMIT ?')
            .all(filter.state, filter.limit);
    return rows.flatMap((row) => {
      try {
        return [planOf(row)];
      } catch {
        return [];
      }
    });
  }

  /** Returns false, and changes nothing, when the plan is no longer in the state `from`. */
  move(
    id: string,
    from: PlanState,
    to: PlanState,
    record: { approval?: Approval | null; denial?: Approval; outcome?: Outcome; pid?: number | null } = {},
  ): boolean {
    const sets = ['state = ?', 'updated_at = ?'];
    const values: (string | number | null)[] = [to, this.now().toISOString()];
    for (const key of ['approval', 'denial', 'outcome'] as const) {
      if (record[key] === undefined) continue;
      sets.push(`${key} = ?`);
      values.push(record[key] === null ? null : JSON.stringify(record[key]));
    }
    if (record.pid !== undefined) {
      sets.push('pid = ?', 'pid_started = ?');
      values.push(record.pid, record.pid === null ? null : ownProcess().started);
    }
    const result = this.database
      .prepare(`UPDATE change_plans SET ${sets.join(', ')} WHERE id = ? AND state = ?`)
      .run(...values, id, from);
    if (result.changes === 1 && endStates.has(to)) this.forgetSecrets(id);
    return result.changes === 1;
  }

  /** A plan that has ended sends nothing more, so a password in its body need not be kept. */
  private forgetSecrets(id: string): void {
    const { content } = rowSchema.parse(this.database.prepare('SELECT * FROM change_plans WHERE id = ?').get(id));
    const call = { ...content.call, body: redact(content.call.body) };
    const description = redact(content.description);
    // Without the salt nobody can find a password by trying: the digest vouches for it all the same.
    const bodies = content.bodies?.map((body) => (body === null ? null : { sha256: body.sha256, secret: body.secret }));
    this.database
      .prepare('UPDATE change_plans SET content = ? WHERE id = ?')
      .run(JSON.stringify({ ...content, call, description, bodies }), id);
  }
}

export const endStates: ReadonlySet<PlanState> = new Set([
  'applied',
  'denied',
  'expired',
  'stale',
  'failed',
  'unclear',
]);

/** Fails with `corrupt` for a row that was written by something else. */
function readRow(row: unknown): z.output<typeof rowSchema> {
  try {
    return rowSchema.parse(row);
  } catch (cause) {
    const id = z.object({ id: z.string() }).safeParse(row).data?.id ?? 'without an id';
    throw new FtsError('corrupt', `The change plan ${id} in the database cannot be read: it was changed by hand.`, {
      field: 'planId',
      value: id,
      remedy: 'It cannot be approved or applied. Run `fts audit verify`, and make a new plan.',
      cause,
    });
  }
}

function planOf(row: unknown): StoredPlan {
  const { content, updated_at, ...rest } = readRow(row);
  return { ...content, ...rest, updatedAt: updated_at };
}
