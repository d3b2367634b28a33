import { z } from 'zod';
import { FtsError } from '../errors/fts-error.ts';
import { digestOf } from './canonical-json.ts';
import { type Database, immediately, type Schema } from './database.ts';
import { redact } from './redact.ts';

/** Append-only also for SQLite itself: an UPDATE or DELETE aborts unless somebody first drops the triggers. */
export const auditTables: Schema = {
  owner: 'audit',
  steps: [
    `CREATE TABLE audit_log (
      sequence INTEGER PRIMARY KEY,
      at TEXT NOT NULL,
      actor TEXT NOT NULL,
      channel TEXT NOT NULL,
      action TEXT NOT NULL,
      subject TEXT NOT NULL,
      outcome TEXT NOT NULL,
      details TEXT NOT NULL,
      previous_hash TEXT NOT NULL,
      hash TEXT NOT NULL
    );
    CREATE INDEX audit_by_subject ON audit_log (subject);
    CREATE INDEX audit_by_time ON audit_log (at);
    CREATE TRIGGER audit_log_no_update BEFORE UPDATE ON audit_log
      BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END;
    CREATE TRIGGER audit_log_no_delete BEFORE DELETE ON audit_log
      BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END;`,
  ],
};

export const auditOutcomes = ['ok', 'refused', 'failed', 'unclear'] as const;

/** Something that was done or refused. `details` are redacted before they are written. */
export interface AuditEvent {
  /** Who: a person's name, a key's name, `assistant`, `system`. */
  actor: string;
  /** Through what: `terminal`, `mcp`, `http`, `console`, `system`. */
  channel: string;
  /** What, dotted: `plan.created`, `plan.approved`, `akamai.call`. */
  action: string;
  /** On what: a plan id, a path, a model. */
  subject: string;
  outcome: (typeof auditOutcomes)[number];
  details?: Readonly<Record<string, unknown>>;
}

export const auditRowSchema = z.object({
  sequence: z.number().int().positive(),
  at: z.string(),
  actor: z.string(),
  channel: z.string(),
  action: z.string(),
  subject: z.string(),
  outcome: z.enum(auditOutcomes),
  details: z.record(z.string(), z.unknown()),
  previousHash: z.string(),
  hash: z.string(),
});
export type AuditRow = z.output<typeof auditRowSchema>;

const storedRow = z
  .object({
    sequence: z.number(),
    at: z.string(),
    actor: z.string(),
    channel: z.string(),
    action: z.string(),
    subject: z.string(),
    outcome: z.string(),
    details: z.string(),
    previous_hash: z.string(),
    hash: z.string(),
  })
  .transform(({ previous_hash, ...row }) => ({ ...row, previousHash: previous_hash }));
type StoredRow = z.output<typeof storedRow>;

export interface AuditFilter {
  /** Words that must all occur, in any field. */
  text?: string | undefined;
  action?: string | undefined;
  subject?: string | undefined;
  actor?: string | undefined;
  outcome?: AuditEvent['outcome'] | undefined;
  /** ISO moments, from (inclusive) and until (exclusive). */
  since?: string | undefined;
  until?: string | undefined;
}

export interface AuditVerdict {
  intact: boolean;
  rows: number;
  /** Hash of the newest row: keep it elsewhere, and a later `verify` with it also notices a shortened log. */
  head: string;
  /** The first row that does not fit, and why. */
  brokenAt?: number;
  reason?: string;
}

const genesis = '0'.repeat(64);
const pageRows = 1000;

/** The record of who did what: one hash-chained row per event, in the same database and transaction as the event itself. */
export class AuditLog {
  private readonly database: Database;
  private readonly now: () => Date;
  private readonly knownSecrets: () => readonly string[];

  constructor(database: Database, options: { now?: () => Date; knownSecrets?: () => readonly string[] } = {}) {
    this.database = database;
    this.now = options.now ?? (() => new Date());
    this.knownSecrets = options.knownSecrets ?? (() => []);
  }

  /** Appends one row. Inside a transaction of the caller's, row and change are committed together or not at all. */
  record(event: AuditEvent): AuditRow {
    const secrets = this.knownSecrets();
    const clean = redact({ ...event, details: event.details ?? {} }, secrets) as Required<AuditEvent>;
    return immediately(this.database, () => {
      const last = this.last();
      const unsealed = {
        sequence: (last?.sequence ?? 0) + 1,
        at: this.now().toISOString(),
        actor: clean.actor,
        channel: clean.channel,
        action: clean.action,
        subject: clean.subject,
        outcome: clean.outcome,
        details: JSON.stringify(clean.details),
        previousHash: last?.hash ?? genesis,
      };
      const row = { ...unsealed, hash: digestOf(unsealed) };
      this.database
        .prepare(
          `INSERT INTO audit_log (sequence, at, actor, channel, action, subject, outcome, details, previous_hash, hash)
           VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
        )
        .run(
          row.sequence,
          row.at,
          row.actor,
          row.channel,
          row.action,
          row.subject,
          row.outcome,
          row.details,
          row.previousHash,
          row.hash,
        );
      return present(row);
    });
  }

  /** Newest first. */
  list(filter: AuditFilter & { limit: number; beforeSequence?: number | undefined }): AuditRow[] {
    const { where, values } = conditions(filter);
    if (filter.beforeSequence !== undefined) {
      where.push('sequence < ?');
      values.push(filter.beforeSequence);
    }
    return this.select(`${whereClause(where)} ORDER BY sequence DESC LIMIT ?`, [...values, filter.limit]).map(present);
  }

  /** Oldest first, page by page, so that an export of any length needs little memory. */
  *all(filter: AuditFilter = {}): Iterable<AuditRow> {
    for (const row of this.stored(filter)) yield present(row);
  }

  /**
   * Recomputes the chain from its first row. With `expectedHead` (a head that an earlier verify gave out) it also fails
   * when that row has gone: the chain alone cannot show that its end was cut off.
   */
  verify(expectedHead?: string): AuditVerdict {
    let previous = genesis;
    let rows = 0;
    let headSeen = expectedHead === undefined || expectedHead === genesis;
    const broken = (sequence: number, reason: string): AuditVerdict => ({
      intact: false,
      rows,
      head: previous,
      brokenAt: sequence,
      reason,
    });
    for (const { hash, ...row } of this.stored({})) {
      if (row.sequence !== rows + 1) return broken(rows + 1, `row ${rows + 1} is missing`);
      if (row.previousHash !== previous) return broken(row.sequence, 'it does not continue the row before it');
      if (digestOf(row) !== hash) return broken(row.sequence, 'its content is not what was recorded');
      previous = hash;
      rows++;
      headSeen ||= hash === expectedHead;
    }
    if (!headSeen) return broken(rows + 1, 'the row with the expected head is missing: the end was cut off');
    return { intact: true, rows, head: previous };
  }

  get(sequence: number): AuditRow {
    const [row] = this.select('WHERE sequence = ?', [sequence]);
    if (row === undefined) {
      throw new FtsError('not-found', `No audit row ${sequence}.`, { field: 'sequence', value: sequence });
    }
    return present(row);
  }

  private last(): StoredRow | undefined {
    return this.select('ORDER BY sequence DESC LIMIT 1', [])[0];
  }

  private *stored(filter: AuditFilter): Iterable<StoredRow> {
    const { where, values } = conditions(filter);
    let after = 0;
    while (true) {
      const page = this.select(`${whereClause([...where, 'sequence > ?'])} ORDER BY sequence LIMIT ?`, [
        ...values,
        after,
        pageRows,
      ]);
      yield* page;
      const last = page.at(-1);
      if (page.length < pageRows || last === undefined) return;
      after = last.sequence;
    }
  }

  private select(clause: string, values: readonly (string | number)[]): StoredRow[] {
    return this.database
      .prepare(`SELECT * FROM audit_log ${clause}`)
      .all(...values)
      .map((row) => storedRow.parse(row));
  }
}

function present({ details, ...row }: StoredRow): AuditRow {
  return auditRowSchema.parse({ ...row, details: JSON.parse(details) });
}

function whereClause(where: readonly string[]): string {
  return where.length === 0 ? '' : `WHERE ${where.join(' AND ')}`;
}

function conditions(filter: AuditFilter): { where: string[]; values: (string | number)[] } {
  const where: string[] = [];
  const values: (string | number)[] = [];
  for (const column of ['action', 'subject', 'actor', 'outcome'] as const) {
    const value = filter[column];
    if (value === undefined) continue;
    where.push(`${column} = ?`);
    values.push(value);
  }
  for (const word of filter.text?.split(/\s+/).filter(Boolean) ?? []) {
    where.push("instr(lower(actor || ' ' || channel || ' ' || action || ' ' || subject || ' ' || details), ?) > 0");
    values.push(word.toLowerCase());
  }
  if (filter.since !== undefined) {
    where.push('at >= ?');
    values.push(filter.since);
  }
  if (filter.until !== undefined) {
    where.push('at < ?');
    values.push(filter.until);
  }
  return { where, values };
}
