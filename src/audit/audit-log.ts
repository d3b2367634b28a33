import Libsql from 'libsql';
import { z } from 'zod';
import { FtsError } from '../errors/fts-error.ts';
import { writeNote } from '../runtime/terminal-output.ts';
import { digestOf } from '../store/canonical-json.ts';
import { type Database, immediately, type Schema, whenCommitted } from '../store/database.ts';
import { redact } from '../store/redact.ts';
import { visibleLine } from '../text/visible-text.ts';
import type { AuditHead, AuditHeads } from './audit-heads.ts';
import { type AuditVerdict, genesis, type KeptElsewhere, verifyAudit } from './audit-verification.ts';

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
    // From this row on each head is also kept outside the database.
    `CREATE TABLE audit_heads (first INTEGER NOT NULL);
    INSERT INTO audit_heads SELECT COALESCE(MAX(sequence), 0) + 1 FROM audit_log;`,
  ],
};

/** What makes the table append-only for SQLite, as SQLite gives it back. */
const triggerNames = ['audit_log_no_delete', 'audit_log_no_update'] as const;
const triggerRow = z.object({ name: z.string(), sql: z.string() });
const triggerText = (name: string): string =>
  `CREATE TRIGGER ${name} BEFORE ${name.endsWith('update') ? 'UPDATE' : 'DELETE'} ON audit_log BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END`;

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

const pageRows = 1000;

interface AuditLogOptions {
  now?: () => Date;
  /** Secrets of this process, which no row may hold. */
  knownSecrets?: () => readonly string[];
  /** Where the heads are kept outside the database; left out for a database in memory. */
  heads?: AuditHeads | undefined;
}

/** The record of who did what: one hash-chained row per event, in the same database and transaction as the event itself. */
export class AuditLog {
  readonly heads: AuditHeads | undefined;
  private readonly database: Database;
  private readonly now: () => Date;
  private readonly secretSources: (() => readonly string[])[];
  private readonly followers = new Set<(head: AuditHead) => void>();
  private readonly unfinished = new Set<Promise<unknown>>();

  constructor(database: Database, options: AuditLogOptions = {}) {
    this.database = database;
    this.now = options.now ?? (() => new Date());
    this.secretSources = options.knownSecrets === undefined ? [] : [options.knownSecrets];
    this.heads = options.heads;
  }

  /** Adds secrets that no later row may hold. */
  hide(secrets: () => readonly string[]): void {
    this.secretSources.push(secrets);
  }

  /** Calls `follower` with each head that this process appends, after its commit. */
  follow(follower: (head: AuditHead) => void): void {
    this.followers.add(follower);
  }

  /** Marks work that records a row at its end, so that `settled` can wait for it. Gives the same promise back. */
  recording<Result>(work: Promise<Result>): Promise<Result> {
    this.unfinished.add(work);
    const forget = (): void => void this.unfinished.delete(work);
    work.then(forget, forget);
    return work;
  }

  /** Resolves when all marked work has ended and recorded its row. */
  async settled(): Promise<void> {
    while (this.unfinished.size > 0) await Promise.allSettled(this.unfinished);
  }

  /** Appends one row. Inside a transaction of the caller's, row and change are committed together or not at all. */
  record(event: AuditEvent): AuditRow {
    const clean = this.withoutSecrets({ ...event, details: event.details ?? {} }) as Required<AuditEvent>;
    return immediately(this.database, () => {
      const last = this.last();
      const unsealed = {
        sequence: (last?.sequence ?? 0) + 1,
        at: this.now().toISOString(),
        actor: storable(clean.actor),
        channel: storable(clean.channel),
        action: storable(clean.action),
        subject: storable(clean.subject),
        outcome: clean.outcome,
        details: JSON.stringify(clean.details),
        previousHash: last?.hash ?? genesis,
      };
      const row = { ...unsealed, hash: digestOf(unsealed) };
      const head = { sequence: row.sequence, hash: row.hash };
      this.heads?.begin(head);
      whenCommitted(this.database, () => this.committed(head));
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

  /** A copy of a JSON value as a row would hold it. */
  withoutSecrets(value: unknown): unknown {
    return redact(
      value,
      this.secretSources.flatMap((source) => source()),
    );
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

  /** The same as they were hashed, with the details as text: what a proof carries. */
  sealed(filter: AuditFilter = {}): Iterable<StoredRow> {
    return this.stored(filter);
  }

  /** Verifies the log by itself, by the heads kept beside its database, and by what was kept elsewhere. */
  verify(elsewhere: KeptElsewhere = {}): AuditVerdict {
    // Rows and heads of one moment: with the write lock held nobody appends. The rows before it stay what they are.
    const { kept, last, ...table } = immediately(this.database, () => ({
      kept: this.heads?.read(),
      last: this.last()?.sequence ?? 0,
      first: this.firstWithHead(),
      missingTriggers: this.missingTriggers(),
    }));
    return verifyAudit({ ...table, rows: this.stored({}, last) }, kept, elsewhere);
  }

  /** The newest row's number and hash; undefined while there is none. */
  head(): AuditHead | undefined {
    const last = this.last();
    return last === undefined ? undefined : { sequence: last.sequence, hash: last.hash };
  }

  /** The same of a copy of the database, which nobody else writes. */
  headIn(copy: string): AuditHead | undefined {
    const database = new Libsql(copy);
    try {
      return new AuditLog(database).head();
    } finally {
      database.close();
    }
  }

  /** In a log that began before heads were kept outside: records that they are from now on, once. */
  adoptHeads(): void {
    if (this.heads === undefined) return;
    immediately(this.database, () => {
      const first = this.firstWithHead();
      if (first === 1 || (this.last()?.sequence ?? 0) >= first) return;
      this.record({
        actor: 'system',
        channel: 'system',
        action: 'audit.heads-begun',
        subject: '',
        outcome: 'ok',
        details: { note: `Rows 1 to ${first - 1} are older than the file of heads.` },
      });
    });
  }

  get(sequence: number): AuditRow {
    const [row] = this.select('WHERE sequence = ?', [sequence]);
    if (row === undefined) {
      throw new FtsError('not-found', `No audit row ${sequence}.`, { field: 'sequence', value: sequence });
    }
    return present(row);
  }

  /** The row is there, and what it records is done: a failure here can only be told. */
  private committed(head: AuditHead): void {
    try {
      this.heads?.commit(head);
    } catch (error) {
      writeNote(`The head of audit row ${head.sequence} could not be kept: ${visibleLine((error as Error).message)}\n`);
    }
    for (const follower of this.followers) follower(head);
  }

  private firstWithHead(): number {
    const row = this.database.prepare('SELECT MIN(first) AS first FROM audit_heads').get();
    return z.object({ first: z.number().nullable() }).parse(row).first ?? 1;
  }

  private missingTriggers(): string[] {
    const rows = this.database
      .prepare("SELECT name, sql FROM sqlite_master WHERE type = 'trigger' AND tbl_name = 'audit_log'")
      .all()
      .map((row) => triggerRow.parse(row));
    const present = new Map(rows.map(({ name, sql }) => [name, sql.replaceAll(/\s+/g, ' ')]));
    return triggerNames.filter((name) => present.get(name) !== triggerText(name));
  }

  private last(): StoredRow | undefined {
    return this.select('ORDER BY sequence DESC LIMIT 1', [])[0];
  }

  private *stored(filter: AuditFilter, last?: number): Iterable<StoredRow> {
    const { where, values } = conditions(filter);
    if (last !== undefined) {
      where.push('sequence <= ?');
      values.push(last);
    }
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

/**
 * A text that SQLite gives back as it was hashed: it cuts one at a NUL, and UTF-8 has no lone surrogates. Otherwise anybody
 * who names something so would break the chain. In `details` JSON escapes both.
 */
function storable(text: string): string {
  return Buffer.from(text.replaceAll('\0', '␀')).toString();
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
