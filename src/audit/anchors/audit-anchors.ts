import { setTimeout as wait } from 'node:timers/promises';
import { z } from 'zod';
import { writeNote } from '../../runtime/terminal-output.ts';
import type { Database, Schema } from '../../store/database.ts';
import { visibleLine } from '../../text/visible-text.ts';
import type { AuditHead } from '../audit-heads.ts';
import type { AuditLog } from '../audit-log.ts';
import { sendHead } from './send-head.ts';

export const auditAnchorTables: Schema = {
  owner: 'audit-anchors',
  steps: [
    `CREATE TABLE audit_anchors (
      anchor TEXT PRIMARY KEY,
      sequence INTEGER NOT NULL DEFAULT 0,
      kept_at TEXT,
      failed_at TEXT,
      failure TEXT
    );`,
  ],
};

export const anchorStateSchema = z.object({
  anchor: z.string(),
  /** The newest row whose head is kept there; 0 for none. */
  sequence: z.number().int(),
  keptAt: z.string().nullable(),
  /** Since the last success. */
  failedAt: z.string().nullable(),
  failure: z.string().nullable(),
});
export type AnchorState = z.output<typeof anchorStateSchema>;

const stateRow = z
  .object({
    anchor: z.string(),
    sequence: z.number(),
    kept_at: z.string().nullable(),
    failed_at: z.string().nullable(),
    failure: z.string().nullable(),
  })
  .transform(({ kept_at, failed_at, ...row }): AnchorState => ({ ...row, keptAt: kept_at, failedAt: failed_at }));

const firstRetryMilliseconds = 1000;
const longestRetryMilliseconds = 60_000;

/**
 * Keeps the newest head of the audit log at each address of `audit.anchor`, after the row and beside the work: a head
 * vouches for all rows before it, so of several new ones only the newest is sent. What fails is tried again, by this
 * process or the next one of the same home.
 */
export class AuditAnchors {
  private readonly database: Database;
  private readonly audit: AuditLog;
  private readonly addresses: readonly string[];
  private readonly send: (anchor: string, head: AuditHead) => Promise<void>;
  private readonly sending = new Map<string, Promise<void>>();
  private readonly retries = new Map<string, { timer: NodeJS.Timeout; milliseconds: number }>();
  private isClosed = false;

  constructor(database: Database, audit: AuditLog, addresses: readonly string[], send = sendHead) {
    this.database = database;
    this.audit = audit;
    this.addresses = addresses;
    this.send = send;
    if (addresses.length > 0) audit.follow(() => this.wake());
  }

  /** One state for each address that is set. */
  states(): AnchorState[] {
    return this.addresses.map((anchor) => this.state(anchor));
  }

  /** Brings every address up to date, for at most so long; then nothing more is sent. For the end of a process. */
  async close(milliseconds: number): Promise<void> {
    for (const { timer } of this.retries.values()) clearTimeout(timer);
    this.retries.clear();
    this.wake();
    if (this.sending.size > 0) {
      const patience = new AbortController();
      const over = wait(milliseconds, undefined, { signal: patience.signal }).catch(() => {});
      await Promise.race([Promise.allSettled(this.sending.values()), over]);
      patience.abort();
    }
    this.isClosed = true;
  }

  private wake(): void {
    for (const anchor of this.addresses) if (!this.sending.has(anchor) && !this.retries.has(anchor)) this.begin(anchor);
  }

  private begin(anchor: string): void {
    const sending = this.catchUp(anchor)
      .catch((error: Error) =>
        writeNote(`Heads cannot be kept at ${visibleLine(anchor)}: ${visibleLine(error.message)}\n`),
      )
      .finally(() => this.sending.delete(anchor));
    this.sending.set(anchor, sending);
  }

  private async catchUp(anchor: string): Promise<void> {
    for (let head = this.due(anchor); head !== undefined; head = this.due(anchor)) {
      try {
        await this.send(anchor, head);
      } catch (error) {
        this.keepFailure(anchor, error as Error);
        return;
      }
      this.keepSuccess(anchor, head);
    }
    this.retries.delete(anchor);
  }

  /** The newest head, unless it is kept there already. */
  private due(anchor: string): AuditHead | undefined {
    if (this.isClosed) return undefined;
    const head = this.audit.head();
    return head === undefined || head.sequence <= this.state(anchor).sequence ? undefined : head;
  }

  private keepSuccess(anchor: string, { sequence }: AuditHead): void {
    if (this.isClosed) return;
    this.database
      .prepare(
        `INSERT INTO audit_anchors (anchor, sequence, kept_at) VALUES (?, ?, ?)
         ON CONFLICT (anchor) DO UPDATE SET sequence = MAX(sequence, excluded.sequence), kept_at = excluded.kept_at,
           failed_at = NULL, failure = NULL`,
      )
      .run(anchor, sequence, new Date().toISOString());
  }

  private keepFailure(anchor: string, error: Error): void {
    if (this.isClosed) return;
    const cause = error.cause instanceof Error ? ` (${error.cause.message})` : '';
    this.database
      .prepare(
        `INSERT INTO audit_anchors (anchor, failed_at, failure) VALUES (?, ?, ?)
         ON CONFLICT (anchor) DO UPDATE SET failed_at = COALESCE(failed_at, excluded.failed_at), failure = excluded.failure`,
      )
      .run(anchor, new Date().toISOString(), `${error.message}${cause}`);
    const before = this.retries.get(anchor)?.milliseconds ?? firstRetryMilliseconds / 2;
    const milliseconds = Math.min(before * 2, longestRetryMilliseconds);
    const timer = setTimeout(() => this.begin(anchor), milliseconds).unref();
    this.retries.set(anchor, { timer, milliseconds });
  }

  private state(anchor: string): AnchorState {
    const row = this.database.prepare('SELECT * FROM audit_anchors WHERE anchor = ?').get(anchor);
    return row === undefined
      ? { anchor, sequence: 0, keptAt: null, failedAt: null, failure: null }
      : stateRow.parse(row);
  }
}
